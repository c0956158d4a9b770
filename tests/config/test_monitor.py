# -*- test-case-name: tests.config.test_monitor -*-
"""
What hatwist.toml says of how groups are watched.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.model import Monitoring, Monitors
from hatwist.config.monitor import check_monitors
from hatwist.config.toml import parse_toml
from tests.cluster.builders import SQL, WEB

WHOLE = """
[monitor]
interval = 10
timeout = 5
restart_within = 30
migration_threshold = 0
failure_timeout = 600

[monitor."10.0.0.1"]
interval = 1
timeout = 1
pidfiles = ["/run/a.pid", "/run/b.pid"]

[monitor.web]
interval = 0
"""


class MonitorTests(SynchronousTestCase):
    """C{[monitor]} and the tables under it."""

    def setUp(self) -> None:
        self.findings = Findings()

    def read(self, text: str) -> Monitors:
        """Read hatwist.toml."""
        return parse_toml(text, "f.toml", self.findings).monitors

    def found(self) -> list[str]:
        """Return place and text of what was found."""
        return [f"{one.where}: {one.text} ({one.remedy})" for one in self.findings.problems]

    def test_whole(self) -> None:
        """What a group does not say is as for all; a key with dots is in quotes."""
        monitors = self.read(WHOLE)
        self.assertEqual(monitors.usual, Monitoring(10.0, 5.0, 30.0, 0, 600.0))
        self.assertEqual(
            monitors.of("10.0.0.1"), Monitoring(1.0, 1.0, 30.0, 0, 600.0, ("/run/a.pid", "/run/b.pid"))
        )
        self.assertEqual(monitors.of("web"), Monitoring(0.0, 5.0, 30.0, 0, 600.0))
        self.assertIs(monitors.of("10.0.0.2"), monitors.usual)
        self.assertEqual(self.found(), [])

    def test_nothing_said(self) -> None:
        """Each group is looked at every two minutes."""
        self.assertEqual(self.read(""), Monitors())
        self.assertEqual(Monitors().of("any"), Monitoring(120.0, 20.0, 60.0, 3, 3600.0))

    def test_a_short_interval(self) -> None:
        """A look may take as long as there is until the next, unless something else is said."""
        self.assertEqual(self.read("[monitor]\ninterval = 2").usual, Monitoring(2.0, 2.0))
        self.assertEqual(self.found(), [])

    def test_nonsense(self) -> None:
        """Each has its line and what would be right; the default takes its place."""
        monitors = self.read(
            "[monitor]\ninterval = 0.5\nmigration_threshold = -1\n"
            '[monitor."10.0.0.1"]\ninterval = 5\ntimeout = 6\nfailure_timeout = 0'
        )
        self.assertEqual(monitors.usual, Monitoring())
        self.assertEqual(
            self.found(),
            [
                "f.toml:2:1: interval is out of range (0, or a second and more)",
                "f.toml:3:1: migration_threshold is out of range (a number from 0 to 1000)",
                "f.toml:6:1: a look every 5 s that may take 6 s (timeout must not be longer than interval)",
                "f.toml:7:1: failure_timeout is out of range (seconds, from 1 to 3.1536e+07)",
            ],
        )

    def test_pidfiles(self) -> None:
        """Full paths, not too many, of a group that is looked at; only a group has any."""
        many = ", ".join(f'"/{number}"' for number in range(17))
        for text, found in (
            (
                '[monitor.web]\npidfiles = ["run/x"]',
                "2:1: pidfiles: run/x is not a full path (write it from / on)",
            ),
            (f"[monitor.web]\npidfiles = [{many}]", "2:1: pidfiles: 17 files (at most 16)"),
            (
                '[monitor.web]\npidfiles = ["/x"]\ninterval = 0',
                "2:1: pidfiles of a group that nobody looks at"
                " (interval must not be 0: whoever ends is a reason to look)",
            ),
        ):
            self.findings = Findings()
            self.assertEqual(self.read(text).of("web").pidfiles, ())
            self.assertEqual(self.found(), [f"f.toml:{found}"])
        self.findings = Findings()
        self.read('[monitor]\npidfiles = ["/x"]')
        self.assertIn("unknown key pidfiles", self.found()[0])

    def test_unknown_keys(self) -> None:
        """Under a group's table, too."""
        self.read('[monitor."10.0.0.1"]\nintervall = 5')
        self.assertEqual(self.found(), ["f.toml:2:1: unknown key intervall (did you mean interval?)"])

    def test_groups(self) -> None:
        """A table for a group that is not in haresources is an error."""
        check_monitors(self.read(WHOLE), (WEB, SQL), self.findings)
        (text,) = self.found()
        self.assertIn("f.toml:14:2: there is no group web", text)
        self.assertIn(WEB.key, text)

    def test_no_groups(self) -> None:
        """There is nothing to choose from then."""
        check_monitors(self.read("[monitor.web]\ninterval = 0"), (), self.findings)
        self.assertEqual(self.found(), ["f.toml:1:2: there is no group web ()"])
