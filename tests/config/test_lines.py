# -*- test-case-name: tests.config.test_lines -*-
"""
Serial lines in ha.cf.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.lines import check_locks, check_speed, lock_name, lock_owner
from hatwist.config.model import HaCf, node_name


def hacf(text: str) -> HaCf:
    """Read an ha.cf."""
    return read_hacf(text, "ha.cf", Findings(), node_name("alpha")).cf


class LockTests(SynchronousTestCase):
    """Lock files."""

    def test_names(self) -> None:
        """A lock is called by its device, without /dev, and with dots for what else has a slash."""
        devices = ("/dev/ttyS0", "/dev/pts/3", "/run/lab/tty")
        self.assertEqual([*map(lock_name, devices)], ["LCK..ttyS0", "LCK..pts.3", "LCK..run.lab.tty"])

    def test_owners(self) -> None:
        """A lock begins with a number; 0 and words are none."""
        texts = ("      1234\n", "7 minicom\n", "", "0\n", "minicom\n", "123456789012\n")
        self.assertEqual([*map(lock_owner, texts)], [1234, 7, None, None, None, None])

    def found(self, files: dict[str, str]) -> list[str]:
        """Check two lines on a host with these files."""
        findings = Findings()
        check_locks(hacf("serial /dev/ttyS0 /dev/ttyS1\nbcast eth0\n"), files.get, findings)
        return [str(one) for one in findings.problems]

    def test_locked(self) -> None:
        """A line that another living program has locked is named with it."""
        lock = "/var/lock/LCK..ttyS1"
        self.assertEqual(
            self.found({lock: "  77\n", "/proc/77/cmdline": "minicom\0-D\0"}),
            [f"ha.cf:1:19: warning: cannot lock line /dev/ttyS1 (process 77, minicom, has it: {lock})"],
        )

    def test_not_locked(self) -> None:
        """No lock, a stale one, and that of a daemon that runs already are fine."""
        lock = "/var/lock/LCK..ttyS1"
        self.assertEqual(self.found({}), [])
        self.assertEqual(self.found({lock: "77\n"}), [])
        self.assertEqual(self.found({lock: "77\n", "/proc/77/cmdline": "twistd\0hatwist\0"}), [])


class SpeedTests(SynchronousTestCase):
    """Whether a line carries the heartbeats."""

    def found(self, text: str) -> list[str]:
        """Check an ha.cf."""
        findings = Findings()
        check_speed(hacf(text), findings)
        return [str(one) for one in findings.problems]

    def test_fast_enough(self) -> None:
        """2 s at 9600 baud and 500 ms at 115200 are well."""
        self.assertEqual(self.found("keepalive 2\nbaud 9600\nserial /dev/ttyS0\n"), [])
        self.assertEqual(self.found("keepalive 500ms\nbaud 115200\nserial /dev/ttyS0\n"), [])

    def test_too_slow(self) -> None:
        """A keepalive shorter than a heartbeat takes is a warning."""
        self.assertEqual(
            self.found("keepalive 200ms\nbaud 9600\nserial /dev/ttyS0\nbcast eth0\n"),
            [
                "ha.cf:3:8: warning: serial /dev/ttyS0: a heartbeat takes 0.31 s at 9600 baud "
                "(more than keepalive, 0.2 s: raise one of them; old heartbeats are left out)"
            ],
        )

    def test_lines(self) -> None:
        """Serial lines are told from other media."""
        cf = hacf("serial /dev/ttyS0\nbcast eth0\n")
        self.assertEqual([spec.link for spec in cf.serial_lines], ["/dev/ttyS0"])
