# -*- test-case-name: tests.clients.test_answers -*-
"""
Requests and their replies, in heartbeat's fields and their order.
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.answers import View, answer, bad, client_status, good
from hatwist.cluster.names import Holding, LinkStatus, NodeStatus
from hatwist.cluster.status import LinkView, Status
from hatwist.config.model import LinkName, MediumSpec, NodeName, Position
from hatwist.wire.message import Field, FieldType, Message
from tests.clients.builders import ALPHA, BETA, CF, STATUS, UUIDS, node, request, status

ROUTER = NodeName("10.0.0.1")


def ask(kind: str, seen: Status = STATUS, **more: str) -> list[tuple[tuple[str, str], ...]]:
    """Return the replies to a request as names and values, without what all have in front."""
    return [told(one) for one in answer(request(kind, **more), View(seen, CF))]


def told(message: Message) -> tuple[tuple[str, str], ...]:
    """Return names and values of a reply after its head."""
    assert [one.name for one in message.fields[:2]] == ["t", "reqtype"]
    assert message.get("t") == "hbapi-resp"
    return tuple((one.name, str(one.value)) for one in message.fields[2:])


OK = ("result", "OK")
INVALID = (("result", "badreq"), ("info", "EINVAL"))


class NodeTests(SynchronousTestCase):
    """About nodes and links."""

    def test_list(self) -> None:
        """One reply a node; the last one says that it is the last."""
        self.assertEqual(
            ask("nodelist"),
            [
                (("node", "alpha"), ("nodetype", "normal"), ("st", "active"), ("result", "ok/more")),
                (("node", "beta"), ("nodetype", "normal"), ("st", "active"), OK),
            ],
        )

    def test_one_node(self) -> None:
        """Its status, type, weight and site; upper case does not matter."""
        seen = status(nodes=(node(ALPHA), evolve(node(BETA, NodeStatus.DEAD), weight=50, site="here")))
        self.assertEqual(ask("nodestatus", seen, node="BETA"), [(("st", "dead"), OK)])
        self.assertEqual(ask("nodetype", seen, node="beta"), [(("nodetype", "normal"), OK)])
        self.assertEqual(ask("nodeweight", seen, node="beta"), [(("weight", "50"), OK)])
        self.assertEqual(ask("nodesite", seen, node="beta"), [(("site", "here"), OK)])

    def test_links(self) -> None:
        """One reply a link, and the status of one."""
        links = (
            LinkView(LinkName("eth0"), LinkStatus.UP, 0.1),
            LinkView(LinkName("eth1"), LinkStatus.DEAD, None),
        )
        seen = status(nodes=(node(ALPHA), node(BETA, NodeStatus.ACTIVE, *links)))
        self.assertEqual(
            ask("iflist", seen, node="beta"),
            [
                (("ifname", "eth0"), ("st", "up"), ("result", "ok/more")),
                (("ifname", "eth1"), ("st", "dead"), OK),
            ],
        )
        self.assertEqual(ask("ifstatus", seen, node="beta", ifname="eth1"), [(("st", "dead"), OK)])
        self.assertEqual(ask("ifstatus", seen, node="beta", ifname="eth2"), [INVALID])

    def test_no_such_node(self) -> None:
        """A node that is not ours, or that is not named, is an invalid argument."""
        for kind in ("nodestatus", "nodetype", "nodeweight", "nodesite", "iflist", "ifstatus"):
            self.assertEqual(ask(kind, node="gamma"), [INVALID], kind)
            self.assertEqual(ask(kind), [INVALID], kind)

    def test_no_link(self) -> None:
        """A node without links has no list of them."""
        seen = status(nodes=(evolve(node(ALPHA), links=()),))
        self.assertEqual(ask("iflist", seen, node="alpha"), [INVALID])

    def test_ping_nodes(self) -> None:
        """They are in the list, and do not count."""
        ping = MediumSpec("ping", LinkName(ROUTER), Position("ha.cf"))
        view = View(
            status(nodes=(*STATUS.nodes, node(ROUTER, NodeStatus.PING))), evolve(CF, media=(*CF.media, ping))
        )
        self.assertEqual(told(answer(request("numnodes"), view)[0]), (("numnodes", "2"), OK))
        last = told(answer(request("nodelist"), view)[-1])
        self.assertEqual(last, (("node", ROUTER), ("nodetype", "ping"), ("st", "ping"), OK))

    def test_identities(self) -> None:
        """From a name to the uuid and back; what is not known is left out."""
        uuid = Field("queryuuid", UUIDS[BETA], FieldType.BINARY)
        view = View(STATUS, CF)
        found = answer(request("getuuid", queryname="beta"), view)
        self.assertEqual(found, good("getuuid", (uuid,)))
        back = answer(request("getnodename").plus([uuid]), view)
        self.assertEqual(back, good("getnodename", Message.of(queryname="beta").fields))
        self.assertEqual(ask("getuuid", queryname="gamma"), [(OK,)])
        strange = Field("queryuuid", bytes(16), FieldType.BINARY)
        self.assertEqual(answer(request("getnodename").plus([strange]), view), good("getnodename", ()))

    def test_whose_identity(self) -> None:
        """A question about nobody is refused."""
        nobody = (("result", "badreq"), ("info", "no query node name found"))
        self.assertEqual(ask("getuuid"), [nobody])
        self.assertEqual(ask("getnodename"), [nobody])
        self.assertEqual(ask("getnodename", queryuuid="text"), [nobody])


class OtherTests(SynchronousTestCase):
    """About everything else."""

    def test_parameters(self) -> None:
        """A directive as it was written; without a value, nothing."""
        self.assertEqual(ask("getparm", pname="keepalive"), [(("pvalue", "200ms"), OK)])
        self.assertEqual(ask("getparm", pname="hbversion"), [(("pvalue", "3.0.6"), OK)])
        self.assertEqual(ask("getparm", pname="crm"), [(("pvalue", "no"), OK)])
        self.assertEqual(ask("getparm", pname="pacemaker"), [(("pvalue", "no"), OK)])
        self.assertEqual(ask("getparm", pname="watchdog"), [(OK,)])
        self.assertEqual(ask("getparm"), [INVALID])

    def test_resources(self) -> None:
        """What this node holds, or that something moves."""
        self.assertEqual(ask("getrsc"), [(("rsc_hold", "local"), OK)])
        self.assertEqual(ask("getrsc", status(holding=Holding.NONE)), [(("rsc_hold", "none"), OK)])
        self.assertEqual(ask("getrsc", status(stable=False)), [(("rsc_hold", "transition"), OK)])

    def test_client_status(self) -> None:
        """Whether a client is here."""
        self.assertEqual(
            [told(one) for online in (True, False) for one in client_status("clientstatus", online)],
            [
                (("subt", "respond-cstatus"), ("cs", "online"), OK),
                (("subt", "respond-cstatus"), ("cs", "offline"), OK),
            ],
        )

    def test_unknown(self) -> None:
        """What we do not know is a bad request, said without a reason."""
        self.assertEqual(answer(request("nonsense"), View(STATUS, CF)), [bad("nonsense")])
        self.assertEqual(told(bad("nonsense")), (("result", "badreq"),))
