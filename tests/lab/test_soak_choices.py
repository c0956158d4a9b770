# -*- test-case-name: tests.lab.test_soak_choices -*-
"""
What a cluster under test is made of.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.soak.choices import MIXED, PAIR, Auth, Choice, Failback, Medium, every, peer


class ChoiceTests(SynchronousTestCase):
    """A choice, its name and its files."""

    def test_there_are_54_mixed_ones(self) -> None:
        """Three media, three signatures, three ways to fail back, two primaries."""
        self.assertEqual(len(set(every(MIXED))), 54)
        self.assertEqual(len(set(every(PAIR))), 27)

    def test_name(self) -> None:
        """A name tells everything, and is read back."""
        choice = Choice(Medium.MCAST, Auth.SHA1, Failback.LEGACY, MIXED[1])
        self.assertEqual(choice.name, "mcast,sha1,legacy,heartbeat+hatwist")
        for choice in every(MIXED):
            self.assertEqual(Choice.parse(choice.name), choice)

    def test_name_of_nothing(self) -> None:
        """Anything else is an error."""
        for name in (
            "",
            "bcast,crc,on",
            "bcast,rot13,on,hatwist+hatwist",
            "bcast,crc,on,hatwist",
            "a,b,c,d+e",
        ):
            self.assertRaises(ValueError, Choice.parse, name)

    def test_files(self) -> None:
        """What is chosen stands in ha.cf and authkeys."""
        files = Choice(Medium.UCAST, Auth.CRC, Failback.OFF, MIXED[0]).configuration()
        for line in ("ucast eth1 172.16.20.208", "ucast eth1 172.16.20.209", "auto_failback off"):
            self.assertIn(f"{line}\n", files.ha_cf)
        self.assertEqual(files.authkeys, "auth 1\n1 crc\n")
        self.assertEqual([line.split()[0] for line in files.haresources.splitlines()], ["node01", "node02"])

    def test_peer(self) -> None:
        """There are two nodes."""
        self.assertEqual([peer("node01"), peer("node02")], ["node02", "node01"])
