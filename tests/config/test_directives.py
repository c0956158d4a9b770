# -*- test-case-name: tests.config.test_directives -*-
"""
THE table.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config import scalars
from hatwist.config.directive import Life, Medium, Repeat, Scalar
from hatwist.config.directives import TABLE
from hatwist.config.media import PARSERS

ALL = """
apiauth auto_failback autojoin baud bcast cluster compression compression_threshold conn_logd_time
coredumps coreroot crm crm_daemon_dir crmd_spawns_pengine deadping deadtime debug debugfile
enable_config_writes env failfast hbaping hbgenmethod hopfudge initdead keepalive log_badpack
logfacility logfile max_rexmit_delay mcast mcast6 memreserve msgfmt nice_failback node normalpoll
pacemaker ping ping6 ping_group quorum_server rds realtime record_config_changes
record_pengine_inputs respawn rtprio serial stonith stonith_host syslogmsgfmt tipc
traditional_compression ucast ucast6 udp udpport use_apphbd use_logd uuidfrom warntime watchdog
"""


class TableTests(SynchronousTestCase):
    """The table is complete and sound."""

    def test_every_directive_of_the_original(self) -> None:
        """Every directive that heartbeat 3.0.6 knows has a row, in alphabetical order."""
        self.assertEqual(list(TABLE), ALL.split())

    def test_every_row_explains_itself(self) -> None:
        """A row says what to write and, in one line that ends as a sentence does, what it is for."""
        for row in TABLE.values():
            self.assertTrue(row.syntax, row.name)
            self.assertRegex(row.explanation, r"^[A-Z][^\n|]+\.$", row.name)

    def test_defaults_are_values(self) -> None:
        """A default can be written into the file."""
        for row in TABLE.values():
            if isinstance(row, Scalar) and row.default:
                row.parse(row.default)

    def test_once_has_its_words(self) -> None:
        """What may be used once has the words for a second use."""
        for row in TABLE.values():
            if row.repeat is Repeat.ONCE:
                assert isinstance(row, Scalar)
                self.assertTrue(row.twice, row.name)

    def test_every_medium_has_a_row(self) -> None:
        """Every kind of medium has a directive of its own name."""
        kinds = {row.kind for row in TABLE.values() if isinstance(row, Medium)}
        self.assertEqual(kinds, set(PARSERS))
        self.assertLess(kinds, set(TABLE))

    def test_what_is_active(self) -> None:
        """Every medium is active."""
        later = [row.name for row in TABLE.values() if isinstance(row, Medium) and row.life is Life.LATER]
        self.assertEqual(later, [])

    def test_pacemaker(self) -> None:
        """What means no is accepted, what means yes cannot be had, the rest is wrong."""
        self.assertEqual(scalars.pacemaker("No"), "No")
        for word in ("yes", "respawn", "Manual"):
            self.assertRaises(scalars.NotSupported, scalars.pacemaker, word)
        error = self.assertRaises(ValueError, scalars.pacemaker, "|no")
        self.assertNotIsInstance(error, scalars.NotSupported)
