# -*- test-case-name: tests.config.test_presence -*-
"""
What the files name and the host has, or has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.model import node_name
from hatwist.config.presence import check_named


@frozen
class FakeHost:
    """A host with a few files; a path that ends in C{*} can be executed."""

    files: tuple[str, ...] = ()
    texts: Mapping[str, str | None] = MappingProxyType({})
    dangling: tuple[str, ...] = ()

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

    def read(self, path: str) -> str | None:
        return self.texts.get(path, "" if self.is_file(path) else None)

    def names_in(self, directory: str) -> tuple[str, ...]:
        start = f"{directory}/"
        names = (*self.files, *self.dangling)
        return tuple(file[len(start) :].rstrip("*") for file in names if file.startswith(start))


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

    def test_what_is_not_run(self) -> None:
        """A program whose part is played here need not be there."""
        self.assertEqual(self.check("respawn hacluster /usr/lib/heartbeat/ipfail\n"), [])

    def test_children(self) -> None:
        """A program and its user must be there; what heartbeat's package brings is not run if it is not."""
        what = ("Client child command [{}] is not executable", "Invalid uid [{}] specified for client child")
        for line, gravity, words in (
            ("respawn me /bin/x -y", "error", ("/bin/x", "me")),
            (
                "respawn hacluster /usr/lib/heartbeat/dopd",
                "warning",
                ("/usr/lib/heartbeat/dopd", "hacluster"),
            ),
            (
                "failfast hacluster /usr/libexec/heartbeat/ccm",
                "error",
                ("/usr/libexec/heartbeat/ccm", "hacluster"),
            ),
        ):
            expected = [f"{gravity} 1: {text.format(word)}" for text, word in zip(what, words, strict=True)]
            self.assertEqual(self.check(line), expected)

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
        """What does not stop the start is a warning."""
        text = "logfile /no/x\ndebugfile /no/y\nwatchdog /dev/w\napiauth a uid=me gid=us\n"
        self.assertEqual(
            self.check(text),
            [
                "warning 1: logfile [/no/x]: there is no directory /no",
                "warning 2: debugfile [/no/y]: there is no directory /no",
                "warning 3: Cannot open watchdog device: /dev/w",
                "warning 4: Invalid user id name [me]",
                "warning 4: Invalid group id name [us]",
            ],
        )
