# -*- test-case-name: tests.lab.test_soak_complaints -*-
"""
The lines of a log that complain.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.soak.complaints import REFERENCE, load, merge, parse, pattern, patterns, render

LOG = """\
Nov 25 19:43:39 node02 heartbeat: [55]: info: glib: UDP Broadcast heartbeat started on port 694 interface eth1
Nov 25 19:43:39 node02 heartbeat: [55]: ERROR: Irretrievably lost packet: node node01 seq 17
Nov 25 19:43:40 node02 heartbeat: [55]: ERROR: Irretrievably lost packet: node node01 seq 18
Nov 25 19:43:41 node02 heartbeat: [55]: WARN: node node01: is dead
Nov 25 19:43:42 node02 heartbeat: [55]: CRIT: Cluster node node01 returning after partition.
2026/11/25_19:43:50  ResourceManager(default)[345]:    ERROR: Return code 1 from /etc/ha.d/resource.d/IPaddr2
2026/11/25_19:43:50  /usr/lib//heartbeat/IPaddr2(IPaddr2_172.16.0.211)[128]:    ERROR: [172.16.0.211/24] 0xa1f
"""


class PatternTests(SynchronousTestCase):
    """What a line complains of, without what differs from run to run."""

    def test_patterns(self) -> None:
        """Each once: where from, how serious, the text without names, numbers, paths."""
        self.assertEqual(
            patterns(LOG),
            [
                "heartbeat: ERROR: Irretrievably lost packet: node NODE seq N",
                "heartbeat: CRIT: Cluster node NODE returning after partition.",
                "ResourceManager: ERROR: Return code N from PATH",
                "IPaddr2: ERROR: [ADDRESS] N",
            ],
        )

    def test_lines_that_do_not_complain(self) -> None:
        """A warning is none, nor a word that only looks like one."""
        self.assertIsNone(pattern("Nov 25 19:43:41 node02 heartbeat: [55]: WARN: node node01: is dead"))
        self.assertIsNone(pattern("Nov 25 19:43:41 node02 heartbeat: [55]: info: 0 ERRORS"))

    def test_lines_of_no_known_form(self) -> None:
        """They complain as a whole."""
        self.assertEqual(pattern("Traceback (most recent call last):"), "Traceback (most recent call last):")
        self.assertEqual(pattern("send_arp[12]: ERROR: no eth0\n"), "send_arp[N]: ERROR: no ethN")


class ReferenceTests(SynchronousTestCase):
    """The file of what heartbeat itself complains of."""

    def test_written_and_read(self) -> None:
        """What is written is read back; comments and empty lines are left out."""
        reference = {"death node01": frozenset({"one", "two"}), "start": frozenset({"one"})}
        text = render(reference)
        self.assertTrue(text.startswith("# "))
        self.assertTrue(text.endswith("death node01\tone\ndeath node01\ttwo\nstart\tone\n"))
        self.assertEqual(parse(text + "\n"), reference)

    def test_merged(self) -> None:
        """Several runs make one file."""
        one, two = {"start": frozenset({"a"})}, {"start": frozenset({"b"}), "death": frozenset({"c"})}
        self.assertEqual(merge([one, two]), {"start": frozenset({"a", "b"}), "death": frozenset({"c"})})

    def test_the_one_that_is_kept(self) -> None:
        """It is as it would be written."""
        self.assertEqual(render(load()), REFERENCE.read_text())
