# -*- test-case-name: tests.control.test_operations -*-
"""
Operations as plain values.
"""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Outcome, Verb
from hatwist.control.operations import operation_report
from hatwist.resources.operations import Operation


class ReportTests(SynchronousTestCase):
    """L{operation_report}."""

    def test_plain_values(self) -> None:
        """Everything is there, times to the millisecond, and all of it can be encoded."""
        when, took = 1767225600.12345, 2.00049
        words = ("recover", "httpd", Verb.START, Outcome.FAILED)
        operation = Operation(when, *words, took, "so", 5, output="\udcff")
        report = operation_report(operation)
        self.assertEqual(
            report,
            {
                "when": 1767225600.123,
                "order": "recover",
                "resource": "httpd",
                "verb": "start",
                "outcome": "failed",
                "took": 2.0,
                "status": 5,
                "timed_out": False,
                "words": "so",
                "output": "?",
                "times": 1,
            },
        )
        self.assertEqual(json.loads(json.dumps(report)), report)
