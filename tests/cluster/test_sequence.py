# -*- test-case-name: tests.cluster.test_sequence -*-
"""
Which messages are acted on, what is missing, and what is acknowledged
(protocol 8.3, 8.6).
"""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.sequence import MAX_LOST, MAX_MISSING, Arrival, Decision, Tracking, Verdict
from tests.cluster.strategies import QUICK, arrivals, lives


def status(sequence: int, generation: int = 5, *, dead: bool = False) -> Arrival:
    """Make a heartbeat."""
    return Arrival(generation, sequence, status=True, dead=dead)


def other(sequence: int, generation: int = 5, *, dead: bool = False) -> Arrival:
    """Make a message of another type."""
    return Arrival(generation, sequence, status=False, dead=dead)


def tracking(last: int | None = 100, *missing: int, trigger: int = 0, last_status: int = 100) -> Tracking:
    """Make what is known of a peer of generation 5."""
    return Tracking(
        trigger, generation=5, last=last, last_status=last_status, missing=dict.fromkeys(missing, 0.0)
    )


DELIVER = Decision(Verdict.DELIVER)


class PlaceTests(SynchronousTestCase):
    """The rows of the receive decision that look at the number."""

    def test_first_message_sets_the_base(self) -> None:
        """The first message heard of a node is delivered, and earlier ones are not missed."""
        track = Tracking(trigger=0)
        self.assertEqual(track.decide(status(57)), DELIVER)
        self.assertEqual((track.generation, track.last, track.missing), (5, 57, {}))

    def test_next_in_order(self) -> None:
        """The next number is delivered."""
        track = tracking(100)
        self.assertEqual(track.decide(other(101)), DELIVER)
        self.assertEqual(track.last, 101)

    def test_newest_once_more_is_a_copy(self) -> None:
        """The same message over a second medium is a copy, not delivered again."""
        track = tracking(100)
        self.assertEqual(track.decide(other(100)), Decision(Verdict.COPY))

    def test_gap(self) -> None:
        """A later number is delivered at once, and those skipped are missing."""
        track = tracking(100)
        self.assertEqual(track.decide(other(104)), Decision(Verdict.DELIVER, lost=3))
        self.assertEqual((track.last, sorted(track.missing)), (104, [101, 102, 103]))

    def test_gap_after_gap(self) -> None:
        """A second gap is added to the first."""
        track = tracking(104, 101)
        self.assertEqual(track.decide(other(106)), Decision(Verdict.DELIVER, lost=1))
        self.assertEqual(sorted(track.missing), [101, 105])

    def test_widest_gap_that_is_asked_for(self) -> None:
        """A gap of 250 is still asked for."""
        track = tracking(100)
        self.assertEqual(track.decide(other(101 + MAX_LOST)), Decision(Verdict.DELIVER, lost=MAX_LOST))
        self.assertEqual(len(track.missing), MAX_LOST)

    def test_too_wide_a_gap_is_given_up(self) -> None:
        """After a gap of more than 250 everything before is forgotten, what was missing as well."""
        track = tracking(100, 99)
        self.assertEqual(
            track.decide(other(102 + MAX_LOST)), Decision(Verdict.DELIVER, lost=MAX_LOST + 1, lost_all=True)
        )
        self.assertEqual((track.last, track.missing), (102 + MAX_LOST, {}))

    def test_too_many_holes_are_given_up(self) -> None:
        """More than 500 missing messages are not kept, however they came about."""
        track = tracking(1000, *range(1, 451))
        self.assertEqual(track.decide(other(1051)), Decision(Verdict.DELIVER, lost=50))
        self.assertEqual(len(track.missing), MAX_MISSING)
        self.assertEqual(track.decide(other(1053)), Decision(Verdict.DELIVER, lost=1, lost_all=True))
        self.assertEqual(track.missing, {})

    def test_missing_one_arrives(self) -> None:
        """A message that was missing is delivered when it comes, and once only."""
        track = tracking(104, 101, 103)
        self.assertEqual(track.decide(other(103)), DELIVER)
        self.assertEqual(track.decide(other(103)), Decision(Verdict.OLD))
        self.assertEqual((track.last, sorted(track.missing)), (104, [101]))

    def test_last_hole_filled(self) -> None:
        """It is told when nothing is missing any more."""
        track = tracking(104, 103, trigger=9)
        self.assertEqual(track.decide(other(103)), Decision(Verdict.DELIVER, filled=True))

    def test_old_one_is_dropped(self) -> None:
        """A number below the newest that is not missing is an old copy."""
        track = tracking(104, 101)
        self.assertEqual(track.decide(other(102)), Decision(Verdict.OLD))
        self.assertEqual(track.decide(status(100)), Decision(Verdict.OLD))
        self.assertEqual((track.last, sorted(track.missing)), (104, [101]))

    def test_peer_gives_up(self) -> None:
        """A message that its sender no longer has is not missed any more."""
        track = tracking(104, 101, 102)
        self.assertTrue(track.give_up(101))
        self.assertFalse(track.give_up(101))
        self.assertFalse(track.give_up(7))
        self.assertEqual(sorted(track.missing), [102])

    def test_death(self) -> None:
        """After a death nothing is missing, and what is newer than all before sets the base."""
        track = tracking(104, 101)
        track.forget()
        self.assertEqual((track.last, track.missing), (None, {}))
        self.assertEqual(track.decide(other(150, dead=True)), DELIVER)
        self.assertEqual((track.generation, track.last, track.missing), (5, 150, {}))

    def test_nothing_comes_twice_after_a_death(self) -> None:
        """What was received before a death is not delivered again after it."""
        track = tracking(104, 101)
        track.forget()
        for number in (104, 101, 1):
            self.assertEqual(track.decide(other(number, dead=True)), Decision(Verdict.REPLAY))


