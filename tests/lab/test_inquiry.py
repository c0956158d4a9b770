# -*- test-case-name: tests.lab.test_inquiry -*-
"""
Daemons are asked from outside of their hosts.
"""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.configuration import address_only, ha_cf
from scripts.lab.inquiry import Inquiry
from scripts.lab.remote import LabError
from tests.lab.base import SETTLED, TwoNodesTestCase


class NobodyTests(SynchronousTestCase):
    """No lab is needed to find nobody."""

    def test_nobody_listens(self) -> None:
        """It is said which socket, again and again, in one process."""
        inquiry = Inquiry()
        self.addCleanup(inquiry.close)
        for name in ("one", "two"):
            problem = self.assertRaises(LabError, inquiry.status, Path(self.mktemp()) / name)
            self.assertIn(f"/{name}", str(problem))


class InquiryTests(TwoNodesTestCase):
    """Two daemons in their hosts."""

    def test_each_speaks_for_itself(self) -> None:
        """What is asked from outside is what hatwistctl shows inside."""
        self.boot(address_only(ha_cf()))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.assertEqual([one.status()["node"] for one in (self.one, self.two)], ["node01", "node02"])
        code, text = self.one.control("status", "--json")
        self.assertEqual((code, '"node": "node01"' in text), (0, True))
        self.two.stop()
        self.assertRaises(LabError, self.two.status)
