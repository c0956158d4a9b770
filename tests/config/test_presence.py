# -*- test-case-name: tests.config.test_presence -*-
"""
What the files name and the host has, or has not.
"""

from __future__ import annotations

from attrs import frozen
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.model import node_name
from hatwist.config.presence import Scripts, check_named, check_scripts


@frozen
class FakeHost:
    """A host with a few files; a path that ends in C{*} can be executed."""

    files: tuple[str, ...] = ()

    def is_program(self, path: str) -> bool:
        return f"{path}*" in self.files

    def is_file(self, path: str) -> bool:
        return path in self.files or self.is_program(path)

    def is_directory(self, path: str) -> bool:
        return any(file.startswith(f"{path}/") for file in self.files)

    def is_there(self, path: str) -> bool:
        return self.is_file(path) or self.is_directory(path)

    def is_device(self, path: str) -> bool:
        return self.is_there(path) and path.startswith("/dev/")

    def has_user(self, name: str) -> bool:
        return name == "root"

    def has_group(self, name: str) -> bool:
        return name == "root"

    def names_in(self, directory: str) -> tuple[str, ...]:
        start = f"{directory}/"
        return tuple(file[len(start) :].rstrip("*") for file in self.files if file.startswith(start))


class ScriptTests(SynchronousTestCase):
    """Scripts of resources are found before they are needed."""

    def check(self, resources: str) -> list[str]:
        """Return what is said of the scripts of a text."""
        host = FakeHost(("/r/httpd*", "/i/tomcat*", "/r/notyet", "/o/Filesystem*"))
        findings = Findings()
        groups = parse_haresources(resources, "f", Findings())
        check_scripts(groups, Scripts(("/r", "/i"), "/o", host), findings)
        return [f"{one.where.column}: {one.text} ({one.remedy})" for one in findings.problems]

    def test_found(self) -> None:
        """In either directory, among the OCF agents, or built in."""
        self.assertEqual(
            self.check("a httpd tomcat Filesystem::x IPaddr::1 IPaddr2::1 IPv6addr::1 10.0.0.1 OCF::x::y\n"),
            [],
        )

    def test_not_found(self) -> None:
        """What is nowhere is named once, with near names or where it was looked for."""
        self.assertEqual(
            self.check("a htpd zzz zzz OCF IPadr\n"),
            [
                "3: Cannot locate resource script htpd (did you mean httpd?)",
                "8: Cannot locate resource script zzz (looked in /r and /i)",
                "16: Cannot locate resource script OCF (looked in /r and /i)",
                "20: Cannot locate resource script IPadr (did you mean IPaddr or IPaddr2 or IPv6addr?)",
            ],
        )

    def test_not_executable(self) -> None:
        """A script that cannot be executed gets its own remedy."""
        self.assertEqual(
            self.check("a notyet\n"),
            ["3: Cannot locate resource script notyet (/r/notyet is not executable; chmod 755 /r/notyet)"],
        )

    def test_not_a_script(self) -> None:
        """What the parser refuses is not looked for."""
        self.assertEqual(self.check("a /bin/sh ::x\n"), [])


class NamedTests(SynchronousTestCase):
    """Devices, programs, users, directories."""

    def check(self, text: str, *files: str) -> list[str]:
        """Return what is said of a text on a host with these files."""
        findings = Findings()
        reading = read_hacf(text, "f", Findings(), node_name("a"))
        check_named(reading, FakeHost(files), findings)
        return [f"{one.gravity.value} {one.where.line}: {one.text}" for one in findings.problems]

    def test_everything_there(self) -> None:
        """Nothing is said of what is there."""
        text = (
            "serial /dev/ttyS0\nlogfile /var/log/ha-log\nwatchdog /dev/watchdog\nstonith x /etc/s\n"
            "respawn root /bin/x -y\napiauth a uid=root,0 gid=root,0\nstonith_host b null\n"
        )
        files = ("/dev/ttyS0", "/var/log/x", "/dev/watchdog", "/etc/s", "/bin/x*")
        self.assertEqual(self.check(text, *files), [])
        self.assertEqual(self.check("stonith_host * null x\nlogfile ha-log\n"), [])

    def test_serial(self) -> None:
        """A serial line is a character device."""
        self.assertEqual(
            self.check("serial /dev/no /etc/s", "/etc/s"),
            [
                "error 1: Nonexistent serial port [/dev/no] in config file",
                "error 1: Serial port [/etc/s] not a char device in config file",
            ],
        )

    def test_stonith(self) -> None:
        """The file of a fencing device must be there."""
        self.assertEqual(self.check("stonith x /etc/s"), ["error 1: Invalid Stonith config file [/etc/s]"])

    def test_warnings(self) -> None:
        """What does not stop the start, or is not active, is a warning."""
        text = "logfile /no/x\ndebugfile /no/y\nwatchdog /dev/w\nrespawn me /bin/x\napiauth a uid=me gid=us\n"
        self.assertEqual(
            self.check(text),
            [
                "warning 1: logfile [/no/x]: there is no directory /no",
                "warning 2: debugfile [/no/y]: there is no directory /no",
                "warning 3: Cannot open watchdog device: /dev/w",
                "warning 4: Client child command [/bin/x] is not executable",
                "warning 4: Invalid uid [me] specified for client child",
                "warning 5: Invalid user id name [me]",
                "warning 5: Invalid group id name [us]",
            ],
        )
