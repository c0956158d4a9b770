# -*- test-case-name: tests.cluster.test_aftermath -*-
"""
After a split with a peer that runs heartbeat: who keeps what.

C{beta} is spoken for by these tests, word for word as heartbeat 3.0.6 was seen to.
"""

from __future__ import annotations

from math import inf
from random import Random

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Action, RunGroup
from hatwist.cluster.aftermath import Aftermath
from hatwist.cluster.events import DeadlinePassed, GroupFinished, Started
from hatwist.cluster.facts import (
    BeatAsked,
    JobBegun,
    MessageDelivered,
    PeerDied,
    PeerRestarted,
    PeerReturned,
    Send,
)
from hatwist.cluster.ledger import Phase
from hatwist.cluster.names import Holding, NodeStatus, Outcome, Verb
from hatwist.cluster.node import Node
from hatwist.config.model import HaCf, NodeName
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    LEGACY,
    config,
    datagram,
    from_peer,
    identity,
    line,
    logged,
    settled_ledger,
    transmitted,
)

BOTH = {"10.0.0.1", "10.0.0.2"}


@define
class Beside:
    """
    alpha, and what beta says to it; programs answer at once.

    @ivar running: the keys of the groups that run on alpha.
    @ivar starts: how often a group was ordered to start.
    """

    cf: HaCf = CF
    now: float = 0.0
    running: set[str] = field(factory=set)
    starts: int = 0
    announced: int = 0
    said: list[str] = field(factory=list)
    log: list[str] = field(factory=list)
    node: Node = field(init=False)
    _seq: int = 0

    def __attrs_post_init__(self) -> None:
        self.node = Node(config(self.cf), identity(), Random(1), 0.0)
        self.act(self.node.handle(Started(), 0.0))

    def act(self, actions: list[Action]) -> None:
        """Do what alpha wants."""
        self.log.extend(logged(actions))
        self.said.extend(
            line(one) for one in transmitted(actions) if one.get("t") not in ("status", "repnodes")
        )
        for order in actions:
            if isinstance(order, RunGroup):
                self.act(self.node.handle(GroupFinished(order.ticket, self.run_group(order)), self.now))

    def run_group(self, order: RunGroup) -> Outcome:
        """Be the programs."""
        key = order.group.key
        match order.verb:
            case Verb.STATUS | Verb.SEARCH:
                return Outcome.RUNNING if key in self.running else Outcome.STOPPED
            case Verb.START | Verb.RECOVER:
                self.running.add(key)
                self.starts += 1
            case Verb.STOP:
                self.running.discard(key)
            case Verb.ANNOUNCE:
                self.announced += 1
        return Outcome.OK

    def hear(self, **fields: str) -> list[str]:
        """Let beta say something now; return what alpha says because of it."""
        self._seq += 1
        before = len(self.said)
        self.act(self.node.handle(datagram(from_peer(Message.of(**fields), seq=self._seq)), self.now))
        return [said for said in self.said[before:] if not said.startswith("NS_")]

    def beat(self) -> list[str]:
        """Let beta's heartbeat arrive; heartbeat states nothing of ours."""
        return self.hear(t="status", st="active", dt="2710", protocol="1")

    def run(self, seconds: float, *, beats: bool = True) -> None:
        """Let time pass, with a heartbeat of beta each second or in silence."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            if self.node.next_deadline() <= self.now:
                self.act(self.node.handle(DeadlinePassed(), self.now))
            if beats and self.now % 1 == 0:
                self.beat()

    def meet(self) -> None:
        """Find each other."""
        self.hear(t="status", st="up", dt="2710", protocol="1")
        self.run(2)
        self.hear(t="repnodes", dest="alpha", nodelist="alpha beta ", delnodelist=" ")
        self.beat()

    def answer(self) -> None:
        """Answer two questions for the list of nodes, and no more within a keepalive."""
        end = self.now + 1.0
        for _ in range(2):
            self.hear(t="repnodes", dest="alpha", nodelist="alpha beta ", delnodelist=" ")
            self.run(0.35, beats=False)
        self.run(end - self.now, beats=False)

    def settle(self) -> None:
        """Join a beta that holds what is at home there."""
        self.meet()
        self.hear(t="resource", rsc_hold="local", rtype="full", isstable="1")
        self.run(5)

    def claim(self, what: str, **more: str) -> list[str]:
        """Let beta say in full what it holds."""
        return self.hear(t="resource", rsc_hold=what, rtype="full", isstable="1", **more)


class HealTests(SynchronousTestCase):
    """The three ways in which a split with a C node can be."""

    def setUp(self) -> None:
        self.beside = Beside()
        self.beside.settle()
        self.assertEqual(self.beside.running, {"10.0.0.1"})

    def test_both_were_deaf(self) -> None:
        """
        heartbeat restarts itself and lets go: everything stays here, is started once, and
        announced at the heal and when heartbeat has let go.
        """
        one = self.beside
        one.run(15, beats=False)
        self.assertEqual((one.running, one.starts), (BOTH, 2))
        self.assertEqual(one.beat(), ["reqnodes"])
        self.assertEqual(one.announced, 2)
        self.assertEqual(one.hear(t="stonith", node="alpha", result="unneeded"), [])
        one.run(2)
        self.assertEqual(one.running, BOTH)
        one.hear(t="resource", rsc_hold="none", rtype="full", isstable="0", info="shutdown")
        one.hear(t="shutdone", st="dead")
        self.assertEqual((one.running, one.starts, one.announced), (BOTH, 2, 4))
        one.hear(t="status", st="active", dt="7d00", protocol="1")
        one.run(12, beats=False)
        self.assertEqual((one.running, one.starts), (BOTH, 2))
        self.assertIn("keeping all resources", " ".join(one.log))

    def test_only_we_were_deaf(self) -> None:
        """heartbeat had not declared us dead and keeps what it has: we let go within a keepalive."""
        one = self.beside
        one.run(15, beats=False)
        one.beat()
        asked = len(one.said)
        one.answer()
        self.assertEqual(one.said[asked:], ["reqnodes", "starting", "resource all 1"])
        one.claim("local")
        self.assertEqual(one.running, {"10.0.0.1"})
        one.run(30)
        self.assertEqual((one.running, one.starts), ({"10.0.0.1"}, 2))

    def test_only_we_were_deaf_and_it_has_everything(self) -> None:
        """Then everything is let go, what is at home here too; nobody else will."""
        one = self.beside
        one.run(15, beats=False)
        one.beat()
        one.answer()
        one.claim("all")
        self.assertEqual(one.running, set())
        self.assertEqual(one.said[-1], "resource none 1")

    def test_only_it_is_deaf(self) -> None:
        """It takes over whatever we do, so we let go; and take everything when it restarts."""
        one = self.beside
        one.hear(t="stonith", node="alpha", result="n_stnth")
        self.assertEqual(one.running, set())
        one.claim("all", info="req_our_resources()")
        one.run(20)
        self.assertEqual(one.running, set())
        one.hear(t="stonith", node="alpha", result="unneeded")
        one.hear(t="resource", rsc_hold="none", rtype="full", isstable="0", info="shutdown")
        one.hear(t="shutdone", st="dead")
        self.assertEqual(one.running, BOTH)

    def test_legacy_both_were_deaf(self) -> None:
        """The same without claims."""
        one = Beside(LEGACY)
        one.meet()
        one.hear(t="ip-request-resp", dest="alpha", ipaddr="10.0.0.1", weown="no", ok="OK")
        self.assertEqual(one.running, {"10.0.0.1"})
        one.run(15, beats=False)
        one.beat()
        one.hear(t="stonith", node="alpha", result="unneeded")
        one.run(2)
        self.assertEqual((one.running, one.starts), (BOTH, 2))

    def test_legacy_only_we_were_deaf(self) -> None:
        """What is at home there goes back."""
        one = Beside(LEGACY)
        one.meet()
        one.hear(t="ip-request-resp", dest="alpha", ipaddr="10.0.0.1", weown="no", ok="OK")
        one.run(15, beats=False)
        one.beat()
        asked = len(one.said)
        one.answer()
        self.assertEqual(one.running, {"10.0.0.1"})
        self.assertEqual(one.said[asked:][-1], "ip-request 10.0.0.1")
        told = one.announced
        one.hear(t="ip-request-resp", dest="alpha", ipaddr="10.0.0.1", weown="yes", ok="OK")
        self.assertEqual((one.running, one.announced), ({"10.0.0.1"}, told + 1))


def aftermath(*c_nodes: NodeName) -> Aftermath:
    """Make alpha's machine; beta lives, and both hold what is at home there."""
    ledger = settled_ledger()
    ledger.ours, ledger.c_nodes = Holding.LOCAL, frozenset(c_nodes)
    return Aftermath(ledger, 1.0, 0.25)


