# -*- test-case-name: tests.test_tap -*-
"""
C{twistd hatwist}, for real, in a process of its own.

The daemon is given the loopback interface, where nobody else is.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from hatwist.service.daemon import UMASK
from hatwist.tap import NOT_CONFIGURED, Options

CHECKOUT = Path(__file__).resolve().parents[1]

HA_CF = """\
logfile {directory}/log/ha-log
crm no
keepalive 1
deadtime 10
initdead 20
udpport {port}
ucast lo 127.0.0.2
auto_failback on
node node01 node02
"""

LIMIT = 30
"""Seconds nothing here takes."""


def wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that is not our child."""
    end = time.monotonic() + LIMIT
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)


class OptionTests(SynchronousTestCase):
    """The command line."""

    def test_defaults(self) -> None:
        """Without options everything is where heartbeat has it, and the host names itself."""
        options = Options()
        options.parseOptions([])
        self.assertEqual(
            dict(options),
            {
                "config": "/etc/ha.d",
                "node": None,
                "state": "/var/lib/heartbeat",
                "own-state": "/var/lib/hatwist",
                "run": "/run/hatwist",
                "register": "/run/heartbeat/register",
                "heartbeat-pid": "/run/heartbeat.pid",
                "init-d": "/etc/init.d",
            },
        )

    def test_short(self) -> None:
        """The configuration directory has a short option."""
        options = Options()
        options.parseOptions(["-c", "/tmp/ha.d"])
        self.assertEqual(options["config"], "/tmp/ha.d")


