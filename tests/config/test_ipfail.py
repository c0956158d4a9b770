# -*- test-case-name: tests.config.test_ipfail -*-
"""
The lines of ha.cf that mean ipfail.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.check import Seen, check_hacf
from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.ipfail import damping, plays
from hatwist.config.model import NodeName, Position, Respawn, Seconds

BASE = "bcast eth0 eth1\nnode a b\nkeepalive 1\ndeadtime 10\nauto_failback on\n"


def child(command: str) -> Respawn:
    """Make a line of respawn."""
    return Respawn("hacluster", command, Position("ha.cf"))


class DampingTests(SynchronousTestCase):
    """What C{-d} says."""

    def damping(self, *commands: str) -> Seconds | None:
        """Return what some lines of respawn mean."""
        return damping(child(command) for command in commands)

    def test_which_programs(self) -> None:
        """The name counts, wherever the program is."""
        for command in ("/usr/lib/heartbeat/ipfail", "/usr/lib64/heartbeat/pingd -m 100", "/x/ipfail"):
            self.assertTrue(plays(child(command)))
        for command in ("/usr/lib/heartbeat/ccm", "/x/ipfail2", "/ipfail/x"):
            self.assertFalse(plays(child(command)))

    def test_times(self) -> None:
        """Seconds, or with a unit; the longest of several."""
        self.assertIsNone(self.damping("/x/dopd -d 5s"))
        self.assertEqual(self.damping("/x/ipfail"), 0.0)
        for words, seconds in (("-d 5s", 5.0), ("-d5", 5.0), ("-m 9 -d 500ms", 0.5), ("-d 2m", 120.0)):
            self.assertEqual(self.damping(f"/x/pingd {words}"), seconds)
        self.assertEqual(self.damping("/x/pingd -d", "/x/pingd -d 3", "/x/pingd -d 2"), 3.0)


class CheckTests(SynchronousTestCase):
    """What is said about them."""

    def found(self, text: str) -> list[str]:
        """Return what is found in ha.cf."""
        findings = Findings()
        check_hacf(read_hacf(text, "ha.cf", findings, NodeName("a")), Seen(NodeName("a")), findings)
        return [str(one) for one in findings.ordered()]

    def test_it_is_ours(self) -> None:
        """A note says that the program is not run."""
        found = self.found(f"{BASE}ping 192.0.2.1\nrespawn hacluster /usr/lib/heartbeat/ipfail\n")
        notes = [note for note in found if "respawn" in note or "ipfail" in note]
        self.assertEqual(len(notes), 1)
        self.assertIn("respawn: ipfail is a part of hatwist, and is not run", notes[0])

    def test_it_does_nothing(self) -> None:
        """Without ping nodes, and with legacy; and a time that is none."""
        text = BASE.replace("auto_failback on", "auto_failback legacy")
        found = "\n".join(self.found(f"{text}respawn hacluster /usr/lib/heartbeat/pingd -d soon\n"))
        self.assertIn("pingd without a ping node", found)
        self.assertIn("pingd does nothing with auto_failback legacy", found)
        self.assertIn("has no time after -d; 0 is taken", found)
