# -*- test-case-name: tests.service.test_driver -*-
"""
Events in, actions out, one timer, and a heart that no bug stops.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Action, Log, Transmit
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, Event, LeaveWanted, LoadSampled, Started
from hatwist.cluster.names import Level
from hatwist.config.model import LinkName
from hatwist.service.driver import AFTER_FAILURE, ALARM_PERIOD, BREATH, MAX_SHOWN, Driver
from tests.service.fakes import Bug, Core

FIRST = LoadSampled("first")
SECOND = LoadSampled("second")
HEARTBEAT = Transmit(b"heartbeat")
WORDS = Log(Level.INFO, "words")


class _DriverCase(SynchronousTestCase):
    """A driver, a core and what it did."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.core = Core()
        self.done: list[Action] = []
        self.driver = Driver(self.core, self.clock, self.done.append)

    def due(self) -> list[float]:
        """Return the seconds until each timer."""
        return [call.getTime() - self.clock.seconds() for call in self.clock.getDelayedCalls()]

    def alarms(self) -> list[str]:
        """Return the words of the failures that were reported, and forget them."""
        return [failure.getErrorMessage() for failure in self.flushLoggedErrors(Bug)]


class FeedTests(_DriverCase):
    """What happens to an event."""

    def test_an_event_and_its_time_go_in(self) -> None:
        """The core is told the event and what the clock shows."""
        self.clock.advance(7)
        self.driver.feed(FIRST)
        self.assertEqual(self.core.heard, [(FIRST, 7.0)])

    def test_actions_are_carried_out_in_order(self) -> None:
        """All that the core asks for is done, first things first."""
        self.core.answers = lambda _: [HEARTBEAT, WORDS]
        self.driver.feed(FIRST)
        self.assertEqual(self.done, [HEARTBEAT, WORDS])

    def test_what_happens_meanwhile_waits(self) -> None:
        """An event out of an action is handled when all actions of the first are done."""
        told: list[str] = []

        def perform(action: Action) -> None:
            told.append("does")
            if action is HEARTBEAT:
                driver.feed(SECOND)

        def answer(event: Event) -> list[Action]:
            told.append("hears")
            return [HEARTBEAT, WORDS] if event is FIRST else []

        self.core.answers = answer
        driver = Driver(self.core, self.clock, perform)
        driver.feed(FIRST)
        self.assertEqual(told, ["hears", "does", "does", "hears"])

    def test_a_stopped_driver_is_silent(self) -> None:
        """After stop the core hears nothing, and no timer is left."""
        self.driver.feed(FIRST)
        self.driver.stop()
        self.driver.feed(SECOND)
        self.assertEqual(self.core.events, [FIRST])
        self.assertEqual(self.due(), [])

    def test_stop_out_of_an_action(self) -> None:
        """What waits when the driver is stopped is forgotten."""

        def perform(action: Action) -> None:
            driver.feed(SECOND)
            driver.stop()

        self.core.answers = lambda _: [HEARTBEAT]
        driver = Driver(self.core, self.clock, perform)
        driver.feed(FIRST)
        self.assertEqual(self.core.events, [FIRST])
        self.assertEqual(self.due(), [])


class TimerTests(_DriverCase):
    """The one timer."""

    def test_the_deadline_is_kept(self) -> None:
        """At the time the core names it hears that the deadline has passed."""
        self.core.deadline = 5.0
        self.driver.feed(Started())
        self.clock.advance(4.9)
        self.assertEqual(self.core.events, [Started()])
        self.clock.advance(0.1)
        self.assertEqual(self.core.heard[1:], [(DeadlinePassed(), 5.0)])

    def test_there_is_one_timer(self) -> None:
        """However many events there are, it is moved, not doubled."""
        for deadline in (5.0, 9.0, 2.0):
            self.core.deadline = deadline
            self.driver.feed(FIRST)
        self.assertEqual(self.due(), [2.0])

    def test_a_deadline_that_has_passed(self) -> None:
        """A deadline in the past is due at once."""
        self.clock.advance(10)
        self.core.deadline = 3.0
        self.driver.feed(FIRST)
        self.assertEqual(self.due(), [0.0])

    def test_no_spinning(self) -> None:
        """A core that names the past again and again is not asked without pause."""
        self.core.deadline = 0.0
        self.driver.feed(FIRST)
        self.clock.pump([0.0] * 50)
        self.assertEqual(len(self.core.heard), 2)
        self.assertAlmostEqual(self.due()[0], BREATH)

    def test_no_spinning_whatever_happens_meanwhile(self) -> None:
        """Other events do not shorten that pause."""
        self.core.deadline = 0.0
        self.driver.feed(DeadlinePassed())
        self.driver.feed(FIRST)
        self.assertAlmostEqual(self.due()[0], BREATH)


