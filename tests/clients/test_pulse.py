# -*- test-case-name: tests.clients.test_pulse -*-
"""
The heartbeat of one application.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.pulse import LAST_CALL, OUR_LATENESS, Application, Pulse
from tests.service.fakes import LogBook

WEB = Application("web", 812, 2.0, "IPaddr::10.0.0.5/24", "httpd")
ALONE = Application("cron", 813, 2.0)


class PulseTests(SynchronousTestCase):
    """An application that has to beat every two seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = LogBook()
        self.missed: list[tuple[str, str, str]] = []

    def pulse(self, application: Application = WEB) -> Pulse:
        """Let it register."""
        return Pulse(application, self.clock, self.log, lambda *what: self.missed.append(what))

    def test_it_beats(self) -> None:
        """As long as it does nothing is said."""
        pulse = self.pulse()
        for _ in range(10):
            self.clock.advance(1.9)
            pulse.beat()
        self.assertEqual((self.log.lines, self.missed, pulse.silent), ([], [], False))

    def test_it_misses_one(self) -> None:
        """Its resource has failed, once; when it beats again that is said."""
        pulse = self.pulse()
        self.clock.pump([2.0, LAST_CALL])
        self.assertTrue(pulse.silent)
        self.clock.advance(10.0 - LAST_CALL)
        self.assertEqual(self.missed, [(WEB.key, "httpd", "no heartbeat of web for 2 s")])
        self.assertEqual(pulse.silence, 12.0)
        pulse.beat()
        self.assertFalse(pulse.silent)
        self.assertEqual(
            self.log.lines,
            [
                "ERROR: apphb client 'web' / 'httpd' (pid 812) failed to heartbeat",
                "info: apphb client 'web' / 'httpd' (pid 812) resumed heartbeats",
            ],
        )
        self.clock.pump([2.0, LAST_CALL])
        self.assertEqual(len(self.missed), 2)

    def test_it_is_of_no_resource(self) -> None:
        """Then nothing follows but a line, and that it is silent."""
        pulse = self.pulse(ALONE)
        self.clock.pump([2.0, LAST_CALL])
        self.assertEqual(
            self.log.lines, ["ERROR: apphb client 'cron' / 'cron' (pid 813) failed to heartbeat"]
        )
        self.assertEqual((self.missed, pulse.silent), ([], True))

    def test_it_hangs_up(self) -> None:
        """Without a word: that is as bad as silence, and nothing more if it was silent."""
        self.pulse().hang_up()
        self.assertEqual(self.missed, [(WEB.key, "httpd", "it is gone without a word")])
        self.assertEqual(self.log.lines, ["WARN: apphb client 'web' / 'httpd' (pid 812) hangup"])
        pulse = self.pulse()
        self.clock.pump([2.0, LAST_CALL])
        pulse.hang_up()
        self.assertEqual(len(self.missed), 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_it_ends(self) -> None:
        """In order: nobody waits for it any more."""
        self.pulse().end()
        self.clock.pump([10.0])
        self.assertEqual(self.missed, [])

    def test_what_was_sent_in_time(self) -> None:
        """A heartbeat that waits to be read when time is up is read before that is said."""
        pulse = self.pulse()
        self.clock.advance(2.0)
        pulse.beat()
        self.clock.advance(LAST_CALL)
        self.assertEqual(self.missed, [])

    def test_we_were_late(self) -> None:
        """A host that slept gives each an interval more: it slept as well."""
        self.pulse()
        self.clock.advance(2.0 + OUR_LATENESS + 0.1)
        self.clock.advance(1.9)
        self.assertEqual(self.missed, [])
        self.clock.pump([0.1, LAST_CALL])
        self.assertEqual(len(self.missed), 1)
