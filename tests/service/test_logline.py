# -*- test-case-name: tests.service.test_logline -*-
"""
The forms of a line of ha-log.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.service.logline import MAX_TEXT, Form, Line, said
from tests.service.fakes import live_in

WHEN = 1437473362.0
"""21 July 2015, 18:09:22 in China."""

UP = Line(WHEN, Level.INFO, "Local status now set to: 'up'")
HARC = Line(WHEN, Level.INFO, "Running /etc/ha.d//rc.d/status status", "harc(default)")
AGENT = "IPaddr(IPaddr_172.16.0.210)"
CALLER = f"/usr/lib/ocf/resource.d//heartbeat/{AGENT}"
FORM = Form("node01", 5555)


class FormTests(SynchronousTestCase):
    """Who spoke, when, and where it is written."""

    def setUp(self) -> None:
        live_in(self, "CST-8")

    def test_the_daemon_as_syslog_has_it(self) -> None:
        """By default a line has month, day, time, host, heartbeat, pid and severity (G-1)."""
        expected = "Jul 21 18:09:22 node01 heartbeat: [5555]: info: Local status now set to: 'up'"
        self.assertEqual(FORM.logfile(UP), expected)
        self.assertEqual(FORM.debugfile(UP), expected)

    def test_the_day_has_two_digits(self) -> None:
        """The first of a month is 01."""
        line = Line(WHEN - 20 * 86400, Level.INFO, "up")
        self.assertTrue(FORM.logfile(line).startswith("Jul 01 18:09:22 "))

    def test_the_daemon_as_heartbeat_once_had_it(self) -> None:
        """With syslogmsgfmt off the pid comes first and the date has a year (G-2)."""
        old = Form("node01", 5555, syslog_style=False)
        self.assertEqual(
            old.logfile(UP), "heartbeat[5555]: 2015/07/21_18:09:22 info: Local status now set to: 'up'"
        )

    def test_a_script_in_the_logfile(self) -> None:
        """A script's line begins with the date, whatever syslogmsgfmt says (G-9)."""
        expected = "2015/07/21_18:09:22  harc(default)[5555]:    info: Running /etc/ha.d//rc.d/status status"
        self.assertEqual(FORM.logfile(HARC), expected)
        self.assertEqual(Form("node01", 5555, syslog_style=False).logfile(HARC), expected)

    def test_a_script_in_the_debugfile(self) -> None:
        """There its name comes first, and a tab before the date (G-9)."""
        self.assertEqual(
            FORM.debugfile(HARC),
            "harc(default)[5555]:\t2015/07/21_18:09:22 info: Running /etc/ha.d//rc.d/status status",
        )

    def test_syslog(self) -> None:
        """In syslog the daemon's pid is part of the text; a script has only its name (G-3, G-11)."""
        self.assertEqual(FORM.syslog(UP), "[5555]: info: Local status now set to: 'up'")
        self.assertEqual(FORM.syslog(HARC), "info: Running /etc/ha.d//rc.d/status status")


class SeverityTests(SynchronousTestCase):
    """How severities are spelled."""

    def test_agents_shout(self) -> None:
        """OCF agents, and who calls them for heartbeat, write INFO in upper case (G-10)."""
        self.assertEqual(said(Line(WHEN, Level.INFO, " Success", CALLER)), "INFO:  Success")
        self.assertEqual(
            said(Line(WHEN, Level.INFO, "Bringing device eth0 up", AGENT)), "INFO: Bringing device eth0 up"
        )
        self.assertEqual(said(Line(WHEN, Level.NOTICE, "so", AGENT)), "NOTICE: so")
        self.assertEqual(said(Line(WHEN, Level.DEBUG, "so", AGENT)), "DEBUG: so")

    def test_heartbeats_own_scripts_do_not(self) -> None:
        """harc, ResourceManager, mach_down, ip-request-resp and hb_standby write info (G-10)."""
        for name in ("harc", "ResourceManager", "mach_down", "ip-request-resp", "hb_standby"):
            self.assertEqual(said(Line(WHEN, Level.INFO, "so", f"{name}(default)")), "info: so")
            self.assertEqual(said(Line(WHEN, Level.ERROR, "so", f"{name}(default)")), "ERROR: so")

    def test_the_daemons_words(self) -> None:
        """The severities are EMERG ALERT CRIT ERROR WARN notice info debug (G-5)."""
        words = [said(Line(WHEN, level, "so")).removesuffix(": so") for level in Level]
        expected = ["EMERG", "ALERT", "CRIT", "ERROR", "WARN", "notice", "info", "debug", "so"]
        self.assertEqual(words, expected)

    def test_a_script_may_have_none(self) -> None:
        """A line without severity is its text alone, in syslog too."""
        line = Line(WHEN, Level.PLAIN, "received ip-request-resp", "ip-request-resp(default)")
        self.assertEqual(said(line), "received ip-request-resp")
        self.assertEqual(FORM.syslog(Line(WHEN, Level.PLAIN, "so")), "[5555]: so")


class HostileTextTests(SynchronousTestCase):
    """What a line says may come from anywhere."""

    def test_one_line_stays_one_line(self) -> None:
        """Line ends become blanks, so nobody can forge a line."""
        self.assertEqual(said(Line(WHEN, Level.WARN, "a\nb\r\nc")), "WARN: a b c")

    def test_nothing_steers_a_terminal(self) -> None:
        """Control characters, lone surrogates and other line ends become question marks."""
        text = "a\x1b[2Jb\x00c\x85d\u2028e\udc80f\rg"
        self.assertEqual(said(Line(WHEN, Level.WARN, text)), "WARN: a?[2Jb?c?d?e?f?g")

    def test_what_people_write_stays(self) -> None:
        """Tabs and other alphabets are left alone."""
        self.assertEqual(said(Line(WHEN, Level.WARN, "主节点\tä")), "WARN: 主节点\tä")

    def test_a_line_is_bounded(self) -> None:
        """The text is cut."""
        self.assertEqual(said(Line(WHEN, Level.PLAIN, "x" * 2 * MAX_TEXT)), "x" * MAX_TEXT)
