# -*- test-case-name: tests.service.test_halog -*-
"""
Where lines go, and that nothing waits for them.
"""

from __future__ import annotations

import os
import syslog
import threading
from pathlib import Path

from attrs import Factory, define
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.config.model import LogSettings
from hatwist.service.halog import MAX_QUEUED, HaLog, obstacles
from hatwist.service.logline import MAX_TEXT
from tests.service.fakes import live_in, temporary

PID = os.getpid()


@define
class Syslog:
    """A log daemon that remembers; it may be made to hang."""

    got: list[tuple[str, int, int, str]] = Factory(list)
    free: threading.Event = Factory(threading.Event)

    def __call__(self, identity: str, facility: int, priority: int, text: str) -> None:
        self.free.wait(60)
        self.got.append((identity, facility, priority, text))


class HaLogTests(SynchronousTestCase):
    """From what was said to what is written."""

    def setUp(self) -> None:
        live_in(self, "CST-8")
        self.directory = Path(temporary(self))
        self.logfile = self.directory / "ha-log"
        self.debugfile = self.directory / "ha-debug"
        self.syslog = Syslog()
        self.syslog.free.set()

    def make(self, logfile: str = "", debugfile: str = "", facility: str = "") -> HaLog:
        """Make a log, not yet started."""
        settings = LogSettings(logfile, debugfile, facility)
        halog = HaLog(settings, "node01", lambda: 1437473362.0, self.syslog)
        self.addCleanup(halog.stop)
        return halog

    def written(self, path: Path) -> list[str]:
        """Return the lines of a file, without date and host."""
        lines = path.read_text(encoding="utf-8").splitlines()
        return [line.removeprefix(f"Jul 21 18:09:22 node01 heartbeat: [{PID}]: ") for line in lines]

    def test_every_line_is_there_at_the_end(self) -> None:
        """What was said before the start, and before the stop, is written in its order."""
        halog = self.make(str(self.logfile))
        halog.say(Level.INFO, "one")
        halog.start()
        halog.say(Level.WARN, "two")
        halog.stop()
        self.assertEqual(self.written(self.logfile), ["info: one", "WARN: two"])

    def test_debug_lines(self) -> None:
        """The debug file gets everything, the log file no debug lines (G-8)."""
        halog = self.make(str(self.logfile), str(self.debugfile))
        halog.start()
        halog.say(Level.INFO, "one")
        halog.say(Level.DEBUG, "two")
        halog.stop()
        self.assertEqual(self.written(self.logfile), ["info: one"])
        self.assertEqual(self.written(self.debugfile), ["info: one", "debug: two"])

    def test_debug_level(self) -> None:
        """Above 0 debug lines go to syslog, and to the log file where there is no debug file."""
        halog = self.make(str(self.logfile), facility="local0")
        halog.say(Level.DEBUG, "one")
        halog.start()
        halog.stop()
        self.assertEqual((self.syslog.got, self.logfile.exists()), ([], False))
        halog.debug = 1
        halog.start()
        halog.say(Level.DEBUG, "two")
        halog.stop()
        self.assertEqual(self.written(self.logfile), ["debug: two"])
        self.assertEqual([text for _, _, _, text in self.syslog.got], [f"[{PID}]: debug: two"])

    def test_debug_level_with_a_debug_file(self) -> None:
        """Where there is a debug file, debug lines stay out of the log file at any level."""
        halog = self.make(str(self.logfile), str(self.debugfile))
        halog.debug = 1
        halog.start()
        halog.say(Level.DEBUG, "one")
        halog.stop()
        self.assertFalse(self.logfile.exists())
        self.assertEqual(self.written(self.debugfile), ["debug: one"])

    def test_syslog(self) -> None:
        """With a facility lines go to syslog, each under the name of who speaks."""
        halog = self.make(facility="local0")
        halog.start()
        halog.say(Level.CRIT, "one")
        halog.say(Level.INFO, "Running so", "harc(default)")
        halog.stop()
        local0 = syslog.LOG_LOCAL0
        expected = [
            ("heartbeat", local0, syslog.LOG_CRIT, f"[{PID}]: CRIT: one"),
            ("harc(default)", local0, syslog.LOG_INFO, "info: Running so"),
        ]
        self.assertEqual(self.syslog.got, expected)

    def test_no_syslog(self) -> None:
        """The facility none means that syslog is not used."""
        halog = self.make(str(self.logfile), facility="none")
        halog.start()
        halog.say(Level.CRIT, "one")
        halog.stop()
        self.assertEqual(self.syslog.got, [])

    def test_the_null_device(self) -> None:
        """A log file /dev/null is no destination."""
        halog = self.make("/dev/null", "/dev/null")
        halog.start()
        halog.say(Level.CRIT, "one")
        halog.stop()
        self.assertEqual(self.syslog.got, [])
        self.assertEqual(obstacles(LogSettings("/dev/null", "/dev/null")), [])

    def test_a_blocked_file_blocks_nobody(self) -> None:
        """While a file takes no lines, say returns at once, and nothing is lost."""
        os.mkfifo(self.logfile)  # opening it blocks until somebody reads
        halog = self.make(str(self.logfile))
        halog.start()
        for number in range(100):
            halog.say(Level.INFO, f"{number}")
        reader = os.open(self.logfile, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        halog.stop()
        lines = os.read(reader, 65536).decode().splitlines()
        self.assertEqual([line.rpartition(" ")[2] for line in lines], [str(one) for one in range(100)])

    def test_a_full_disk_blocks_nobody(self) -> None:
        """A full disk is reported to syslog, once, even if no facility is configured."""
        halog = self.make("/dev/full")
        halog.start()
        halog.say(Level.INFO, "one")
        halog.say(Level.INFO, "two")
        halog.stop()
        text = f"[{PID}]: ERROR: cannot write /dev/full: No space left on device"
        self.assertEqual(self.syslog.got, [("heartbeat", syslog.LOG_DAEMON, syslog.LOG_ERR, text)])

    def test_what_finds_no_room_is_counted_and_said(self) -> None:
        """The queue is bounded; how many lines it did not take is said when it is empty again."""
        halog = self.make(str(self.logfile))
        for number in range(MAX_QUEUED + 7):
            halog.say(Level.INFO, str(number))
        self.assertEqual(halog.lost, 7)
        halog.start()
        halog.stop()
        self.assertEqual(halog.lost, 0)
        self.assertEqual(
            self.written(self.logfile)[-2:], [f"info: {MAX_QUEUED - 1}", "WARN: 7 log messages were lost"]
        )

    def test_one_file_in_trouble_leaves_the_other_alone(self) -> None:
        """A debug file that cannot be written takes nothing from the log file."""
        halog = self.make(str(self.logfile), str(self.directory / "no" / "ha-debug"))
        halog.start()
        halog.say(Level.INFO, "one")
        halog.stop()
        self.assertEqual(self.written(self.logfile), ["info: one"])

    def test_a_long_line_does_not_wait_at_its_length(self) -> None:
        """What waits in the queue is cut already, so that its memory is bounded."""
        halog = self.make(str(self.logfile))
        halog.say(Level.INFO, "x" * 3 * MAX_TEXT)
        halog.start()
        halog.stop()
        self.assertEqual(self.written(self.logfile), ["info: " + "x" * MAX_TEXT])

    def test_any_text_can_be_said(self) -> None:
        """Neither NUL nor lone surrogates end the log, wherever they stand."""
        halog = self.make(str(self.logfile), facility="daemon")
        halog.start()
        halog.say(Level.INFO, "a\0b\udcff", "c\0\udcff")
        halog.say(Level.INFO, "next")
        halog.stop()
        self.assertEqual(self.written(self.logfile)[-1], "info: next")
        self.assertEqual(self.syslog.got[0][0], "c??")

    def test_stopping_takes_its_time_and_no_more(self) -> None:
        """A log that hangs cannot keep the daemon from ending."""
        self.syslog.free.clear()
        halog = self.make(facility="daemon")
        halog.start()
        halog.say(Level.INFO, "one")
        halog.stop(0.01)
        self.assertEqual(self.syslog.got, [])
        self.syslog.free.set()

    def test_what_was_never_started_can_be_stopped(self) -> None:
        """Stopping twice, or before the start, does nothing."""
        halog = self.make(str(self.logfile))
        halog.stop()
        halog.start()
        halog.stop()
        halog.stop()

    def test_obstacles(self) -> None:
        """Log files that cannot be written are known before the start, each once."""
        path = str(self.directory / "no" / "ha-log")
        trouble = f"cannot write {path}: there is no directory {self.directory}/no"
        self.assertEqual(obstacles(LogSettings(path, path)), [trouble])
        self.assertEqual(obstacles(LogSettings(str(self.logfile), "")), [])
