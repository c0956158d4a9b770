# -*- test-case-name: tests.lab.test_past -*-
"""
What a real host knows of its past: after its daemon was killed, and after a script has failed.
"""

from __future__ import annotations

import json

from scripts.lab.configuration import ha_cf, web
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, TwoNodesTestCase

KEY = f"IPaddr::{VIRTUAL}/24/eth0"
JOURNAL = "/var/lib/hatwist/journal"
BROKEN = """#!/bin/sh
case $1 in
    status) echo stopped ;;
    stop) ;;
    *) echo "password=hunter2: no such certificate" >&2; exit 5 ;;
esac
"""
"A web server that does not start, and says why, and more than it should."


class PastTests(TwoNodesTestCase):
    """node01 has an address and a web server."""

    def asked(self, *words: str) -> str:
        """Return what C{hatwistctl} on node01 prints."""
        status, out = self.one.control(*words)
        self.assertEqual(status, 0, out)
        return out

    def test_a_killed_daemon(self) -> None:
        """What it decided is in the file, and the next daemon knows it."""
        self.boot(web(ha_cf(auto_failback="off")))
        before = self.asked("journal")
        self.assertIn(f"start {KEY} on node01", before)
        self.one.kill()
        self.assertTrue(self.asked("journal", "--file", JOURNAL).startswith(before))
        self.assertEqual(self.one.host.do("stat", "-c", "%a", JOURNAL).strip(), "600")
        self.one.start()
        self.one.await_log("info: Local status now set to: 'active'", SETTLED, 2)
        self.assertTrue(self.asked("journal").startswith(before))
        self.assertIn(f"start {KEY} on node01", self.asked("events"))
        generations = {one["generation"] for one in json.loads(self.asked("journal", "--json"))["entries"]}
        self.assertEqual(min(generations), self.one.status()["generation"] - 1)

    def test_a_start_that_fails(self) -> None:
        """ops shows what the script said, but no password."""
        self.boot(web(ha_cf(auto_failback="off")))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.calm()
        self.assertIn(f"start {KEY}: ok", self.asked("ops", KEY))
        self.asked("standby", "all")
        self.settle("node02")
        self.one.host.write("/etc/ha.d/resource.d/httpd", BROKEN, 0o755)
        status, _ = self.one.control("takeover", "all")
        self.assertEqual(status, 1)
        shown = self.asked("ops", KEY)
        self.assertRegex(shown, r"start httpd: failed, exit status 5, .*\n +password=\*\*\*")
        self.assertRegex(shown, r"stop httpd \(in a start\): ok, exit status 0, ")
        self.assertNotIn("hunter2", self.asked("ops", "--json"))
