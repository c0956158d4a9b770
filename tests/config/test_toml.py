# -*- test-case-name: tests.config.test_toml -*-
"""
hatwist.toml.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.directive import Life
from hatwist.config.findings import Findings
from hatwist.config.model import Position, Settings
from hatwist.config.toml import KeySpec, find_key, parse_toml, read_tables

KEYS = (
    KeySpec("", "native", bool, "false", "A flag."),
    KeySpec("monitor", "interval", float, "120", "Seconds."),
    KeySpec("monitor", "count", int, "3", "A number."),
    KeySpec("witness", "url", str, "", "A place."),
)


class TomlTests(SynchronousTestCase):
    """A typed table of keys, and everything else is an error."""

    def setUp(self) -> None:
        self.findings = Findings()

    def found(self) -> list[str]:
        """Return code and place of each problem."""
        return [f"{one.code} {one.where}" for one in self.findings.problems]

    def test_nothing_said(self) -> None:
        """An empty file has the defaults."""
        self.assertEqual(parse_toml("# nothing\n", "f", self.findings), Settings(native=False, guardian=True))
        self.assertEqual(self.found(), [])

    def test_native(self) -> None:
        """The only key so far."""
        self.assertEqual(
            parse_toml("native = true\n", "f", self.findings), Settings(native=True, guardian=True)
        )
        self.assertEqual(self.found(), [])

    def test_later(self) -> None:
        """A key that does nothing yet is accepted, with a note."""
        later = KeySpec("", "rest", bool, "false", "Do nothing.", Life.LATER)
        self.assertEqual(read_tables("rest = true\n", "f", self.findings, (later,)), {("", "rest"): True})
        self.assertEqual(self.found(), ["not-active f:1:1"])

    def test_syntax(self) -> None:
        """A syntax error has its place."""
        parse_toml("a = 1\nb = \n", "f", self.findings)
        self.assertEqual(self.found(), ["toml-syntax f:2:5"])

    def test_yes_and_no(self) -> None:
        """Who writes yes or no, as in ha.cf, is told what a boolean looks like here."""
        for text, remedy in (
            ("native = yes\n", "write true"),
            ("native = off  # never\n", "write false"),
            ("native = maybe\n", ""),
            ("native yes\n", ""),
        ):
            findings = Findings()
            parse_toml(text, "f", findings)
            self.assertEqual([one.remedy for one in findings.problems], [remedy], text)

    def test_not_toml_at_all(self) -> None:
        """Bytes that are no text, and nesting without end, are errors as well."""
        parse_toml('a = "\udcff"', "f", self.findings)
        parse_toml("a = " + "[" * 100000, "f", self.findings)
        self.assertTrue(self.findings.fatal)

    def test_good_tables(self) -> None:
        """Keys of the right type are handed out by table and name."""
        text = 'native = true\n[monitor]\ninterval = 1.5\ncount = 2\n[witness]\nurl = "x"\n'
        self.assertEqual(
            read_tables(text, "f", self.findings, KEYS),
            {
                ("", "native"): True,
                ("monitor", "interval"): 1.5,
                ("monitor", "count"): 2,
                ("witness", "url"): "x",
            },
        )
        self.assertEqual(self.found(), [])

    def test_bad_tables(self) -> None:
        """Unknown tables and keys and wrong types are errors at their place, near names offered."""
        text = "nativ = true\n[monitr]\nx = 1\n[monitor]\nintervall = 3.0\ncount = true\n[witness]\nurl = 1\n"
        self.assertEqual(read_tables(text, "f", self.findings, KEYS), {})
        self.assertEqual(
            self.found(),
            [
                "unknown-key f:1:1",
                "unknown-table f:2:2",
                "unknown-key f:5:1",
                "wrong-type f:6:1",
                "wrong-type f:8:1",
            ],
        )
        remedies = [one.remedy for one in self.findings.problems]
        self.assertEqual(remedies[1], "did you mean monitor?")
        self.assertEqual(remedies[3:], ["write a whole number", "write a text in quotes"])

    def test_known_keys_are_listed(self) -> None:
        """Where nothing is near, all keys are listed with their tables."""
        read_tables("zzz = 1\n[yyy]\n", "f", self.findings, KEYS)
        known = "the keys are native, monitor.interval, monitor.count and witness.url"
        self.assertEqual([one.remedy for one in self.findings.problems], [known, known])

    def test_finding_keys(self) -> None:
        """A key is found under its table, also quoted or dotted."""
        text = 'a = 1\n[t]\na = 2\n  "b" = 3\n["u"]\nc = 4\nt2.x = 5\n[[v]]\n'
        for table, key, line, column in (
            ("", "a", 1, 1),
            ("t", "a", 3, 1),
            ("t", "b", 4, 3),
            ("u", "", 5, 2),
            ("u", "c", 6, 1),
            ("u", "t2", 7, 1),
            ("v", "", 8, 3),
        ):
            self.assertEqual(find_key(text, "f", table, key), Position("f", line, column))
        self.assertEqual(find_key("t.x = 1", "f", "t", ""), Position("f", 1, 1))
        self.assertEqual(find_key(text, "f", "t", "zzz"), Position("f"))
