# -*- test-case-name: tests.resources.test_stock -*-
"""
Which scripts are heartbeat's own.
"""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from hatwist.resources.stock import MAX_SIZE, StockScripts, digest
from tests.resources.fakes import temporary, write_program

INSTALLED = Path("/etc/ha.d/resource.d")
NAMES = ("IPaddr", "IPaddr2", "IPv6addr")


class StockTests(SynchronousTestCase):
    """L{StockScripts}."""

    def setUp(self) -> None:
        self.directory = temporary(self)
        self.stock = StockScripts()

    def installed(self, name: str) -> str:
        """Return one of heartbeat's own scripts."""
        try:
            return (INSTALLED / name).read_text()
        except FileNotFoundError:
            raise SkipTest("heartbeat 3.0.6 is not installed") from None

    def test_what_counts(self) -> None:
        """Comments, blank lines, indentation and the place of the functions do not count; the rest does."""
        plain = b". hto-mapfuncs\nip=$1\nrun $2"
        dressed = b"#!/bin/sh\n# by somebody\n\n . /etc/ha.d/resource.d//hto-mapfuncs\n\tip=$1\nrun  $2\n"
        self.assertEqual(digest(dressed), digest(plain))
        self.assertNotEqual(digest(dressed + b"logger done\n"), digest(plain))

    def test_heartbeats_own(self) -> None:
        """Each is known wherever it is installed, until somebody changes it; and known again."""
        for name in NAMES:
            text = self.installed(name)
            path = write_program(self.directory, name, "")
            for changed, expected in ((text, True), (text.replace("$2", "$3"), False), (text, True)):
                Path(path).write_text(changed.replace("/etc/ha.d", "/usr/local/etc/ha.d"))
                os.utime(path, ns=(0, len(changed) + expected))
                self.assertEqual(path in self.stock, expected, (name, expected))

    def test_others(self) -> None:
        """An administrator's, one of any length, and one that is gone are none of heartbeat's."""
        self.assertNotIn(write_program(self.directory, "IPaddr", "exec ip address add $1"), self.stock)
        self.assertNotIn(write_program(self.directory, "IPaddr2", "#" * MAX_SIZE), self.stock)
        self.assertNotIn("/nowhere/IPaddr", self.stock)
