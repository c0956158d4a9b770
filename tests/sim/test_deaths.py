# -*- test-case-name: tests.sim.test_deaths -*-
"""
The auditors of death sentences and of alarms.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import MessageDelivered, PeerDied
from hatwist.sim.auditor import Violation
from hatwist.sim.deaths import Promptness, TrueDeaths
from hatwist.sim.world import World
from hatwist.wire.message import Message
from tests.sim.builders import ALPHA, BETA, make_world, node_of, running_world, status


class TrueDeathsTests(SynchronousTestCase):
    """
    A peer is dead after its deadtime of silence on the judge's own clock.

    The worlds have keepalive 1 s, deadtime 10 s and initdead 20 s.
    """

    def setUp(self) -> None:
        """Boot alpha in a world whose only auditor is called by the test alone."""
        self.world = make_world()
        self.auditor = TrueDeaths()
        self.alpha = self.world.hosts[ALPHA]
        self.world.boot(ALPHA)
        self.auditor.check(self.world, self.alpha)

    def hear(self, message: Message, own: bool = False) -> None:
        """Let alpha hear a message of beta."""
        sender = ALPHA if own else BETA
        self.auditor.look(self.world, self.alpha, MessageDelivered(sender, message, own=own))

    def bury(self, silence: float) -> None:
        """Let alpha declare beta dead."""
        self.auditor.look(self.world, self.alpha, PeerDied(BETA, silence, heard=True))

    def objection(self, silence: float) -> str:
        """Return what is wrong with declaring beta dead now."""
        return str(self.assertRaises(Violation, self.bury, silence))

    def test_after_deadtime(self) -> None:
        """Ten seconds after its last heartbeat a peer may be declared dead."""
        self.hear(status(1))
        self.world.time = 10.0
        self.bury(10.0)

    def test_too_early(self) -> None:
        """A sentence before the deadtime is over is a violation."""
        self.hear(status(1))
        self.world.time = 9.9
        self.assertIn("alpha declared beta dead after 9.900 s, not 10.000 s", self.objection(9.9))

    def test_wrong_reason(self) -> None:
        """The silence that is given as reason has to be true."""
        self.hear(status(1))
        self.world.time = 12.0
        self.assertIn("says beta was silent for 11.000000 s; it was 12.000000 s", self.objection(11.0))

    def test_twice(self) -> None:
        """Who is dead cannot die."""
        self.hear(status(1))
        self.world.time = 10.0
        self.bury(10.0)
        self.assertIn("which was dead already", self.objection(10.0))

    def test_peer_asks_for_more(self) -> None:
        """The deadtime is the one that the peer asked for."""
        self.hear(status(1, deadtime=40.0))
        self.world.time = 39.0
        self.assertIn("not 40.000 s", self.objection(39.0))

    def test_peer_asks_for_nothing(self) -> None:
        """Without a word from the peer it is our own deadtime."""
        self.hear(status(1).without("dt"))
        self.world.time = 10.0
        self.bury(10.0)

    def test_initdead(self) -> None:
        """Before everybody was heard or is dead, it is initdead."""
        self.world.time = 19.0
        self.assertIn("not 20.000 s", self.objection(19.0))
        self.world.time = 20.0
        self.bury(20.0)

    def test_overtaken_status(self) -> None:
        """A status that comes after a newer one breaks no silence."""
        self.hear(status(5))
        self.world.time = 8.0
        self.hear(status(4))
        self.world.time = 10.0
        self.bury(10.0)

    def test_other_talk(self) -> None:
        """Neither what is no heartbeat nor our own heartbeat breaks the silence of a peer."""
        self.hear(status(1))
        self.world.time = 8.0
        self.hear(status(2, kind="resource"))
        self.hear(status(9), own=True)
        self.world.time = 10.0
        self.bury(10.0)

    def test_new_life_new_book(self) -> None:
        """A daemon that starts anew has heard nobody."""
        self.hear(status(1))
        self.alpha.life += 1
        self.world.time = 5.0
        self.auditor.check(self.world, self.alpha)
        self.world.time = 15.0
        self.assertIn("not 20.000 s", self.objection(10.0))

    def test_too_late(self) -> None:
        """A peer that is silent for a keepalive more than its deadtime should be dead."""
        self.hear(status(1))
        self.world.time = 11.0
        self.auditor.check(self.world, self.alpha)
        self.world.time = 11.1
        error = self.assertRaises(Violation, self.auditor.check, self.world, self.alpha)
        self.assertIn("alpha has not declared beta dead, 1.100 s late", str(error))

    def test_dead_is_not_late(self) -> None:
        """Who is dead may be silent for ever, until it is heard again."""
        self.hear(status(1))
        self.world.time = 10.0
        self.bury(10.0)
        self.world.time = 100.0
        self.auditor.check(self.world, self.alpha)
        self.hear(status(2))
        self.world.time = 112.0
        self.assertRaises(Violation, self.auditor.check, self.world, self.alpha)

    def test_judge_that_cannot_act(self) -> None:
        """Nobody is late who is paused or does not run, nor for a keepalive after a pause."""
        self.hear(status(1))
        self.world.time = 50.0
        self.alpha.paused = True
        self.auditor.check(self.world, self.alpha)
        self.alpha.paused = False
        self.alpha.resumed = 49.0
        self.auditor.check(self.world, self.alpha)
        self.alpha.resumed = 40.0
        self.assertRaises(Violation, self.auditor.check, self.world, self.alpha)
        self.alpha.node = None
        self.auditor.check(self.world, self.alpha)

    def test_late_alarms(self) -> None:
        """Two late alarms are the longest that a judge with a slow clock may take."""
        self.hear(status(1))
        self.alpha.lateness = 0.5
        self.world.time = 12.0
        self.auditor.check(self.world, self.alpha)
        self.world.time = 12.1
        self.assertRaises(Violation, self.auditor.check, self.world, self.alpha)


class PromptnessTests(SynchronousTestCase):
    """A node asks to be woken, in the future and soon enough."""

    def setUp(self) -> None:
        """Boot both."""
        self.auditor = Promptness()
        self.world: World = running_world()
        self.alpha = self.world.hosts[ALPHA]

    def wake(self, at: float) -> None:
        """Wake alpha, which then wants to be woken again at a time of its clock."""
        self.auditor.look(self.world, self.alpha, DeadlinePassed())
        node_of(self.alpha)._expected = at
        self.auditor.check(self.world, self.alpha)

    def test_in_the_future(self) -> None:
        """Once it was woken the next alarm is later than now, by a keepalive at most."""
        self.wake(15.5)
        error = self.assertRaises(Violation, self.wake, 15.0)
        self.assertIn("alpha was woken at 15.000 and wants to be woken at 15.000", str(error))
        error = self.assertRaises(Violation, self.wake, 16.1)
        self.assertIn("alpha sleeps from 15.000 to 16.100, longer than a keepalive", str(error))

    def test_other_events(self) -> None:
        """Another event may find an alarm that is due."""
        node_of(self.alpha)._expected = 15.0
        self.auditor.check(self.world, self.alpha)

    def test_nobody_to_wake(self) -> None:
        """A paused daemon is not looked at, nor one that does not run."""
        self.alpha.paused = True
        self.wake(0.0)
        self.world.crash(ALPHA)
        self.auditor.check(self.world, self.alpha)
