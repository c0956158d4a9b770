# -*- test-case-name: tests.service.test_preamble -*-
"""
The first lines of a log.
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist import __version__
from hatwist.config.load import Loaded
from hatwist.config.model import Gravity, HaCf, HaConfig, LogSettings, NodeName, Position, Problem
from hatwist.service.preamble import log_settings, say_preamble
from hatwist.wire.auth import Key, Keyring
from tests.service.fakes import LogBook

FILES = LogSettings(logfile="/dev/null")


KEYS = Keyring(1, (Key(1, "sha1", b"a-secret-key"),))


class PreambleTests(SynchronousTestCase):
    """What is said before the daemon is one."""

    def setUp(self) -> None:
        self.cf = HaCf(nodes=(NodeName("node01"),), media=(), pacemaker="no", log=FILES)

    def said(self, *problems: Problem) -> list[str]:
        """Return the preamble's lines."""
        book = LogBook()
        loaded = Loaded(HaConfig(self.cf, KEYS, ()), problems)
        say_preamble(loaded, book)
        return book.lines

    def test_the_order(self) -> None:
        """The lines come in the order of heartbeat (inventory E-90 to E-92)."""
        expected = [
            "info: Pacemaker support: false",
            "WARN: Logging daemon is disabled --enabling logging daemon is recommended",
            "info: **************************",
            f"info: Configuration validated. Starting heartbeat 3.0.6 (hatwist {__version__})",
        ]
        self.assertEqual(self.said(), expected)

    def test_pacemaker(self) -> None:
        """However no is written it means false; without the directive nothing is said of it."""
        for word in ("no", "off", "False", "N", "0"):
            self.cf = evolve(self.cf, pacemaker=word)
            self.assertEqual(self.said()[0], "info: Pacemaker support: false")
        self.cf = evolve(self.cf, pacemaker=None)
        self.assertNotIn("Pacemaker", "".join(self.said()))

    def test_the_log_daemon(self) -> None:
        """With use_logd on, nothing is recommended."""
        self.cf = evolve(self.cf, log=evolve(FILES, use_logd=True))
        self.assertNotIn("recommended", "".join(self.said()))

    def test_problems(self) -> None:
        """What is doubtful in the configuration is in the log, with file and line."""
        where = Position("/etc/ha.d/ha.cf", 8, 7)
        lines = self.said(
            Problem(Gravity.WARNING, where, "single-medium", "a single medium"),
            Problem(Gravity.NOTE, where, "not-active", "accepted, not yet active"),
        )
        expected = [
            "WARN: a single medium [/etc/ha.d/ha.cf:8:7]",
            "info: accepted, not yet active [/etc/ha.d/ha.cf:8:7]",
        ]
        self.assertEqual(lines[1:3], expected)

    def test_reasons(self) -> None:
        """Two warnings have more to say, in heartbeat's words."""
        where, warning = Position("ha.cf", 3), Gravity.WARNING
        lines = self.said(
            Problem(warning, where, "initdead", "Initial dead time [6000 ms] may be too small!"),
            Problem(warning, where, "failback", "Deprecated 'legacy' auto_failback option selected."),
        )
        expected = [
            "WARN: Initial dead time [6000 ms] may be too small! [ha.cf:3]",
            "info: Initial dead time accounts for slow network startup time",
            "info: It should be >= deadtime and >= 10 seconds",
            "WARN: Deprecated 'legacy' auto_failback option selected. [ha.cf:3]",
            "WARN: Please convert to 'auto_failback on'.",
            "WARN: See documentation for conversion details.",
        ]
        self.assertEqual(lines[1:7], expected)


class LogSettingsTests(SynchronousTestCase):
    """Where the log goes."""

    def test_what_is_written_counts(self) -> None:
        """A configuration that names a destination gets that one and no other."""
        given = (FILES, LogSettings(debugfile="/var/log/ha-debug"), LogSettings(facility="local0"))
        self.assertEqual(tuple(map(log_settings, given)), given)

    def test_no_destination(self) -> None:
        """Without any, lines go to syslog, as heartbeat's own log daemon would send them."""
        self.assertEqual(
            log_settings(LogSettings(syslogmsgfmt=False)), LogSettings(facility="daemon", syslogmsgfmt=False)
        )