class TwistdTests(SynchronousTestCase):
    """The daemon from outside."""

    def setUp(self) -> None:
        scratch = TemporaryDirectory(prefix="hatwist-tap-")
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name)
        for name in ("ha.d/resource.d", "log", "cwd"):
            (self.directory / name).mkdir(parents=True)
        # A port that other runs of these tests do not use at the same time.
        port = 20000 + os.getpid() % 20000
        self.write("ha.cf", HA_CF.format(directory=self.directory, port=port))
        self.write("authkeys", "auth 1\n1 sha1 a-secret-key\n").chmod(0o600)
        self.write("haresources", "node01 httpd\n")
        self.write("resource.d/httpd", "#!/bin/sh\nexit 0\n").chmod(0o755)
        self.pid = self.directory / "pid"
        self.log = self.directory / "log" / "ha-log"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the configuration."""
        path = self.directory / "ha.d" / name
        path.write_text(text, encoding="utf-8")
        return path

    def twistd(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run twistd until it ends, or has sent its daemon into the background."""
        places = ("-c", "../ha.d", "--node", "node01", "--state", "../state")
        sockets = ("--run", "../run", "--register", "../register", "--heartbeat-pid", "../heartbeat.pid")
        words = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]
        return subprocess.run(
            [*words, f"--pidfile={self.pid}", *options, "hatwist", *places, *sockets],
            cwd=self.directory / "cwd",
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), *sys.path])},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    def start(self, *options: str) -> int:
        """Start a daemon that is ended with the test; return its process id."""
        done = self.twistd(*options)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        pid = int(self.pid.read_text())
        self.addCleanup(self.end, pid)
        return pid

    def end(self, pid: int) -> None:
        """End a daemon at once."""
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)
            wait_until_gone(pid)

    def wait_for(self, words: str) -> str:
        """Wait until the log has some words; return the log."""
        end = time.monotonic() + LIMIT
        text = ""
        while words not in text and time.monotonic() < end:
            time.sleep(0.05)
            text = self.log.read_text() if self.log.exists() else ""
        self.assertIn(words, text)
        return text

    def mode(self, name: str) -> int:
        """Return the mode of a file."""
        return stat.S_IMODE((self.directory / name).stat().st_mode)

    def test_a_broken_configuration(self) -> None:
        """Every problem is on stderr, the status is 6, nothing was started and nothing made."""
        self.write("ha.cf", HA_CF.format(directory=self.directory, port=0) + "keepalive soon\nnonsense on\n")
        self.write("haresources", "node09 nothing\n")
        before = sorted(self.directory.rglob("*"))
        done = self.twistd()
        self.assertEqual((done.returncode, done.stdout), (NOT_CONFIGURED, ""))
        for problem in ("udpport", "soon", "nonsense", "node09"):
            self.assertIn(problem, done.stderr)
        self.assertIn(f"{self.directory}/ha.d/ha.cf:10:11: error: ", done.stderr)
        self.assertTrue(done.stderr.endswith("\nConfiguration error, heartbeat not started.\n"))
        self.assertNotIn("Traceback", done.stderr)
        log = self.directory / "log" / "ha-log"
        self.assertEqual(sorted({*self.directory.rglob("*")} - {log}), before)
        self.assertIn("ERROR: Configuration error, heartbeat not started.", log.read_text())

    def test_no_configuration(self) -> None:
        """Nor is there a traceback when there is nothing at all."""
        for path in (self.directory / "ha.d").glob("[ah]*"):
            path.unlink()
        done = self.twistd()
        self.assertEqual(done.returncode, NOT_CONFIGURED)
        self.assertIn(f"Cannot open config file [{self.directory}/ha.d/ha.cf]", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_a_daemon(self) -> None:
        """twistd returns when the node has begun; SIGTERM lets it leave in order, and nothing is left."""
        pid = self.start()
        self.assertIn("Local status now set to: 'up'", self.wait_for("'up'"))
        self.assertEqual(self.mode("run/control.sock"), 0o600)
        self.assertEqual(self.mode("run") & 0o007, 0)
        self.assertEqual(self.mode("log/ha-log") & 0o007, 0)
        self.assertEqual(self.mode("state/hb_uuid"), 0o600)
        self.assertEqual((self.directory / "heartbeat.pid").read_text(), f"{pid:10d}\n")
        self.assertEqual(self.mode("state/hb_generation"), 0o600)
        umask = Path(f"/proc/{pid}/status").read_text().partition("Umask:\t")[2][:4]
        self.assertEqual(int(umask, 8), UMASK)
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGTERM)
        wait_until_gone(pid)
        self.assertIn("node01 Heartbeat shutdown complete.", self.log.read_text())
        self.assertFalse(self.pid.exists())
        self.assertFalse((self.directory / "heartbeat.pid").exists())
        left = [name for name in os.listdir(self.directory / "run") if not name.startswith("guardian.")]
        self.assertEqual(left, [])

    def test_other_signals(self) -> None:
        """SIGHUP and SIGUSR1 do not end the daemon."""
        pid = self.start()
        for number, words in (
            (signal.SIGHUP, "info: Configuration unchanged."),
            (signal.SIGUSR1, "info: debug level is 1 now (SIGUSR1)"),
            (signal.SIGUSR2, "info: debug level is 0 now (SIGUSR2)"),
        ):
            os.kill(pid, number)
            self.wait_for(words)
        self.assertTrue(Path(f"/proc/{pid}").exists())

    def test_an_umask_of_ones_own(self) -> None:
        """What twistd was told counts."""
        pid = self.start("--umask=027")
        umask = Path(f"/proc/{pid}/status").read_text().partition("Umask:\t")[2][:4]
        self.assertEqual(umask, "0027")

    def test_a_second_daemon(self) -> None:
        """It does not start beside the first; both sides of the fork say so, and the first lives on."""
        first = self.start()
        self.pid = self.directory / "pid2"
        done = self.twistd()
        self.assertEqual(done.returncode, 1)
        words = f"Heartbeat not started: another daemon listens on {self.directory}/run/control.sock\n"
        self.assertIn(words, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertFalse(self.pid.exists())
        self.assertTrue(Path(f"/proc/{first}").exists())

    def test_a_failed_start_in_the_foreground(self) -> None:
        """A state directory that cannot be one is named; status 1; no socket is left."""
        (self.directory / "state").touch()
        done = self.twistd("--nodaemon")
        self.assertEqual(done.returncode, 1)
        path = self.directory / "state" / "hb_generation"
        self.assertEqual(done.stderr, f"Heartbeat not started: cannot read {path}: Not a directory\n")
        self.assertNotIn("Traceback", done.stdout)
        self.assertEqual(os.listdir(self.directory / "run"), [])
        self.assertFalse(self.pid.exists())

    def test_a_log_that_cannot_be_written(self) -> None:
        """It does not prevent the start, and whoever starts it is told."""
        (self.directory / "log").rmdir()
        done = self.twistd()
        self.addCleanup(self.end, int(self.pid.read_text()))
        self.assertEqual(done.returncode, 0)
        path = self.directory / "log" / "ha-log"
        expected = (
            f"cannot write {path}: there is no directory {path.parent}; heartbeat starts all the same\n"
        )
        self.assertEqual(done.stderr, expected)
        (self.directory / "log").mkdir()
        os.kill(int(self.pid.read_text()), signal.SIGHUP)
        self.wait_for("log messages were lost")
