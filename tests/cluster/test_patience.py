# -*- test-case-name: tests.cluster.test_patience -*-
"""
How long a node may be silent (protocol 6.2, 9.4).
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.patience import LATENESS, MAX_PATIENCE, Patience
from tests.cluster.builders import BETA, CF, GAMMA


class PatienceTests(SynchronousTestCase):
    """The limits of silence."""

    def test_while_the_cluster_starts(self) -> None:
        """Until communication is established it is initdead for everybody, whatever they ask for."""
        patience = Patience(CF)
        patience.asked(BETA, 5.0)
        self.assertEqual((patience.deadtime(BETA), patience.deadtime(GAMMA)), (30.0, 30.0))

    def test_own_deadtime_is_the_default(self) -> None:
        """A peer that asked for nothing has our own deadtime."""
        self.assertEqual(Patience(CF, starting=False).deadtime(BETA), 10.0)

    def test_a_peer_asks_for_itself(self) -> None:
        """A peer's deadtime is what its last status said, larger or smaller than ours."""
        patience = Patience(CF, starting=False)
        patience.asked(BETA, 32.0)
        self.assertEqual((patience.deadtime(BETA), patience.deadtime(GAMMA)), (32.0, 10.0))
        patience.asked(BETA, 2.0)
        self.assertEqual(patience.deadtime(BETA), 2.0)

    def test_forgotten_with_the_dead(self) -> None:
        """What a peer asked for before it died does not count for its next life."""
        patience = Patience(CF, starting=False)
        patience.asked(BETA, 32.0)
        patience.forget(BETA)
        patience.forget(GAMMA)
        self.assertEqual(patience.deadtime(BETA), 10.0)

    def test_nobody_is_waited_for_for_ever(self) -> None:
        """A peer that asks for a year gets an hour."""
        patience = Patience(CF, starting=False)
        patience.asked(BETA, 365 * 86400.0)
        self.assertEqual(patience.deadtime(BETA), MAX_PATIENCE)

    def test_limit(self) -> None:
        """A node is dead its deadtime after it was last heard."""
        self.assertEqual(Patience(CF, starting=False).limit(BETA, 100.0), 110.0)

    def test_late_judge_waits_a_moment(self) -> None:
        """A wake-up that was late gives everybody one keepalive to be heard in."""
        patience = Patience(CF, starting=False)
        patience.woke(101.0, now=120.0)
        self.assertEqual(patience.limit(BETA, 100.0), 121.0)
        self.assertEqual(patience.limit(BETA, 119.0), 129.0)

    def test_the_moment_is_short(self) -> None:
        """With a keepalive of a minute the moment is still a second."""
        patience = Patience(evolve(CF, keepalive=60.0), starting=False)
        patience.woke(101.0, now=120.0)
        self.assertEqual(patience.limit(BETA, 100.0), 120.0 + 10 * LATENESS)

    def test_punctual_judge_waits_for_nobody(self) -> None:
        """A wake-up in time, or early, changes no limit."""
        patience = Patience(CF, starting=False)
        patience.woke(110.0, now=110.0 + LATENESS / 2)
        patience.woke(120.0, now=110.0)
        self.assertEqual(patience.limit(BETA, 100.0), 110.0)

    def test_not_again_and_again(self) -> None:
        """A judge that is always late gives no second moment before a deadtime has passed."""
        patience = Patience(CF, starting=False)
        patience.woke(101.0, now=120.0)
        for now in (120.2, 121.0, 130.9):
            patience.woke(now - 0.2, now)
            self.assertEqual(patience.limit(BETA, 100.0), 121.0)
        patience.woke(130.8, now=131.0)
        self.assertEqual(patience.limit(BETA, 100.0), 132.0)

    def test_just_in_time(self) -> None:
        """A tenth of a second is not late."""
        patience = Patience(CF, starting=False)
        patience.woke(0.0, now=LATENESS)
        self.assertEqual(patience.limit(BETA, -10.0), 0.0)
