# -*- test-case-name: tests.lab.test_rack -*-
"""
The rack: hosts that can be switched off, and nothing left of them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from scripts.lab import plan
from scripts.lab.host import Card
from scripts.lab.rack import Rack, obstacle
from scripts.lab.remote import LabError
from scripts.lab.watch import now, until
from tests.lab.base import LabTestCase

CHECKOUT = Path(__file__).resolve().parents[2]

VICTIM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background has it ignored
from scripts.lab.rack import Card, Rack
from scripts.lab.watch import Watch
with Rack() as rack:
    watch = Watch(rack)
    host = rack.host("node01", {"eth0": Card("public", "172.16.0.208/24")})
    host.power_on()
    for place in sys.argv[2:]:
        host.do("touch", f"{place}/{sys.argv[1]}")
    host.start(["sleep", "1000"])
    print("built", flush=True)
    time.sleep(600)
"""

PLACES = (
    "/tmp",
    "/run",
    "/var/tmp",
    "/var/log",
    "/var/lib/heartbeat",
    "/etc/ha.d",
    "/etc/init.d",
    "/dev/shm",
)
"""Where a host writes."""


def descendants(pid: int) -> set[int]:
    """Return the processes that a process has started, and those that they have."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def namespaces(pids: Iterable[int]) -> set[str]:
    """Return the name spaces that processes live in."""
    found = set()
    for pid in pids:
        for kind in ("net", "mnt", "pid", "uts", "ipc", "user"):
            with contextlib.suppress(OSError):
                found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
    return found


def everybody() -> set[int]:
    """Return every process of the machine."""
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}


def surroundings() -> tuple[set[str], set[str]]:
    """Return the interfaces and the mounts outside of any lab."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return set(os.listdir("/sys/class/net")), {line.split()[4] for line in mounts}


def left_behind(name: str) -> list[str]:
    """Return the files of this name that hosts have left on the machine."""
    return [f"{place}/{name}" for place in PLACES if Path(place, name).exists()]


class HostTests(LabTestCase):
    """One host: its name, files, programs, power and cables."""

    def setUp(self) -> None:
        """Two hosts, switched on."""
        super().setUp()
        self.one = plan.node(self.rack, 1)
        self.two = plan.node(self.rack, 2)
        self.one.power_on()
        self.two.power_on()

    def reaches(self, address: str) -> bool:
        """Tell whether node01 gets an answer from an address within half a second."""
        return self.one.run("ping", "-c1", "-W0.5", address)[0] == 0

    def test_is_a_host_of_its_own(self) -> None:
        """It has its name, its addresses, its processes, and knows the others by name."""
        self.assertEqual(self.one.do("uname", "-n"), "node01\n")
        self.assertIn("172.16.20.208/24", self.one.do("ip", "-br", "address"))
        self.assertEqual(self.one.run("ping", "-c1", "node02")[0], 0)
        self.assertEqual(self.one.do("sh", "-c", "ls -d /proc/[0-9]* | wc -l").strip(), "4")

    def test_nothing_leads_outside(self) -> None:
        """There is no route to anywhere but the segments, from a host or from the rack."""
        self.assertNotEqual(self.one.run("ping", "-c1", "-W1", "192.0.2.1")[0], 0)
        self.assertNotIn("default", self.one.do("ip", "route"))
        self.assertEqual(self.rack.console.do("ip", "route"), "")

    def test_run_tells_status_and_output(self) -> None:
        """Both channels, in order; a signal is a negative status, as usual."""
        self.assertEqual(self.one.run("echo out; echo err >&2; exit 3"), (3, "out\nerr\n"))
        self.assertEqual(self.one.run("sh", "-c", "kill -9 $$")[0], -signal.SIGKILL)
        self.assertEqual(self.one.run("no-such-program")[0], 127)

    def test_run_does_not_wait_for_a_background_child(self) -> None:
        """A daemon that keeps the output open does not hold up the caller."""
        start = now()
        self.one.do("sh", "-c", "sleep 100 & echo started")
        self.assertLess(now() - start, 50)

    def test_run_has_a_limit(self) -> None:
        """What takes too long is killed, and its words so far are told."""
        error = self.assertRaises(LabError, self.one.run, "echo so far; sleep 100", timeout=0.5)
        self.assertIn("so far", str(error))
        self.assertNotIn("sleep 100", self.one.do("ps", "ax").replace("sh -c", ""))

    def test_orphans_are_reaped(self) -> None:
        """A dead process whose parent is gone does not stay a zombie."""
        self.one.do("sh", "-c", "(sleep 0.05 &) ; exit 0")
        until(lambda: "sleep" not in self.one.do("ps", "ax"), 10, "the orphan is gone")

    def test_private_files(self) -> None:
        """What a host writes is seen by it alone; the machine's own files are readable."""
        name = f"private-{uuid4()}"
        for place in PLACES:
            self.one.do("sh", "-c", f"echo mine >{place}/{name}")
            self.assertNotEqual(self.two.run("cat", f"{place}/{name}")[0], 0, place)
        self.assertEqual(self.one.read(f"/etc/ha.d/{name}"), "mine\n")
        self.assertEqual(self.one.do("cat", "/etc/passwd"), Path("/etc/passwd").read_text())
        self.assertEqual(left_behind(name), [])

    def test_power_cut(self) -> None:
        """Everything on it ends at once; its disk is there at the next boot, /run is new."""
        daemon = self.one.start(["sh", "-c", "echo last words; sleep 1000"])
        self.one.do("sh", "-c", "echo disk >/var/lib/heartbeat/x; echo memory >/run/x")
        until(lambda: "last" in daemon.text(), 10, "it speaks")
        self.one.power_off()
        self.assertFalse(daemon.alive())
        self.assertEqual(daemon.text(), "last words\n")
        self.assertNotIn("node01-", self.rack.console.do("ip", "-br", "link"))
        self.one.power_on()
        self.assertEqual(self.one.do("cat", "/var/lib/heartbeat/x"), "disk\n")
        self.assertNotEqual(self.one.run("cat", "/run/x")[0], 0)
        self.assertTrue(self.reaches("172.16.0.209"))

    def test_cut_and_heal(self) -> None:
        """A cable that is pulled out cuts one segment, until it is back."""
        self.two.cut("eth1")
        self.assertFalse(self.reaches("172.16.20.209"))
        self.assertTrue(self.reaches("172.16.0.209"))
        self.two.heal("eth1")
        until(lambda: self.reaches("172.16.20.209"), 10, "it is back")

    def test_isolate(self) -> None:
        """A cable can let nothing through while both ends believe that it is in, until it is healed."""
        self.two.isolate("eth1")
        self.assertFalse(self.reaches("172.16.20.209"))
        self.assertIn("LOWER_UP", self.two.do("ip", "link", "show", "eth1"))
        self.two.heal("eth1")
        until(lambda: self.reaches("172.16.20.209"), 10, "it is back")

    def test_lose(self) -> None:
        """Packets can be lost in one direction, all or some of them, until the link is healed."""
        for direction in ("in", "out"):
            self.two.lose("eth1", 1.0, direction)
            self.assertFalse(self.reaches("172.16.20.209"), direction)
            self.two.heal("eth1")
            until(lambda: self.reaches("172.16.20.209"), 10, "it is back")
        self.two.lose("eth1", 0.5)
        text = self.one.run("ping", "-c40", "-i0.01", "-W0.2", "172.16.20.209")[1]
        self.assertNotIn(" 0% packet loss", text)
        self.assertNotIn(" 100% packet loss", text)