class GenerationTests(SynchronousTestCase):
    """The rows of the receive decision that look at the generation."""

    def test_lower_generation_is_a_replay(self) -> None:
        """Whatever its type and number, a message of a generation that is over changes nothing."""
        track = tracking(100, 99)
        before = evolve(track, missing=dict(track.missing))
        for arrival in (status(101, 4), other(101, 4), status(1, 0), other(99, 4)):
            self.assertEqual(track.decide(arrival), Decision(Verdict.REPLAY))
        self.assertEqual(track, before)

    def test_restart(self) -> None:
        """A status of a higher generation is a restart: its number sets the base, nothing is missing."""
        track = tracking(100, 99)
        self.assertEqual(track.decide(status(1, 6)), Decision(Verdict.DELIVER, restarted=True))
        self.assertEqual(track, Tracking(0, generation=6, last=1, last_status=1))

    def test_restart_to_the_same_number(self) -> None:
        """The status after a restart is no copy, though its number is the one heard last."""
        track = tracking(100)
        self.assertEqual(track.decide(status(100, 6)), Decision(Verdict.DELIVER, restarted=True))

    def test_first_generation_is_no_restart(self) -> None:
        """The first generation ever heard is no restart."""
        track = Tracking(trigger=9)
        self.assertEqual(track.decide(status(20)), DELIVER)
        self.assertEqual((track.generation, track.last), (5, 20))

    def test_first_contact_is_no_return(self) -> None:
        """A node that was declared dead before it was ever heard joins, it does not return."""
        track = Tracking(trigger=9)
        self.assertEqual(track.decide(status(1, dead=True)), DELIVER)

    def test_new_life_without_a_status(self) -> None:
        """What a new life says first may be anything: its status may have been lost."""
        track = tracking(100, 99)
        self.assertEqual(track.decide(other(3, 6)), Decision(Verdict.DELIVER, restarted=True))
        self.assertEqual(track, Tracking(0, generation=6, last=3))

    def test_dead_node_restarts_without_a_status(self) -> None:
        """A dead node with a new generation has restarted, whatever it says first."""
        track = tracking(None, last_status=100)
        self.assertEqual(track.decide(other(3, 6, dead=True)), Decision(Verdict.DELIVER, restarted=True))

    def test_missing_generation_is_zero(self) -> None:
        """A node that never says its generation is followed by its numbers."""
        track = Tracking(trigger=9)
        self.assertEqual(track.decide(status(1, 0)), DELIVER)
        self.assertEqual(track.decide(status(2, 0, dead=True)), DELIVER)
        self.assertEqual(track.decide(status(2, 0, dead=True)), Decision(Verdict.COPY))


class ReturningTests(SynchronousTestCase):
    """A dead node that is heard with its old generation."""

    def test_newer_status(self) -> None:
        """A later status than the last shows that it never was dead."""
        track = tracking(None, last_status=100)
        self.assertEqual(track.decide(status(150, dead=True)), Decision(Verdict.DELIVER, returned=True))
        self.assertEqual((track.last, track.last_status), (150, 150))

    def test_old_status(self) -> None:
        """A status that was heard before it died does not bring it back."""
        track = tracking(None, last_status=100)
        for number in (100, 99, 1):
            self.assertEqual(track.decide(status(number, dead=True)), Decision(Verdict.REPLAY))
        self.assertEqual(track.last, None)

    def test_other_messages(self) -> None:
        """Other messages of a dead node are judged by their number alone."""
        track = tracking(None, last_status=100)
        self.assertEqual(track.decide(other(150, dead=True)), DELIVER)

    def test_behind_another_message(self) -> None:
        """The returning status counts even if a later message overtook it."""
        track = tracking(None, last_status=100)
        track.decide(other(152, dead=True))
        self.assertEqual(track.decide(status(150, dead=True)), Decision(Verdict.DELIVER, returned=True))
        self.assertEqual(track.decide(status(150)), Decision(Verdict.OLD))

    def test_restarted_dead_node(self) -> None:
        """A dead node with a new generation has restarted, not returned."""
        track = tracking(None, last_status=100)
        self.assertEqual(track.decide(status(1, 6, dead=True)), Decision(Verdict.DELIVER, restarted=True))


