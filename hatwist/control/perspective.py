# -*- test-case-name: tests.control.test_perspective -*-
"""
What a client can ask over Perspective Broker: unpack, ask the node, pack.

Clients are told nothing of how we are made: a wrong word is a C{pb.Error} that
says what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import asdict
from twisted.spread import pb
from twisted.spread.jelly import SecurityOptions

from hatwist.cluster.names import Holding
from hatwist.control.entries import write_entry
from hatwist.control.happenings import Subscriber
from hatwist.control.operations import operation_report
from hatwist.control.report import report
from hatwist.errors import HatwistError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred

    from hatwist.control.broker import ControlBroker
    from hatwist.control.happenings import Happenings
    from hatwist.interfaces import IClusterControl

MAX_SHOWN: Final = 40
"""Characters of a client's own words in an answer to it."""

FAILBACK: Final = "failback"

_WORDS: Final = ("all", "local", "foreign", FAILBACK)


def plain_types() -> SecurityOptions:
    """Allow numbers, text, lists, dictionaries and references to the client's own objects."""
    security = SecurityOptions()
    names = ("None", "boolean", "bool", "int", "float", "str", "unicode", "list", "dictionary", "tuple")
    security.allowedTypes = {}
    security.allowTypes(*names, "remote")
    return security


class Operator(pb.Root):
    """
    The root object of one connection.

    @ivar control: the node.
    @ivar happenings: what it can remember and follow.
    """

    def __init__(self, control: IClusterControl, happenings: Happenings) -> None:
        self.control = control
        self.happenings = happenings
        self._methods: dict[str, Callable[[ControlBroker, list[object]], object]] = {
            "status": self._status,
            "recent": self._recent,
            "journal": self._journal,
            "operations": self._operations,
            "standby": self._standby,
            "takeover": self._takeover,
            "cleanup": self._cleanup,
            "fencings": self._fencings,
            "fencing_devices": self._fencing_devices,
            "confirm_down": self._confirm_down,
            "leave": self._leave,
            "subscribe": self._subscribe,
        }

    def remoteMessageReceived(self, broker: ControlBroker, message: str, args: object, kw: object) -> object:
        """
        Do what a client asks.

        @raise pb.Error: it may not, there is no such method, or the arguments
            are wrong; says which.
        """
        if broker.refusal:
            raise pb.Error(broker.refusal)
        method = self._methods.get(message)
        if method is None:
            names = ", ".join(sorted(self._methods))
            raise pb.Error(f"no method {message[:MAX_SHOWN]!r}; there are: {names}")
        try:
            answer = method(broker, _arguments(broker, args, kw))
        except HatwistError as problem:
            raise pb.Error(str(problem)) from problem
        return broker.serialize(answer)

    def _status(self, _broker: ControlBroker, arguments: list[object]) -> object:
        _exactly(0, arguments)
        return report(self.control.status(), self.control.troubles())

    def _recent(self, _broker: ControlBroker, arguments: list[object]) -> object:
        _exactly(0, arguments)
        return self.happenings.recent()

    def _journal(self, _broker: ControlBroker, arguments: list[object]) -> object:
        _exactly(2, arguments)
        about, count = arguments
        if not isinstance(about, str) or type(count) is not int:
            raise pb.Error("whose decisions, and how many? a group, a node or an empty text; a number")
        return [write_entry(one) for one in self.control.journal(about, count)]

    def _operations(self, _broker: ControlBroker, arguments: list[object]) -> object:
        _exactly(1, arguments)
        key = arguments[0]
        if not isinstance(key, str):
            raise pb.Error("of which group? its key")
        return [operation_report(one) for one in self.control.operations(key)]

    def _standby(self, broker: ControlBroker, arguments: list[object]) -> None:
        self.control.standby(_holding(arguments, Holding.FOREIGN), broker.requester)

    def _takeover(self, broker: ControlBroker, arguments: list[object]) -> None:
        self.control.takeover(_holding(arguments, Holding.LOCAL), broker.requester)

    def _cleanup(self, broker: ControlBroker, arguments: list[object]) -> None:
        _exactly(1, arguments)
        key = arguments[0]
        if not isinstance(key, str):
            raise pb.Error("which group? its key, or an empty text for all")
        self.control.cleanup(key, broker.requester)

    def _fencings(self, _broker: ControlBroker, arguments: list[object]) -> object:
        _exactly(0, arguments)
        return [one.plain() for one in self.control.fencings()]

    def _fencing_devices(self, _broker: ControlBroker, arguments: list[object]) -> Deferred[object]:
        _exactly(0, arguments)
        asked = self.control.fencing_devices()
        return asked.addCallback(lambda devices: [asdict(one) for one in devices])

    def _confirm_down(self, broker: ControlBroker, arguments: list[object]) -> None:
        _exactly(1, arguments)
        node = arguments[0]
        if not isinstance(node, str):
            raise pb.Error("which node is down? its name")
        self.control.confirm_down(node, broker.requester)

    def _leave(self, broker: ControlBroker, arguments: list[object]) -> None:
        _exactly(0, arguments)
        self.control.leave(broker.requester)

    def _subscribe(self, broker: ControlBroker, arguments: list[object]) -> None:
        _exactly(1, arguments)
        reference = arguments[0]
        if not isinstance(reference, pb.RemoteReference):
            raise pb.Error("subscribe needs an object that can be told")
        if broker.subscribed:
            raise pb.Error("this connection follows the events already")
        subscriber = Subscriber(reference, broker.drop)
        self.happenings.add(subscriber)
        broker.subscribed = True
        broker.notifyOnDisconnect(lambda: self.happenings.remove(subscriber))


def _arguments(broker: ControlBroker, args: object, kw: object) -> list[object]:
    """Decode what a client passed; it may have written anything."""
    try:
        given, named = broker.unserialize(args), broker.unserialize(kw)
    except Exception as problem:
        raise pb.Error("the arguments cannot be read: plain values only") from problem
    if not isinstance(given, tuple | list) or named != {}:
        raise pb.Error("arguments are given by position")
    return list(given)


def _exactly(count: int, arguments: list[object]) -> None:
    if len(arguments) != count:
        raise pb.Error(f"{count} arguments are wanted, {len(arguments)} were given")


def _holding(arguments: list[object], homewards: Holding) -> Holding:
    """
    Read the one argument of standby and takeover.

    @param homewards: what C{failback} means: the groups that go home.
    """
    _exactly(1, arguments)
    word = arguments[0]
    if not isinstance(word, str) or word not in _WORDS:
        shown = repr(word[:MAX_SHOWN]) if isinstance(word, str) else type(word).__name__
        raise pb.Error(f"which groups? one of {', '.join(_WORDS)}, not {shown}")
    return homewards if word == FAILBACK else Holding.of(word)
