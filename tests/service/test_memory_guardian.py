# -*- test-case-name: tests.service.test_memory_guardian -*-
"""
The guardian in memory decides like the real one.
"""

from __future__ import annotations

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.adoption import Inheritance
from hatwist.config.model import ResourceGroup
from hatwist.interfaces import IGuardian
from hatwist.service.memory_guardian import MemoryGuardian
from tests.cluster.builders import SQL, WEB


class MemoryGuardianTests(SynchronousTestCase):
    """L{MemoryGuardian}."""

    def setUp(self) -> None:
        self.clock = MemoryReactorClock()
        self.stopped: list[ResourceGroup] = []
        self.stops = True
        self.guardian = MemoryGuardian(self.clock, self.stop)

    def stop(self, group: ResourceGroup) -> bool:
        """Stop a group, or not."""
        self.stopped.append(group)
        return self.stops

    def entrust(self, *groups: ResourceGroup) -> list[bool]:
        """Entrust groups, say whether each may be started."""
        return [self.successResultOf(self.guardian.entrust(one)) for one in groups]

    def test_it_keeps_its_promise(self) -> None:
        """It is what the service takes it for, and a host without a watchdog."""
        self.assertTrue(verifyObject(IGuardian, self.guardian))
        self.assertEqual(self.guardian.armed, 0.0)

    def test_a_first_life(self) -> None:
        """It inherits nothing."""
        self.assertEqual(self.guardian.attach(), Inheritance(until=self.guardian.guard.deadline))

    def test_nothing_before_the_first_push(self) -> None:
        """Without a deadline nothing is started."""
        self.assertEqual(self.entrust(WEB), [False])

    def test_the_deadline_passes(self) -> None:
        """Everything is released then, once, and nothing is started."""
        self.guardian.push(10.0, solo=False)
        self.assertEqual(self.entrust(WEB, SQL), [True, True])
        self.clock.advance(9.9)
        self.assertEqual(self.stopped, [])
        self.clock.advance(0.2)
        self.assertEqual(self.stopped, [WEB, SQL])
        self.assertEqual(self.guardian.released, [WEB.key, SQL.key])
        self.assertEqual(self.entrust(WEB), [False])

    def test_a_push_puts_it_off(self) -> None:
        """The deadline is what was said last, also if that is nearer."""
        self.guardian.push(10.0, solo=False)
        self.entrust(WEB)
        self.clock.advance(9.0)
        self.guardian.push(20.0, solo=False)
        self.clock.advance(9.0)
        self.assertEqual(self.stopped, [])
        self.guardian.push(18.5, solo=False)
        self.clock.advance(0.5)
        self.assertEqual(self.stopped, [WEB])

    def test_released_by_the_daemon(self) -> None:
        """What the daemon has stopped is left alone."""
        self.guardian.push(10.0, solo=False)
        self.entrust(WEB)
        self.guardian.release(WEB.key)
        self.clock.advance(11.0)
        self.assertEqual(self.stopped, [])

    def test_the_next_life(self) -> None:
        """It inherits what is held, and until when."""
        self.guardian.push(10.0, solo=True)
        self.entrust(WEB)
        self.guardian.close()
        self.assertEqual(self.guardian.attach(), Inheritance(frozenset({WEB.key}), frozenset(), 10.0, True))
        self.clock.advance(10.0)
        self.assertEqual(self.stopped, [WEB])

    def test_what_could_not_be_released(self) -> None:
        """The next life hears of it, and not of what was released."""
        for stops, lapsed in ((False, {WEB.key}), (True, set[str]())):
            self.guardian = MemoryGuardian(self.clock, self.stop)
            self.stops = stops
            self.guardian.push(self.clock.seconds() + 10.0, solo=False)
            self.entrust(WEB)
            self.clock.advance(10.0)
            inheritance = self.guardian.attach()
            self.assertEqual((inheritance.keys, inheritance.lapsed), (set(), lapsed))

    def test_the_end(self) -> None:
        """With nothing entrusted it waits for nothing."""
        self.guardian.close()
        self.guardian.push(10.0, solo=False)
        self.guardian.close()
        self.guardian.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])
