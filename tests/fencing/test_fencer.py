# -*- test-case-name: tests.fencing.test_fencer -*-
"""
A fencing from its beginning to its end.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.config.model import Fencing, NodeName
from hatwist.fencing.dialects import Order
from hatwist.fencing.fencer import MAX_HISTORY, Fencer
from hatwist.fencing.memory import MemoryDevice
from hatwist.fencing.plan import PERIOD
from hatwist.fencing.results import Answer, FenceOutcome, FenceResult
from tests.fencing.conformance import ALPHA, BETA, FencerConformance
from tests.fencing.fakes import NO, SILENT, memory
from tests.resources.fakes import LogBook

YES = FenceOutcome.CONFIRMED


class BrokenDevice(MemoryDevice):
    """A device with a bug."""

    def run(self, order: Order, host: str, timeout: float) -> Deferred[Answer]:
        return fail(RuntimeError("a bug"))


class BrokenAfterwards(MemoryDevice):
    """A device with a bug in what it does last."""

    def run(self, order: Order, host: str, timeout: float) -> Deferred[Answer]:
        return fail(RuntimeError("a bug")) if order is Order.ON else super().run(order, host, timeout)


class FencerTests(SynchronousTestCase):
    """L{Fencer}, with devices in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = LogBook()

    def fencer(self, *devices: MemoryDevice, settings: Fencing | None = None) -> Fencer:
        """Make the fencer of alpha."""
        return Fencer(ALPHA, settings or Fencing(), devices, self.clock, lambda: 1000.0, self.log)

    def fence(self, fencer: Fencer, node: NodeName = BETA) -> FenceResult:
        """Fence a node whose devices answer at once."""
        return self.successResultOf(fencer.fence(node, "silent for 30 s"))

    def test_confirmed(self) -> None:
        """A device that says yes confirms, in heartbeat's words."""
        pdu = memory("pdu", Answer(YES, "rebooted"))
        self.assertEqual(self.fence(self.fencer(pdu)), FenceResult(YES, "pdu", "pdu: rebooted"))
        self.assertEqual(pdu.journal, [(Order.RESET, "beta")])
        expected = ["info: Resetting node beta with [pdu]", "info: node beta now reset."]
        self.assertEqual(self.log.lines(), expected)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_tried_again(self) -> None:
        """A device that fails is tried again after a pause."""
        pdu = MemoryDevice(memory("pdu", retries=2).spec, [NO, NO])
        done = self.fencer(pdu).fence(BETA, "silent")
        self.clock.advance(1.0)
        self.assertNoResult(done)
        self.clock.advance(2.0)
        self.assertEqual(self.successResultOf(done).outcome, YES)
        self.assertEqual(
            self.log.lines(Level.WARN)[:4],
            [
                "info: Resetting node beta with [pdu]",
                "ERROR: Host beta not reset!",
                "info: STONITH of beta failed.  Retrying...",
                "info: Resetting node beta with [pdu]",
            ],
        )

    def test_next_level(self) -> None:
        """When a level fails the next is tried; the last one's devices are named."""
        first, second = memory("ipmi", NO), memory("pdu", level=2)
        result = self.fence(self.fencer(first, second))
        self.assertEqual((result.outcome, result.by), (YES, "pdu"))

    def test_all_of_a_level(self) -> None:
        """One power supply off is not enough; with both off the power comes back."""
        a, b = memory("pdu-a"), memory("pdu-b", NO)
        self.assertEqual(
            self.fence(self.fencer(a, b)),
            FenceResult(NO.outcome, "pdu-a+pdu-b", "pdu-a: confirmed; pdu-b: no"),
        )
        self.assertEqual(a.journal, [(Order.OFF, "beta")])
        a, b = memory("pdu-a"), memory("pdu-b")
        self.assertTrue(self.fence(self.fencer(a, b)).confirmed)
        self.assertEqual(a.journal + b.journal, [(Order.OFF, "beta"), (Order.ON, "beta")] * 2)

    def test_power_that_does_not_come_back(self) -> None:
        """It is said, and changes nothing: the node is fenced."""
        a, b = memory("pdu-a", Answer(YES), NO), memory("pdu-b")
        self.assertTrue(self.fence(self.fencer(a, b)).confirmed)
        self.assertIn("WARN: pdu-a did not switch beta on again: no", self.log.lines())

    def test_failed_or_unknown(self) -> None:
        """If any device gave no answer the node may have been fenced: timed out, else failed."""
        self.assertEqual(self.fence(self.fencer(memory("pdu", NO))).outcome, FenceOutcome.FAILED)
        result = self.fence(self.fencer(memory("a", SILENT), memory("b", NO, level=2)))
        self.assertEqual(result, FenceResult(FenceOutcome.TIMED_OUT, "b", "a: its time was up; b: no"))

    def test_time_is_up(self) -> None:
        """A fencing ends within its time, whatever its devices do, and breaks off what goes on."""
        pdu = memory("pdu", slow=True)
        done = self.fencer(pdu).fence(BETA, "silent")
        self.clock.advance(299.9)
        self.assertNoResult(done)
        self.clock.advance(0.1)
        self.assertEqual(self.successResultOf(done).outcome, FenceOutcome.TIMED_OUT)
        self.assertEqual(pdu.waiting, [])

    def test_nobody_can(self) -> None:
        """Without a device that counts a fencing fails at once; a node does not fence itself."""
        nobody = self.fencer(memory("null", kind="null"))
        self.assertFalse(nobody.can_fence(BETA))
        self.assertEqual(self.fence(nobody).words, "no device that counts can fence it")
        self.assertEqual(self.fence(nobody, ALPHA).words, "a node does not fence itself")

    def test_devices_for_tests(self) -> None:
        """They count with test_fencing, which is a trouble to be shown."""
        fencer = self.fencer(memory("null", kind="null"), settings=Fencing(test_fencing=True))
        self.assertTrue(fencer.can_fence(BETA))
        self.assertTrue(self.fence(fencer).confirmed)
        self.assertEqual(fencer.troubles(), ("Fencing device null proves nothing: test_fencing is on.",))

    def test_a_person_says_so(self) -> None:
        """A person's word ends a fencing that goes on, whoever else is asked."""
        pdu = memory("pdu", slow=True)
        fencer = self.fencer(pdu)
        done = fencer.fence(BETA, "silent")
        self.assertEqual(len(fencer.troubles()), 1)
        self.assertTrue(fencer.confirm(BETA, "root"))
        self.assertEqual(self.successResultOf(done), FenceResult(YES, "root", "confirmed by a person"))
        self.assertEqual((pdu.waiting, fencer.troubles()), ([], ()))

    def test_three_times_then_a_person(self) -> None:
        """The fourth fencing within ten minutes uses no device; a person is asked."""
        pdu = memory("pdu")
        fencer = self.fencer(pdu)
        for _ in range(3):
            self.assertTrue(self.fence(fencer).confirmed)
        done = fencer.fence(BETA, "silent")
        self.assertNoResult(done)
        self.assertEqual(len(pdu.journal), 3)
        self.assertIn("CRIT: OPERATOR INTERVENTION REQUIRED to reset beta.", self.log.lines())
        fencer.confirm(BETA, "root")
        self.assertTrue(self.successResultOf(done).confirmed)
        self.clock.advance(PERIOD)
        self.assertTrue(self.fence(fencer).confirmed)
        self.assertEqual(len(pdu.journal), 4)

    def test_what_counts_towards_three(self) -> None:
        """A device that said no has fenced nobody; one that said nothing may have."""
        pdu = memory("pdu", *[NO] * 5, *[SILENT] * 3)
        fencer = self.fencer(pdu)
        for _ in range(8):
            self.fence(fencer)
        self.assertNoResult(fencer.fence(BETA, "silent"))
        self.assertEqual(len(pdu.journal), 8)

    def test_history(self) -> None:
        """Who was fenced, by whom, why, and how long it took, as plain values; bounded."""
        fencer = self.fencer(memory("pdu", slow=True))
        done = fencer.fence(BETA, "silent for 30 s")
        self.clock.advance(2.5)
        fencer.confirm(BETA, "root")
        self.successResultOf(done)
        expected: dict[str, str | float] = {
            "target": "beta",
            "asker": "alpha",
            "why": "silent for 30 s",
            "when": 1000.0,
            "outcome": "confirmed",
            "by": "root",
            "words": "confirmed by a person",
            "took": 2.5,
        }
        self.assertEqual([one.plain() for one in fencer.history()], [expected])
        none = self.fencer()
        for _ in range(MAX_HISTORY + 5):
            self.fence(none)
        self.assertEqual(len(none.history()), MAX_HISTORY)

    def test_a_broken_device(self) -> None:
        """A device that raises is a bug of ours; the fencing fails, and nothing hangs."""
        fencer = self.fencer(BrokenDevice(memory("pdu").spec))
        self.assertEqual(self.fence(fencer).words, "a device is broken: a bug")
        statuses = self.successResultOf(fencer.status())
        self.assertEqual([one.words for one in statuses], ["a device is broken: a bug"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)

    def test_a_broken_device_afterwards(self) -> None:
        """A device that raises when it is to switch on again changes nothing of what was confirmed."""
        one = BrokenAfterwards(memory("pdu-a").spec)
        result = self.fence(self.fencer(one, memory("pdu-b")))
        self.assertEqual(result.outcome, YES)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_stopped(self) -> None:
        """A fencer that is stopped fences nobody, and looks at nothing."""
        pdu = memory("pdu", slow=True)
        fencer = self.fencer(pdu)
        fencer.start()
        pdu.answer()
        done = fencer.fence(BETA, "silent")
        fencer.stop()
        self.assertEqual(self.successResultOf(done).words, "the node stops")
        self.assertEqual(self.fence(fencer).words, "the node stops")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_silent_device_is_a_trouble(self) -> None:
        """A device that does not answer a look is shown until it does."""
        fencer = self.fencer(memory("pdu", NO))
        fencer.start()
        self.assertEqual(fencer.troubles(), ("Fencing device pdu does not answer: no.",))
        self.clock.advance(3600.0)
        self.assertEqual(fencer.troubles(), ())
        fencer.stop()


class ConformanceTests(FencerConformance, SynchronousTestCase):
    """L{Fencer} does what every fencer does."""

    def make_fencer(self) -> Fencer:
        """Make one whose device never answers."""
        return Fencer(ALPHA, Fencing(), [memory("pdu", slow=True)], Clock(), lambda: 0.0, LogBook())
