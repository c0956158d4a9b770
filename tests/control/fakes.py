"""
A node that writes down what it is asked for, and a status to show.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import Factory, define
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from hatwist.cluster.names import GroupState, Holding, LinkStatus, NodeStatus
from hatwist.cluster.status import GroupView, LinkView, NodeView, Status
from hatwist.config.model import LinkName, NodeName
from hatwist.control.entries import Entry, newest
from hatwist.errors import ControlError, StateError
from hatwist.fencing.results import DeviceStatus, Fenced
from hatwist.interfaces import IClusterControl, IControlObserver
from hatwist.resources.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NODE01 = NodeName("node01")
NODE02 = NodeName("node02")

STATUS = Status(
    node=NODE01,
    uuid="00112233-4455-6677-8899-aabbccddeeff",
    generation=12,
    status=NodeStatus.ACTIVE,
    mode="compatibility: node02 speaks as heartbeat does",
    auto_failback="on",
    holding=Holding.LOCAL,
    peer_holding=Holding.LOCAL,
    stable=True,
    leaving=False,
    nodes=(
        NodeView(NODE01, NodeStatus.ACTIVE, 12, 0.2, 30.0, (LinkView(LinkName("eth1"), LinkStatus.UP, 0.2),)),
        NodeView(
            NODE02,
            NodeStatus.DEAD,
            7,
            3723.45678,
            30.0,
            (
                LinkView(LinkName("eth1"), LinkStatus.DEAD, 3723.45678),
                LinkView(LinkName("/dev/ttyS0"), LinkStatus.DEAD, None),
            ),
        ),
    ),
    groups=(
        GroupView(
            key="IPaddr::172.16.0.210/24/eth0",
            home=NODE01,
            resources=("IPaddr::172.16.0.210/24/eth0", "httpd"),
            owner=NODE01,
            state=GroupState.RUNNING,
            since=125.0,
            why="takeover: node02 is dead",
        ),
    ),
    counters=MappingProxyType({"malformed": 3}),
    newest=MappingProxyType({"malformed": 4.0}),
)


@implementer(IClusterControl)
@define
class FakeControl:
    """Does nothing but remember."""

    shown: Status = STATUS
    fenced: list[Fenced] = Factory(list)
    devices: list[DeviceStatus] = Factory(list)
    asked: list[tuple[str, str, str]] = Factory(list)
    observers: list[IControlObserver] = Factory(list)
    trouble: str = ""
    "Refuse orders in these words."
    notices: list[str] = Factory(list)
    decided: list[Entry] = Factory(list)
    done: dict[str, list[Operation]] = Factory(dict)

    def status(self) -> Status:
        return self.shown

    def troubles(self) -> Sequence[str]:
        return self.notices

    def journal(self, about: str, count: int) -> Sequence[Entry]:
        return newest(self.decided, about, count)

    def operations(self, key: str) -> Sequence[Operation]:
        if key not in self.done:
            raise ControlError("no such group")
        return self.done[key]

    def subscribe(self, observer: IControlObserver) -> Callable[[], None]:
        self.observers.append(observer)
        return lambda: self.observers.remove(observer)

    def standby(self, which: Holding, requester: str) -> None:
        self._order("standby", which.word, requester)

    def takeover(self, which: Holding, requester: str) -> None:
        self._order("takeover", which.word, requester)

    def cleanup(self, key: str, requester: str) -> None:
        self._order("cleanup", key, requester)

    def confirm_down(self, node: str, requester: str) -> None:
        self._order("confirm down", node, requester)

    def fencings(self) -> Sequence[Fenced]:
        return self.fenced

    def fencing_devices(self) -> Deferred[Sequence[DeviceStatus]]:
        return succeed(self.devices)

    def leave(self, requester: str) -> None:
        self._order("leave", "", requester)

    def happened(self, kind: str, text: str, when: float = 1000.0) -> None:
        """Tell the observers."""
        for observer in list(self.observers):
            observer.happened(kind, text, when)

    def _order(self, verb: str, which: str, requester: str) -> None:
        if self.trouble:
            raise StateError(self.trouble)
        self.asked.append((verb, which, requester))
