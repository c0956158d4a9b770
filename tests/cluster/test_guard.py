# -*- test-case-name: tests.cluster.test_guard -*-
"""
The guardian's decisions.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.guard import HELD, LAPSED, NEVER, RELEASED, STUCK, Guard


def guard(deadline: float = 10.0, *keys: str) -> Guard:
    """Make one that holds some groups."""
    one = Guard()
    assert one.push(deadline, False, 0.0)
    assert all(one.entrust(key, 0.0) for key in keys)
    return one


class EntrustTests(SynchronousTestCase):
    """What may be started."""

    def test_nothing_before_the_first_push(self) -> None:
        """Without a deadline nothing may run."""
        one = Guard()
        self.assertEqual(one.deadline, NEVER)
        self.assertFalse(one.entrust("www", 0.0))
        self.assertEqual(one.held, ())

    def test_before_the_deadline(self) -> None:
        """It may be started, once and again."""
        one = guard(10.0, "www", "www")
        self.assertEqual(one.held, ("www",))
        self.assertTrue(one.entrust("mail", 9.9))
        self.assertFalse(one.entrust("disk", 10.0))
        self.assertEqual(one.groups, {"www": HELD, "mail": HELD})

    def test_not_beside_what_has_lapsed(self) -> None:
        """As long as something is being released, nothing is started."""
        one = guard(10.0, "www")
        one.look(10.0)
        one.push(30.0, False, 11.0)
        self.assertFalse(one.entrust("mail", 12.0))


class PushTests(SynchronousTestCase):
    """The deadline moves."""

    def test_forward_and_back(self) -> None:
        """It is what was said last: a peer that appears brings it nearer."""
        one = guard(10.0, "www")
        self.assertTrue(one.push(30.0, True, 9.0))
        self.assertTrue(one.solo)
        self.assertTrue(one.push(15.0, False, 9.5))
        self.assertEqual((one.deadline, one.solo), (15.0, False))

    def test_read_late(self) -> None:
        """What was said in time counts, however late it is read."""
        one = guard(10.0, "www")
        self.assertTrue(one.push(12.0, False, 9.9))
        self.assertTrue(one.push(14.0, False, 11.9))
        self.assertEqual(one.look(13.0), ())

    def test_said_too_late(self) -> None:
        """Who was frozen beyond the deadline cannot push it."""
        one = guard(10.0, "www")
        self.assertFalse(one.push(20.0, False, 10.0))
        self.assertEqual(one.look(10.0), ("www",))

    def test_nothing_held(self) -> None:
        """With nothing entrusted it is never too late."""
        one = guard(10.0)
        self.assertTrue(one.push(60.0, False, 50.0))
        self.assertEqual(one.look(60.0), ())


class LapseTests(SynchronousTestCase):
    """The deadline passes."""

    def test_once(self) -> None:
        """Everything is to be released, and each is named once."""
        one = guard(10.0, "www", "mail")
        self.assertEqual(one.look(9.9), ())
        self.assertEqual(one.look(10.0), ("www", "mail"))
        self.assertEqual(one.look(10.1), ())
        self.assertEqual(one.groups, {"www": LAPSED, "mail": LAPSED})
        self.assertTrue(one.lapsed)
        self.assertEqual(one.held, ())

    def test_how_it_ends(self) -> None:
        """It is released or stuck; what was not asked for changes nothing."""
        one = guard(10.0, "www", "mail")
        one.look(10.0)
        one.finished("www", True)
        one.finished("mail", False)
        one.finished("disk", True)
        self.assertEqual(one.groups, {"www": RELEASED, "mail": STUCK})
        one.finished("mail", True)
        one.finished("www", False)
        self.assertEqual(one.groups, {"www": RELEASED, "mail": RELEASED})

    def test_a_new_daemon(self) -> None:
        """It hears of what is not released yet; what is released is forgotten."""
        one = guard(10.0, "www", "mail", "disk")
        one.look(10.0)
        one.finished("www", True)
        one.finished("mail", False)
        self.assertEqual(one.attach(), ("mail", "disk"))
        self.assertEqual(one.groups, {"mail": STUCK, "disk": LAPSED})

    def test_pushed_meanwhile(self) -> None:
        """What was pushed before all was released counts from then on."""
        one = guard(10.0, "www", "mail")
        one.look(10.0)
        self.assertFalse(one.push(20.0, False, 11.0))
        self.assertFalse(one.push(22.0, True, 12.0))
        one.release("www")
        self.assertEqual(one.deadline, 10.0)
        one.release("mail")
        self.assertEqual((one.deadline, one.solo), (22.0, True))
        self.assertTrue(one.entrust("www", 13.0))

    def test_a_daemon_that_was_told_nothing(self) -> None:
        """A guardian whose groups run goes on with them."""
        one = guard(10.0, "www")
        self.assertEqual(one.attach(), ())
        self.assertEqual(one.held, ("www",))


class WatchdogTests(SynchronousTestCase):
    """Whether it is fed."""

    def test_in_order(self) -> None:
        """While the deadline is ahead, and when nothing is held."""
        self.assertTrue(Guard().feeds(100.0, 0.0))
        self.assertTrue(guard(10.0, "www").feeds(9.0, 0.0))

    def test_while_it_is_released(self) -> None:
        """As long as the stops may take, not longer."""
        one = guard(10.0, "www")
        self.assertTrue(one.feeds(12.0, 5.0))
        self.assertFalse(one.feeds(15.0, 5.0))
        one.look(10.0)
        self.assertTrue(one.feeds(12.0, 5.0))
        self.assertFalse(one.feeds(15.0, 5.0))
        one.finished("www", True)
        self.assertTrue(one.feeds(15.0, 5.0))

    def test_given_up(self) -> None:
        """Nor what the daemon cannot stop; of what is not entrusted it knows nothing."""
        one = guard(10.0, "www")
        one.give_up("mail")
        self.assertTrue(one.feeds(5.0, 100.0))
        one.give_up("www")
        self.assertFalse(one.feeds(5.0, 100.0))
        one.release("www")
        self.assertTrue(one.feeds(5.0, 100.0))

    def test_stuck(self) -> None:
        """What cannot be released is for the watchdog."""
        one = guard(10.0, "www")
        one.look(10.0)
        one.finished("www", False)
        self.assertFalse(one.feeds(10.0, 100.0))