class AcknowledgementTests(SynchronousTestCase):
    """What is acknowledged: one in ten, and never anything below a hole."""

    def test_one_in_ten(self) -> None:
        """With the digit 2 the numbers 2, 12, 22 are acknowledged."""
        track = tracking(1, trigger=2)
        acknowledged = [track.decide(other(number)).acknowledge for number in range(2, 31)]
        self.assertEqual([number for number in acknowledged if number], [2, 12, 22])

    def test_not_above_a_hole(self) -> None:
        """While something is missing, in-order messages are not acknowledged."""
        track = tracking(11, 5, trigger=2)
        self.assertEqual(track.decide(other(12)), DELIVER)

    def test_a_leap_is_not_acknowledged(self) -> None:
        """A number behind a gap is not acknowledged."""
        track = tracking(10, trigger=2)
        self.assertEqual(track.decide(other(12)).acknowledge, None)

    def test_lowest_hole_filled(self) -> None:
        """When the lowest hole is filled, the highest such number below the next hole is acknowledged."""
        track = tracking(40, 11, 35, trigger=2)
        self.assertEqual(track.decide(other(11)), Decision(Verdict.DELIVER, acknowledge=32))

    def test_lowest_hole_filled_just_below_the_next(self) -> None:
        """Nothing is acknowledged if no such number lies between the two holes."""
        track = tracking(40, 13, 21, trigger=2)
        self.assertEqual(track.decide(other(13)), DELIVER)

    def test_the_filled_number_itself(self) -> None:
        """The number that filled the hole may be the one."""
        track = tracking(40, 12, 13, trigger=2)
        self.assertEqual(track.decide(other(12)), Decision(Verdict.DELIVER, acknowledge=12))

    def test_higher_hole_filled(self) -> None:
        """Filling another hole than the lowest acknowledges nothing."""
        track = tracking(40, 11, 12, 35, trigger=2)
        self.assertEqual(track.decide(other(12)), DELIVER)

    def test_last_hole_filled(self) -> None:
        """When nothing is missing any more, everything received may be acknowledged."""
        track = tracking(42, 35, trigger=2)
        self.assertEqual(track.decide(other(35)), Decision(Verdict.DELIVER, filled=True, acknowledge=42))


class TrackingProperties(SynchronousTestCase):
    """Whatever arrives, in whatever order."""

    @QUICK
    @given(lives(), st.integers(0, 9))
    def test_at_most_once(self, life: list[Arrival | None], trigger: int) -> None:
        """No (generation, number) is delivered twice, though the peer is declared dead now and then."""
        track = Tracking(trigger)
        dead = False
        delivered = []
        for arrival in life:
            if arrival is None:
                dead = True
                track.forget()
                continue
            decision = track.decide(arrival._replace(dead=dead))
            if decision.verdict is Verdict.DELIVER:
                delivered.append((arrival.generation, arrival.sequence))
                dead = dead and not arrival.status
        self.assertEqual(len(delivered), len(set(delivered)))

    @QUICK
    @given(arrivals(), st.integers(0, 9))
    def test_acknowledgements_are_true(self, came: list[Arrival], trigger: int) -> None:
        """An acknowledged number was received, and so was everything from the base up to it, or given up."""
        track = Tracking(trigger)
        received: set[int] = set()
        base = 0
        for arrival in came:
            before = track.generation
            decision = track.decide(arrival)
            if track.generation > before or decision.lost_all or not received:
                received, base = set(), arrival.sequence
            if decision.verdict is Verdict.DELIVER:
                received.add(arrival.sequence)
            if decision.acknowledge is not None:
                self.assertLessEqual(decision.acknowledge, max(received))
                self.assertEqual(decision.acknowledge % 10, trigger)
                self.assertEqual(set(range(base, decision.acknowledge + 1)) - received, set())

    @QUICK
    @given(arrivals(), st.integers(0, 9))
    def test_bookkeeping_is_bounded_and_consistent(self, came: list[Arrival], trigger: int) -> None:
        """What is missing lies below the newest number, and is never more than 500."""
        track = Tracking(trigger)
        for arrival in came:
            generation = track.generation
            decision = track.decide(arrival)
            self.assertGreaterEqual(track.generation, generation)
            self.assertLessEqual(len(track.missing), MAX_MISSING)
            if track.last is not None:
                self.assertTrue(all(number < track.last for number in track.missing))
            if decision.filled:
                self.assertEqual(track.missing, {})

    @QUICK
    @given(st.permutations(list(range(1, 41))), st.integers(0, 9))
    def test_nothing_is_lost_by_disorder(self, numbers: list[int], trigger: int) -> None:
        """Of forty messages in any order all from the first arrived on are delivered, exactly once."""
        track = Tracking(trigger)
        delivered = [n for n in numbers if track.decide(other(n)).verdict is Verdict.DELIVER]
        self.assertEqual(sorted(delivered), list(range(numbers[0], 41)))
        self.assertEqual(track.missing, {})
