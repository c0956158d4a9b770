# -*- test-case-name: tests.config.test_units -*-
"""
Units of systemd as resources.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.haresources import parse_haresources
from hatwist.config.programs import Programs, check_programs
from hatwist.config.units import RUNNING, check_loaded, unit_name
from tests.config.test_presence import FakeHost

FILES = (
    f"{RUNNING}/run-lab.service",
    "/lib/systemd/system/nginx.service",
    "/lib/systemd/system/postgresql@.service",
    "/lib/systemd/system/data.mount",
    "/etc/init.d/old*",
)


class MaskedHost(FakeHost):
    """A host on which the administrator has masked a unit of the distribution."""

    def is_device(self, path: str) -> bool:
        return path == "/lib/systemd/system/nginx.service"


class UnitTests(SynchronousTestCase):
    """What is no unit here is found before it is needed."""

    def check(self, words: str, host: FakeHost | None = None) -> list[str]:
        """Return what is said of the resources of one group."""
        findings = Findings()
        groups = parse_haresources(f"a {words}\n", "f", Findings())
        programs = Programs(("/r", "/i"), "/o", "/c", host or FakeHost(FILES))
        check_programs(groups, programs, findings)
        return [
            f"{one.gravity.value} {one.where.column}: {one.text} ({one.remedy})" for one in findings.problems
        ]

    def test_names(self) -> None:
        """A name without a kind is a service; a dot alone makes no kind."""
        for script, unit in (
            ("systemd:nginx", "nginx.service"),
            ("systemd:nginx.service", "nginx.service"),
            ("systemd:data.mount", "data.mount"),
            ("systemd:org.example", "org.example.service"),
            ("nginx", None),
            ("systemd", None),
        ):
            self.assertEqual(unit_name(script), unit)

    def test_words(self) -> None:
        """The word is one script without arguments, single colon and all."""
        (group,) = parse_haresources("a 10.0.0.1 systemd:nginx.service\n", "f", Findings())
        self.assertEqual(group.resources[1].script, "systemd:nginx.service")
        self.assertEqual(group.resources[1].arguments, ())

    def test_found(self) -> None:
        """With a file of its own, by its template, of another kind, or made of an init script."""
        self.assertEqual(
            self.check("systemd:nginx systemd:postgresql@15-main systemd:data.mount systemd:old"), []
        )

    def test_not_found(self) -> None:
        """What is nowhere is an error, with near names; once."""
        self.assertEqual(
            self.check("systemd:ngnix systemd:zzz systemd:zzz systemd:old.socket"),
            [
                "error 3: Cannot locate unit ngnix.service (did you mean nginx.service?)",
                "error 17: Cannot locate unit zzz.service (systemctl list-unit-files shows what there is)",
                "error 41: Cannot locate unit old.socket (systemctl list-unit-files shows what there is)",
            ],
        )

    def test_masked(self) -> None:
        """A masked unit could not be started."""
        self.assertEqual(
            self.check("systemd:nginx", MaskedHost(FILES)),
            ["error 3: the unit nginx.service is masked (systemctl unmask nginx.service)"],
        )

    def test_without_systemd(self) -> None:
        """Where systemd does not run its units cannot either."""
        (said,) = self.check("systemd:nginx", FakeHost(FILES[1:]))
        self.assertTrue(said.startswith("warning 3: [systemd:nginx]: systemd does not run here"), said)

    def test_no_unit(self) -> None:
        """Arguments, and names that lead elsewhere or look like an option, are refused."""
        for words, fault in (
            ("systemd:nginx::x", "a unit takes no arguments"),
            ("systemd:", "not a name that a unit can have"),
            ("systemd:-q", "not a name that a unit can have"),
            ("systemd:../x", "not a name that a unit can have"),
            ("systemd:" + "x" * 248, "not a name that a unit can have"),
        ):
            (said,) = self.check(words)
            self.assertIn(f"]: {fault} (write systemd:NAME.service)", said)

    def test_double_colon(self) -> None:
        """With the double colon of arguments it is no unit, and the right spelling is shown."""
        self.assertEqual(
            self.check("systemd::nginx"),
            ["error 3: Cannot locate resource script systemd (write systemd:nginx, with a single colon)"],
        )


class LoadedTests(SynchronousTestCase):
    """What systemd says of units when it is asked."""

    def check(self, said: str | None) -> list[str]:
        """Return what is said of two units, each asked for once."""
        self.asked: list[str] = []

        def run(*command: str) -> str | None:
            self.asked.append(" ".join(command))
            return said if "nginx" in command[-1] else "LoadState=loaded\nNeedDaemonReload=no\n"

        groups = parse_haresources(
            "a systemd:nginx systemd:nginx systemd:x systemd: httpd\n", "f", Findings()
        )
        findings = Findings()
        check_loaded(groups, run, findings)
        self.assertEqual(len(self.asked), 2)
        return [
            f"{one.gravity.value} {one.where.column}: {one.text} ({one.remedy})" for one in findings.problems
        ]

    def test_good(self) -> None:
        """What is loaded is fine; where systemd does not answer nothing is known."""
        for said in ("LoadState=loaded\nNeedDaemonReload=no\n", "LoadState=masked\n", "", None):
            self.assertEqual(self.check(said), [])
        self.assertEqual(self.asked[0], "systemctl show --property=LoadState,NeedDaemonReload nginx.service")

    def test_not_loaded(self) -> None:
        """A unit that systemd cannot load is a warning, with what to do."""
        self.assertEqual(
            self.check("LoadState=not-found\n"),
            [
                "warning 3: systemd cannot load the unit nginx.service: not-found "
                "(systemctl daemon-reload, if its file is there)"
            ],
        )
        (said,) = self.check("LoadState=bad-setting\nNeedDaemonReload=yes\n")
        self.assertIn("cannot load the unit nginx.service: bad-setting (systemctl status", said)

    def test_changed(self) -> None:
        """A unit whose file has changed since it was loaded is a warning."""
        self.assertEqual(
            self.check("LoadState=loaded\nNeedDaemonReload=yes\n"),
            ["warning 3: the file of the unit nginx.service has changed (systemctl daemon-reload)"],
        )
