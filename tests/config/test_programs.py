# -*- test-case-name: tests.config.test_programs -*-
"""
The programs of resources: what is not there is found before it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.haresources import parse_haresources
from hatwist.config.programs import Programs, check_programs
from tests.config.test_presence import FakeHost

FILES = (
    "/r/httpd*",
    "/i/tomcat*",
    "/r/notyet",
    "/r/LVM*",
    "/r/www/page",
    "/bin/sh*",
    "/o/heartbeat*",
    "/o/heartbeat/Filesystem*",
    "/o/heartbeat/mysql*",
    "/o/pacemaker*",
    "/o/pacemaker/Dummy*",
    "/c/Dummy/d1",
)


class ProgramTests(SynchronousTestCase):
    """What the daemon could not start is an error."""

    def check(self, resources: str, texts: Mapping[str, str | None] | None = None) -> list[str]:
        """Return what is said of the programs of a text."""
        findings = Findings()
        groups = parse_haresources(resources, "f", Findings())
        check_programs(
            groups, Programs(("/r", "/i"), "/o", "/c", FakeHost(FILES, texts or {}, ("/i/gone",))), findings
        )
        return [f"{one.where.column}: {one.text} ({one.remedy})" for one in findings.problems]

    def test_found(self) -> None:
        """In either directory, with a wrapper's agent, an OCF agent with its file, or built in."""
        text = "a httpd tomcat Filesystem::x IPaddr::1 IPaddr2::1 IPv6addr::1 10.0.0.1 OCF::Dummy::d1\n"
        self.assertEqual(self.check(text), [])

    def test_not_found(self) -> None:
        """What is nowhere is named once, with near names or where it was looked for."""
        self.assertEqual(
            self.check("a htpd zzz zzz IPadr\n"),
            [
                "3: Cannot locate resource script htpd (did you mean httpd?)",
                "8: Cannot locate resource script zzz (looked in /r and /i)",
                "16: Cannot locate resource script IPadr (did you mean IPaddr or IPaddr2 or IPv6addr?)",
            ],
        )

    def test_not_executable(self) -> None:
        """A script that cannot be executed gets its own remedy."""
        self.assertEqual(
            self.check("a notyet\n"),
            ["3: Cannot locate resource script notyet (/r/notyet is not executable; chmod 755 /r/notyet)"],
        )

    def test_nothing_to_run(self) -> None:
        """A link to nothing, and a directory, get theirs."""
        self.assertEqual(
            self.check("a gone www\n"),
            [
                "3: Cannot locate resource script gone (/i/gone is a link to nothing)",
                "8: Cannot locate resource script www (/r/www is a directory)",
            ],
        )

    def test_interpreter(self) -> None:
        """A script that nothing can interpret could not be run; that of an agent neither."""
        missing = "/r/httpd cannot be run: there is no interpreter"
        for text, said in (
            ("#!/bin/sh\n", []),
            ("#! /bin/sh -e\r\n", []),
            ("#!/bin/sh\t-e\n", []),
            ("echo\n", []),
            ("\x7fELF", []),
            ("#!/bin/bsh -e\n", [f"3: {missing} /bin/bsh (its first line names it)"]),
            ("#!\n", []),
            ("#!/bin/sh\r\n", [f"3: {missing} /bin/sh\\r (its lines end in CR LF; convert it)"]),
        ):
            self.assertEqual(self.check("a httpd\n", {"/r/httpd": text}), said, text)
        for words, path in (("Filesystem::x", "Filesystem"), ("OCF::mysql::m", "mysql")):
            file = f"/o/heartbeat/{path}"
            said = self.check(f"a {words}\n", {file: "#!/bin/bsh\n"})
            self.assertIn(
                f"3: {file} cannot be run: there is no interpreter /bin/bsh (its first line names it)", said
            )

    def test_not_a_script(self) -> None:
        """What the parser refuses is not looked for."""
        self.assertEqual(self.check("a /bin/sh ::x\n"), [])

    def test_bare_address(self) -> None:
        """Where no script has the name, an IPv6 address without brackets is known for what it is."""
        self.assertEqual(
            self.check("a 2001:db8::5/64\n"),
            ["3: Cannot locate resource script 2001:db8 (write IPv6addr::[2001:db8::5]/64)"],
        )

    def test_agent_without_wrapper(self) -> None:
        """An OCF agent for which there is no wrapper is no script; the way to name it is shown."""
        remedy = "for the OCF agent write OCF::mysql::INSTANCE, with its parameters in /c/mysql/INSTANCE"
        self.assertEqual(self.check("a mysql\n"), [f"3: Cannot locate resource script mysql ({remedy})"])

    def test_no_such_agent(self) -> None:
        """An OCF agent that no provider has is named, with near names; so is its missing file."""
        file = "write the agent's parameters into it, each on a line: NAME=value"
        self.assertEqual(
            self.check("a OCF::Dumy::x OCF::nosuch::x\n"),
            [
                "3: Cannot locate resource script Dumy, an OCF agent (did you mean Dummy?)",
                f"3: [OCF::Dumy::x]: there is no file /c/Dumy/x ({file})",
                "16: Cannot locate resource script nosuch, an OCF agent (looked in /o/*)",
                f"16: [OCF::nosuch::x]: there is no file /c/nosuch/x ({file})",
            ],
        )

    def test_no_parameters(self) -> None:
        """An OCF agent without its parameter file is not started; each instance has its own."""
        (problem,) = self.check("a OCF::Dummy::d1 OCF::Dummy::d2 OCF::Dummy::d2\n")
        self.assertIn("18: [OCF::Dummy::d2]: there is no file /c/Dummy/d2", problem)

    def test_bad_parameters(self) -> None:
        """A parameter file with a mistake, or one that cannot be read, is found with its line."""
        texts: dict[str, str | None] = {"/c/Dummy/d1": "a=1\nb\n"}
        (problem,) = self.check("a OCF::Dummy::d1\n", texts)
        self.assertIn("3: [OCF::Dummy::d1]: /c/Dummy/d1:2: not NAME=value: b (write the agent's", problem)
        (problem,) = self.check("a OCF::Dummy::d1\n", {"/c/Dummy/d1": None})
        self.assertEqual(problem, "3: [OCF::Dummy::d1]: /c/Dummy/d1 cannot be read (as root it can)")

    def test_too_many_arguments(self) -> None:
        """What a wrapper's agent would not get is refused; a script of that name takes what it likes."""
        text = "Filesystem takes device::directory::fstype::options, not a::b::c::d::e"
        self.assertEqual(
            self.check("a Filesystem::a::b::c::d::e\n"), [f"3: [Filesystem::a::b::c::d::e]: {text} ()"]
        )
        self.assertEqual(self.check("a LVM::vg0::vg1\n"), [])

    def test_not_an_instance(self) -> None:
        """OCF has two words behind it, and neither leads to another directory."""
        self.assertEqual(
            [
                one.partition(" (")[0]
                for one in self.check("a OCF OCF::Dummy OCF::Dummy::../x OCF::::x OCF::a/b::x\n")
            ],
            [
                "3: [OCF] is not OCF::TYPE::INSTANCE",
                "7: [OCF::Dummy] is not OCF::TYPE::INSTANCE",
                "18: [OCF::Dummy::../x] is not OCF::TYPE::INSTANCE",
                "35: [OCF::::x] is not OCF::TYPE::INSTANCE",
                "44: [OCF::a/b::x] is not OCF::TYPE::INSTANCE",
            ],
        )
