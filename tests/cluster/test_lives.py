# -*- test-case-name: tests.cluster.test_lives -*-
"""
A restart, and two machines with one name, told apart.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.lives import Finding, Lives, Stamp

USUAL, NEWCOMER = Finding.USUAL, Finding.NEWCOMER


def lives(generation: int = 3, sequence: int = 100, time: int = 1000) -> Lives:
    """Make those of a peer that was heard once."""
    one = Lives(keepalive=1.0)
    one.look(Stamp(generation, sequence, time), 0.0)
    return one


class LivesTests(SynchronousTestCase):
    """One peer."""

    def look(self, one: Lives, *stamps: tuple[int, int, int], now: float = 0.0) -> list[Finding]:
        """Say what each message shows."""
        return [one.look(Stamp(*stamp), now) for stamp in stamps]

    def test_a_restart(self) -> None:
        """The former life is silent, or its last words come late, in any order."""
        one = lives()
        self.assertEqual(
            self.look(one, (4, 1, 1001), (3, 101, 1000), (3, 99, 1000), (4, 2, 1002)), [USUAL] * 4
        )
        self.assertEqual(one.newest, Stamp(4, 2, 1002))

    def test_the_former_life_goes_on(self) -> None:
        """Its second message that was sent after the newcomer began proves that there are two machines."""
        one = lives()
        said = self.look(one, (4, 1, 1001), (3, 101, 1002), (4, 2, 1002), (3, 102, 1003))
        self.assertEqual(said, [USUAL, USUAL, USUAL, NEWCOMER])
        self.assertEqual((one.newest, one.refused), (Stamp(3, 102, 1003), 4))
        self.assertEqual(self.look(one, (4, 3, 1003), (3, 103, 1004)), [Finding.REFUSED, USUAL])

    def test_what_may_be_a_recording(self) -> None:
        """What the former life sent before proves nothing, though we had not heard it."""
        one = lives()
        said = self.look(one, (4, 1, 2000), *[(3, 100 + number, 1000 + number) for number in range(1, 99)])
        self.assertEqual(set(said), {USUAL})

    def test_the_same_message_again_proves_nothing(self) -> None:
        """Nor does one that was heard before."""
        one = lives()
        self.assertEqual(set(self.look(one, (4, 1, 1001), *[(3, 101, 1002), (3, 90, 1002)] * 10)), {USUAL})

    def test_a_newcomer_with_a_lower_generation(self) -> None:
        """It is refused as a replay anyway; that it is another machine comes to light."""
        one = lives()
        said = self.look(one, *[(2, number, 1000) for number in range(1, 6)])
        self.assertEqual(said, [USUAL] * 3 + [Finding.SHADOW, USUAL])
        self.assertEqual(one.newest, Stamp(3, 100, 1000))

    def test_one_that_was_never_believed(self) -> None:
        """Both start at once, and the one with the higher generation gives way: the other takes its place."""
        one = lives()
        self.look(one, (2, 1, 1001), (3, 101, 1001), (2, 2, 1002), (2, 3, 1003))
        self.assertEqual(self.look(one, (2, 4, 1004), now=3.1), [NEWCOMER])
        self.assertEqual((one.newest.generation, one.refused), (2, 3))

    def test_a_recording_of_it(self) -> None:
        """What was sent before the believed one fell silent proves nothing."""
        one = lives()
        self.look(one, (2, 1, 991), (3, 101, 1001))
        said = self.look(one, *[(2, number, 990 + number) for number in range(2, 9)], now=100.0)
        self.assertNotIn(NEWCOMER, said)

    def test_a_generation_that_fell(self) -> None:
        """One machine whose disk came from a backup never spoke beside itself: it stays a replay."""
        one = lives()
        said = self.look(one, *[(2, number, 2000 + number) for number in range(1, 99)], now=1000.0)
        self.assertNotIn(NEWCOMER, said)

    def test_a_newcomer_with_the_same_generation(self) -> None:
        """Its numbers are lower and its times are not: no single machine sends such messages."""
        one = lives()
        said = self.look(one, *[(3, number, 1000 + number) for number in range(1, 5)])
        self.assertEqual(said, [USUAL] * 3 + [Finding.SHADOW])

    def test_what_is_sent_again(self) -> None:
        """It has its old time."""
        one = lives()
        self.assertEqual(set(self.look(one, *[(3, number, 900) for number in range(90, 100)])), {USUAL})

    def test_the_next_life_of_a_newcomer_is_believed(self) -> None:
        """When the first is dead, the operator can let the other one go on by starting it anew."""
        one = lives()
        self.look(one, (4, 1, 1001), (3, 101, 1002), (3, 102, 1003))
        self.assertEqual(self.look(one, (5, 1, 1004), (5, 2, 1005)), [USUAL, USUAL])
        self.assertEqual(one.newest.generation, 5)
