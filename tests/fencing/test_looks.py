# -*- test-case-name: tests.fencing.test_looks -*-
"""
Whether the devices answer.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.fencing.dialects import Order
from hatwist.fencing.looks import FRESH, Looks
from hatwist.fencing.memory import MemoryDevice
from hatwist.fencing.results import DeviceStatus
from hatwist.fencing.turns import Turn
from tests.fencing.fakes import NO, memory
from tests.resources.fakes import LogBook


class LookTests(SynchronousTestCase):
    """L{Looks}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = LogBook()

    def looks(self, *devices: MemoryDevice) -> Looks:
        """Make one."""
        turns = [Turn(device, self.clock) for device in devices]
        return Looks(turns, self.clock, lambda: 1000.0, self.log)

    def test_now_and_then(self) -> None:
        """It looks at once and at each interval, and says what does not answer in heartbeat's words."""
        pdu = memory("pdu", NO)
        looks = self.looks(pdu)
        looks.start(3600.0)
        self.assertEqual(
            self.log.lines(),
            [
                "debug: Checking status of STONITH device [pdu]",
                "ERROR: STONITH device pdu not operational!",
                "WARN: pdu: no",
            ],
        )
        self.clock.advance(3600.0)
        self.assertEqual(pdu.journal, [(Order.STATUS, "")] * 2)
        self.assertEqual(looks.known, {"pdu": DeviceStatus("pdu", "baytech", True, "", 1000.0)})
        looks.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_never_often(self) -> None:
        """What a device said a moment ago is good enough for whoever asks."""
        pdu = memory("pdu")
        looks = self.looks(pdu)
        first = self.successResultOf(looks.ask())
        self.clock.advance(FRESH - 1)
        self.assertEqual(self.successResultOf(looks.ask()), first)
        self.assertEqual(len(pdu.journal), 1)
        self.clock.advance(1)
        self.successResultOf(looks.ask())
        self.assertEqual(len(pdu.journal), 2)

    def test_one_answer_for_all(self) -> None:
        """Who asks while the devices are being asked gets the same answer; who gives up gets none."""
        pdu = memory("pdu", slow=True)
        looks = self.looks(pdu)
        asked = [looks.ask() for _ in range(3)]
        asked[1].cancel()
        self.failureResultOf(asked[1])
        pdu.answer()
        self.assertEqual(self.successResultOf(asked[0]), self.successResultOf(asked[2]))
        self.assertEqual(len(pdu.journal), 1)

    def test_broken_off(self) -> None:
        """A look that a fencing broke off says nothing of the device."""
        pdu = memory("pdu", slow=True)
        turn = Turn(pdu, self.clock)
        looks = Looks([turn], self.clock, lambda: 1000.0, self.log)
        asked = looks.ask()
        turn.act(Order.RESET, "beta")
        self.assertEqual(self.successResultOf(asked), ())
        self.assertEqual(self.log.lines(Level.DEBUG), [])