class BugTests(_DriverCase):
    """The core fails, or what it asks for does."""

    def test_an_exception_is_contained(self) -> None:
        """The event is dropped, the failure logged, and the node lives on."""
        self.core.answers = lambda event: Bug("no") if event is FIRST else [HEARTBEAT]
        self.driver.feed(FIRST)
        self.driver.feed(SECOND)
        self.assertEqual(self.done, [HEARTBEAT])
        self.assertEqual(self.alarms(), ["no"])
        self.assertEqual(self.driver.failures, 1)
        self.assertEqual(len(self.due()), 1)

    def test_the_alarm_shows_the_event(self) -> None:
        """The bytes that provoked it are in the log, up to a bound."""
        told: list[str] = []

        class Loud(Driver):
            class log:
                @staticmethod
                def failure(words_of_it: str, **words: object) -> None:
                    told.append(words_of_it.format(**words))

        self.core.answers = lambda _: Bug("no")
        driver = Loud(self.core, self.clock, self.done.append)
        poison = DatagramReceived(LinkName("eth1"), b"###\npoison" + b"\0" * 65536, "192.0.2.1")
        driver.feed(poison)
        self.assertIn("The core failed at DatagramReceived(link='eth1', data=b'###\\npoison\\x00", told[0])
        self.assertLess(len(told[0]), MAX_SHOWN + 100)

    def test_a_storm_of_failures_is_reported_once_a_second(self) -> None:
        """A flood of poison must not keep the daemon busy with tracebacks."""
        self.core.answers = lambda _: Bug("no")
        for _ in range(100):
            self.driver.feed(FIRST)
        self.assertEqual(len(self.alarms()), 1)
        self.clock.advance(ALARM_PERIOD)
        self.driver.feed(FIRST)
        self.assertEqual(len(self.alarms()), 1)
        self.assertGreater(self.driver.failures, 100)

    def test_a_sound_core_stays(self) -> None:
        """While the core's invariants hold a failure does not make it leave."""
        self.core.answers = lambda _: Bug("no")
        self.driver.feed(FIRST)
        self.assertEqual(self.core.events, [FIRST])
        self.alarms()

    def test_an_unsound_core_leaves(self) -> None:
        """If they do not hold after a failure the node leaves in order, and is told so once."""
        self.core.answers = lambda event: Bug("no") if isinstance(event, LoadSampled) else [HEARTBEAT]
        self.core.broken = ("1 job is booked, 0 are running",)
        self.driver.feed(FIRST)
        self.driver.feed(SECOND)
        self.assertEqual(self.core.events, [FIRST, LeaveWanted("the daemon's own check"), SECOND])
        self.assertEqual(self.done, [HEARTBEAT])
        self.alarms()

    def test_the_check_is_asked_after_a_failure_only(self) -> None:
        """In ordinary times nobody asks whether the core is sound."""
        self.core.broken = Bug("not to be asked")
        self.driver.feed(FIRST)
        self.assertEqual(self.alarms(), [])

    def test_a_check_that_fails_is_no_good_sign(self) -> None:
        """A core that cannot even be checked leaves."""
        self.core.answers = lambda event: Bug("no") if event is FIRST else []
        self.core.broken = Bug("cannot look")
        self.driver.feed(FIRST)
        self.assertEqual(self.core.events, [FIRST, LeaveWanted("the daemon's own check")])
        self.assertEqual(self.alarms(), ["no"])
        self.assertEqual(self.driver.failures, 2)

    def test_a_deadline_whose_handling_fails_is_tried_again(self) -> None:
        """After a tenth of a second, so the heart does not stop and does not race."""
        self.core.deadline = 5.0
        self.core.answers = lambda event: Bug("no") if isinstance(event, DeadlinePassed) else []
        self.driver.feed(Started())
        self.clock.advance(5)
        self.assertAlmostEqual(self.due()[0], AFTER_FAILURE)
        self.driver.feed(FIRST)
        self.assertAlmostEqual(self.due()[0], AFTER_FAILURE)
        self.core.answers = lambda _: []
        self.core.deadline = 9.0
        self.clock.advance(AFTER_FAILURE)
        self.assertAlmostEqual(self.clock.seconds() + self.due()[0], 9.0)
        self.alarms()

    def test_no_deadline_is_no_reason_to_stop(self) -> None:
        """A core that cannot name its deadline is called again soon."""
        self.core.deadline = Bug("lost")
        self.driver.feed(FIRST)
        self.assertAlmostEqual(self.due()[0], AFTER_FAILURE)
        self.assertEqual(self.alarms(), ["lost"])

    def test_an_action_that_breaks_keeps_no_other_from_being_done(self) -> None:
        """The actions after it are carried out, events that wait are handled, the timer is set."""

        def perform(action: Action) -> None:
            if action is HEARTBEAT:
                raise Bug("broken medium")
            self.done.append(action)
            driver.feed(SECOND)

        self.core.answers = lambda event: [HEARTBEAT, WORDS] if event is FIRST else []
        driver = Driver(self.core, self.clock, perform)
        driver.feed(FIRST)
        self.assertEqual(self.done, [WORDS])
        self.assertEqual(self.core.events, [FIRST, SECOND])
        self.assertEqual(len(self.due()), 1)
        self.assertEqual(self.alarms(), ["broken medium"])
