# -*- test-case-name: tests.cli.test_fence -*-
"""
Fencing as an operator reads it.
"""

from __future__ import annotations

import json
from io import StringIO

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.fence import show_fencing
from hatwist.cli.options import FenceOptions
from hatwist.control.client import DeviceReport, FencingReport

PDU: DeviceReport = {"name": "pdu", "type": "baytech", "well": True, "words": "", "checked": 1767225600.0}
FENCED: FencingReport = {
    "target": "node02",
    "asker": "node01",
    "why": "no status for 1.0 s",
    "when": 1767225600.125,
    "outcome": "confirmed",
    "by": "pdu",
    "words": "done",
    "took": 1.25,
}


class FenceTests(SynchronousTestCase):
    """C{hatwistctl fence}."""

    def shown(self, devices: list[DeviceReport], fencings: list[FencingReport]) -> list[str]:
        """Return what is written."""
        out = StringIO()
        show_fencing(devices, fencings, out, as_json=False)
        return out.getvalue().splitlines()

    def test_words(self) -> None:
        """A line for each device, and one for each fencing."""
        broken: DeviceReport = {**PDU, "well": False, "words": "no answer"}
        failed: FencingReport = {**FENCED, "outcome": "failed", "by": "", "words": ""}
        lines = self.shown([PDU, broken], [FENCED, failed])
        self.assertEqual(
            lines[:2], ["device pdu (baytech): answers", "device pdu (baytech): does not answer: no answer"]
        )
        ended = "node01 fenced node02: confirmed by pdu after 1.2 s (done); why: no status for 1.0 s"
        self.assertIn(ended, lines[2])
        self.assertIn("node01 fenced node02: failed after 1.2 s; why: no status for 1.0 s", lines[3])

    def test_nothing(self) -> None:
        """Without any device that is said."""
        self.assertEqual(self.shown([], []), ["No fencing device is configured."])

    def test_for_programs(self) -> None:
        """One object."""
        out = StringIO()
        show_fencing([PDU], [FENCED], out, as_json=True)
        self.assertEqual(json.loads(out.getvalue()), {"devices": [PDU], "fencings": [FENCED]})

    def test_options(self) -> None:
        """Nothing, or confirm and a node."""
        for words, node in (([], ""), (["confirm", "node02"], "node02")):
            options = FenceOptions()
            options.parseOptions(words)
            self.assertEqual(options["node"], node)
        for wrong in (["confirm"], ["node02"], ["confirm", "a", "b"]):
            options = FenceOptions()
            self.assertRaises(UsageError, options.parseOptions, wrong)
