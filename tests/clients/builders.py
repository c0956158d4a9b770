"""
What tests of the client API are made of.
"""

from __future__ import annotations

from types import MappingProxyType

from attrs import evolve

from hatwist.cluster.names import Holding, LinkStatus, NodeStatus
from hatwist.cluster.status import LinkView, NodeView, Status
from hatwist.config.model import AutoFailback, HaCf, LinkName, MediumSpec, NodeName, Position
from hatwist.unix import Credentials
from hatwist.wire.message import Message

ALPHA, BETA = NodeName("alpha"), NodeName("beta")
UUIDS = {ALPHA: bytes(range(16)), BETA: bytes(range(16, 32))}

ROOT = Credentials(10, 0, 0)
CLUSTER = Credentials(11, 102, 105)

VERSION = "3.0.6 (hatwist)"

CF = HaCf(
    nodes=(ALPHA, BETA),
    media=(MediumSpec("bcast", LinkName("eth1"), Position("ha.cf"), interface="eth1"),),
    keepalive=0.2,
    deadtime=1.5,
    auto_failback=AutoFailback.ON,
    pacemaker="no",
    parameters=MappingProxyType({"keepalive": "200ms", "deadtime": "1500ms", "pacemaker": "no"}),
)
"""What ha.cf says."""


def node(name: NodeName, status: NodeStatus = NodeStatus.ACTIVE, *links: LinkView) -> NodeView:
    """Make the view of a node; with one link that is up unless others are given."""
    seen = links or (LinkView(LinkName("eth1"), LinkStatus.UP, 0.1),)
    return NodeView(name, status, 1, 0.1, 1.5, seen, UUIDS.get(name, b""))


STATUS = Status(
    node=ALPHA,
    uuid="00010203-0405-0607-0809-0a0b0c0d0e0f",
    generation=1,
    status=NodeStatus.ACTIVE,
    mode="compatibility",
    auto_failback="on",
    holding=Holding.LOCAL,
    peer_holding=Holding.LOCAL,
    stable=True,
    leaving=False,
    nodes=(node(ALPHA), node(BETA)),
    groups=(),
    counters=MappingProxyType({}),
)
"""Two nodes in peace, seen from alpha."""


def status(**changes: object) -> Status:
    """Return the snapshot of another situation."""
    return evolve(STATUS, **changes)  # type: ignore[arg-type]


def request(kind: str, **more: str) -> Message:
    """Make a request as the C library does."""
    return Message.of(t="hbapi-req", reqtype=kind, dest="alpha", pid="10", from_id="10", **more)


def sign_on(name: str = "", peer: Credentials = ROOT) -> Message:
    """Make the request to sign on of an honest client; without a name it is a casual one."""
    pid = str(peer.pid)
    return Message.of(
        t="hbapi-req",
        reqtype="signon",
        dest="alpha",
        pid=pid,
        from_id=name or pid,
        uid=str(peer.uid),
        gid=str(peer.gid),
    )