class TeardownTests(LabTestCase):
    """However the program ends, nothing remains."""

    def setUp(self) -> None:
        """Start a program that builds a lab and waits."""
        super().setUp()
        self.before = surroundings()
        self.mark = f"victim-{uuid4()}"
        self.program = subprocess.Popen(
            [sys.executable, "-c", VICTIM, self.mark, *PLACES],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(self.program.wait)
        self.addCleanup(self.program.kill)
        assert self.program.stdout is not None
        self.addCleanup(self.program.stdout.close)
        self.assertEqual(self.program.stdout.readline(), "built\n")

    def ends_clean(self, number: signal.Signals) -> None:
        """End the program with a signal, and look for what is left."""
        processes = descendants(self.program.pid)
        spaces = namespaces(processes) - namespaces([os.getpid()])
        self.assertGreaterEqual(len(processes), 6)  # two unshare, two PID 1, the watcher, sleep
        self.assertGreaterEqual(len(spaces), 10)
        # The kernel gives the numbers of name spaces that are gone to new ones, of other labs perhaps.
        known = everybody()
        os.kill(self.program.pid, number)
        self.program.wait(20)
        until(lambda: not processes & everybody(), 20, "no process is left")
        until(lambda: not spaces & namespaces(known & everybody()), 20, "no name space is left")
        self.assertEqual(surroundings(), self.before)
        self.assertEqual(left_behind(self.mark), [])

    def test_interrupted(self) -> None:
        """Ctrl-C."""
        self.ends_clean(signal.SIGINT)

    def test_terminated(self) -> None:
        """SIGTERM, even without a handler for it."""
        self.ends_clean(signal.SIGTERM)

    def test_killed(self) -> None:
        """SIGKILL, which nobody can handle."""
        self.ends_clean(signal.SIGKILL)


class RackTests(LabTestCase):
    """The rack as a context."""

    def test_exception(self) -> None:
        """An error in the program that built it ends it."""
        before = descendants(os.getpid())
        self.assertRaises(ZeroDivisionError, self.fail_within)
        self.assertEqual(descendants(os.getpid()), before)

    def fail_within(self) -> None:
        """Build a rack with a host and raise."""
        with Rack() as rack:
            rack.host("node01", {"eth0": Card("public", "172.16.0.208/24")}).power_on()
            raise ZeroDivisionError

    def test_no_obstacle(self) -> None:
        """A machine that runs this has none."""
        self.assertIsNone(obstacle())