class MachineTests(SynchronousTestCase):
    """What it leaves alone."""

    stonith = MessageDelivered(BETA, Message.of(t="stonith", node="alpha", result="n_stnth"))
    answer = MessageDelivered(BETA, Message.of(t="repnodes", dest="alpha"))

    def test_silence_proves_nothing(self) -> None:
        """It is asked until it has answered twice: what it had to say before would have come by then."""
        one = aftermath(BETA)
        one.handle(PeerReturned(BETA), 0.0)
        for _ in range(29):
            self.assertEqual(len(one.handle(DeadlinePassed(), one.deadline())), 2)
        one.handle(self.answer, 10.0)
        self.assertEqual(len(one.handle(DeadlinePassed(), one.deadline())), 2)
        one.handle(self.answer, 10.1)
        self.assertAlmostEqual(one.deadline(), 10.45)
        self.assertIn(Send(speech.starting()), one.handle(DeadlinePassed(), one.deadline()))
        self.assertEqual(one.deadline(), inf)

    def test_nodes_of_our_kind(self) -> None:
        """They say what they hold, and need no guesses."""
        one = aftermath()
        self.assertEqual([*one.handle(PeerReturned(BETA), 0.0), *one.handle(self.stonith, 0.0)], [])
        self.assertEqual(one.deadline(), inf)

    def test_while_leaving(self) -> None:
        """Everything is given up anyway."""
        one = aftermath(BETA)
        one.ledger.phase = Phase.STARTING
        self.assertEqual(one.handle(PeerReturned(BETA), 0.0), [])
        one.ledger.phase, one.ledger.leaving = Phase.STABLE, True
        self.assertEqual(one.handle(PeerReturned(BETA), 0.0), [])
        self.assertEqual(one.handle(self.stonith, 0.0), [])

    def test_nothing_is_held(self) -> None:
        """Then there is nothing to announce or to give up."""
        one = aftermath(BETA)
        one.ledger.ours, one.ledger.nice = Holding.NONE, False
        asked = [BeatAsked(), Send(Message.of(t="reqnodes", dest="beta"))]
        self.assertEqual(one.handle(PeerReturned(BETA), 0.0), asked)
        for _ in range(3):
            one.handle(self.answer, 0.1)
        outcomes = one.handle(DeadlinePassed(), 0.5)
        self.assertFalse([each for each in outcomes if isinstance(each, JobBegun)])
        self.assertEqual(one.handle(self.stonith, 1.0), [])

    def test_a_death_or_a_new_life_ends_it(self) -> None:
        """What was to be found out no longer matters."""
        for end in (PeerDied(BETA, 10.0, True), PeerRestarted(BETA, 4)):
            one = aftermath(BETA)
            one.handle(PeerReturned(BETA), 0.0)
            self.assertAlmostEqual(one.deadline(), 1 / 3)
            self.assertEqual(one.handle(end, 0.1), [])
            self.assertEqual(one.deadline(), inf)
            self.assertEqual(one.handle(DeadlinePassed(), 0.6), [])

    def test_other_words(self) -> None:
        """Another node's fencing, its own goodbye when nothing was kept, our own messages."""
        one = aftermath(BETA)
        for message in (
            Message.of(t="stonith", node="gamma", result="n_stnth"),
            Message.of(t="stonith", node="alpha", result="unneeded"),
            Message.of(t="shutdone", st="dead"),
            Message.of(t="starting"),
        ):
            self.assertEqual(one.handle(MessageDelivered(BETA, message), 0.0), [])
        own = MessageDelivered(ALPHA, Message.of(t="shutdone"), own=True)
        self.assertEqual(one.handle(own, 0.0), [])
        self.assertIs(one.ledger.peers[BETA], NodeStatus.ACTIVE)
