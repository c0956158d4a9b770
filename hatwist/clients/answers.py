# -*- test-case-name: tests.clients.test_answers -*-
"""
What a client is told about the cluster: from a request and a snapshot of the
node to replies (protocol 12.3).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.cluster.names import NodeStatus
from hatwist.config.model import node_name
from hatwist.wire.message import Field, FieldType, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hatwist.cluster.status import NodeView, Status
    from hatwist.config.model import HaCf

    Fields = Sequence[Field]
    Answer = Callable[[Message, "View"], Sequence[Fields]]

EINVAL: Final = "EINVAL"
EPERM: Final = "EPERM"

VERSION: Final = "3.0.6"
"""What C{getparm hbversion} says."""


class BadRequest(Exception):
    """
    A request that is answered with C{badreq}.

    @ivar info: why, in heartbeat's words; may be empty.
    """

    def __init__(self, info: str = "") -> None:
        super().__init__(info)
        self.info = info


@frozen
class View:
    """All that answers are made of."""

    status: Status
    cf: HaCf

    def node(self, request: Message, name: str = "node") -> NodeView:
        """
        Find the node that a request is about.

        @raise BadRequest: it names none of ours.
        """
        wanted = node_name(request.get(name))
        for one in self.status.nodes:
            if one.name == wanted:
                return one
        raise BadRequest(EINVAL)

    def kind(self, node: NodeView) -> str:
        """Say what sort of node it is."""
        return "ping" if node.name in self.cf.ping_nodes else "normal"


def answer(request: Message, view: View) -> list[Message]:
    """
    Answer a request that changes nothing: at least one reply.

    The replies to a request that asks for a list are C{ok/more}, the last is C{OK}.
    """
    kind = request.get("reqtype")
    find = _ANSWERS.get(kind)
    if find is None:
        return [bad(kind)]
    try:
        return good(kind, *find(request, view))
    except BadRequest as error:
        return [bad(kind, error.info)]


def good(kind: str, *answers: Fields) -> list[Message]:
    """Make the replies to a good request, one for each answer."""
    results = ["ok/more"] * (len(answers) - 1) + ["OK"]
    return [
        Message((*_head(kind), *fields, Field("result", result)))
        for fields, result in zip(answers, results, strict=True)
    ]


def bad(kind: str, info: str = "") -> Message:
    """Make the reply to a bad request."""
    why = [Field("info", info)] if info else []
    return Message((*_head(kind), Field("result", "badreq"), *why))


def _head(kind: str) -> Fields:
    return Field("t", "hbapi-resp"), Field("reqtype", kind)


def _fields(**strings: str) -> Fields:
    return Message.of(**strings).fields


def _node_list(_request: Message, view: View) -> list[Fields]:
    return [_fields(node=one.name, nodetype=view.kind(one), st=one.status.value) for one in view.status.nodes]


def _node_status(request: Message, view: View) -> list[Fields]:
    return [_fields(st=view.node(request).status.value)]


def _node_type(request: Message, view: View) -> list[Fields]:
    return [_fields(nodetype=view.kind(view.node(request)))]


def _node_weight(request: Message, view: View) -> list[Fields]:
    return [_fields(weight=str(view.node(request).weight))]


def _node_site(request: Message, view: View) -> list[Fields]:
    return [_fields(site=view.node(request).site)]


def _number_of_nodes(_request: Message, view: View) -> list[Fields]:
    normal = [one for one in view.status.nodes if view.kind(one) == "normal"]
    return [_fields(numnodes=str(len(normal)))]


def _links(request: Message, view: View) -> list[Fields]:
    node = view.node(request)
    if not node.links:
        raise BadRequest(EINVAL)
    return [_fields(ifname=one.link, st=one.status.value) for one in node.links]


def _link_status(request: Message, view: View) -> list[Fields]:
    for one in view.node(request).links:
        if one.link == request.get("ifname"):
            return [_fields(st=one.status.value)]
    raise BadRequest(EINVAL)


def _parameter(request: Message, view: View) -> list[Fields]:
    if not request.has("pname"):
        raise BadRequest(EINVAL)
    name = request.get("pname")
    if name == "hbversion":
        return [_fields(pvalue=VERSION)]
    value = view.cf.parameters.get("pacemaker" if name == "crm" else name)
    return [_fields(pvalue=value) if value else ()]


def _resources(_request: Message, view: View) -> list[Fields]:
    holding = view.status.holding.word if view.status.stable else "transition"
    return [_fields(rsc_hold=holding)]


def _uuid(request: Message, view: View) -> list[Fields]:
    if not request.has("queryname"):
        raise BadRequest("no query node name found")
    wanted = node_name(request.get("queryname"))
    found = [one.uuid for one in view.status.nodes if one.name == wanted and one.uuid]
    return [[Field("queryuuid", uuid, FieldType.BINARY) for uuid in found]]


def _node_name(request: Message, view: View) -> list[Fields]:
    wanted = request.binary("queryuuid")
    if wanted is None:
        raise BadRequest("no query node name found")
    return [[Field("queryname", one.name) for one in view.status.nodes if one.uuid and one.uuid == wanted]]


_ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType(
    {
        "nodelist": _node_list,
        "nodestatus": _node_status,
        "nodetype": _node_type,
        "nodeweight": _node_weight,
        "nodesite": _node_site,
        "numnodes": _number_of_nodes,
        "iflist": _links,
        "ifstatus": _link_status,
        "getparm": _parameter,
        "getrsc": _resources,
        "getuuid": _uuid,
        "getnodename": _node_name,
    }
)


def client_status(kind: str, online: bool) -> list[Message]:
    """Answer whether a client has signed on, where that is known here."""
    return good(kind, _fields(subt="respond-cstatus", cs=_presence(online)))


def respond(node: str, name: str, asker: str, online: bool) -> Message:
    """Say whether a client has signed on here, as another node would."""
    return Message.of(
        t="respond-cstatus",
        dest=node,
        result="OK",
        cn=name,
        to_id=asker,
        cs=_presence(online),
        src=node,
    )


def _presence(online: bool) -> str:
    return "online" if online else "offline"


def is_elsewhere(node: NodeView, view: View) -> bool:
    """Say whether a node has to be asked itself who has signed on there."""
    return node.name != view.status.node and node.status is NodeStatus.ACTIVE
