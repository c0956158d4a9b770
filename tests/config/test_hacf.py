# -*- test-case-name: tests.config.test_hacf -*-
"""
ha.cf to values.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import Reading, read_hacf
from hatwist.config.model import (
    AutoFailback,
    GenerationMethod,
    LogSettings,
    MessageFormat,
    Position,
    UuidSource,
    node_name,
)


class HaCfTests(SynchronousTestCase):
    """What ha.cf says, with its defaults."""

    def read(self, text: str, node: str = "alpha", port: int = 694) -> Reading:
        """Read a text; what is found is kept."""
        self.findings = Findings()
        return read_hacf(text, "ha.cf", self.findings, node_name(node), port)

    def test_defaults(self) -> None:
        """An empty file has the defaults of the original."""
        cf = self.read("").cf
        self.assertEqual((cf.keepalive, cf.deadtime, cf.warntime), (1.0, 30.0, 15.0))
        self.assertEqual((cf.initdead, cf.deadping), (30.0, 30.0))
        self.assertIs(cf.auto_failback, AutoFailback.LEGACY)
        self.assertEqual((cf.udpport, cf.baud, cf.hopfudge), (694, 19200, 1))
        self.assertEqual((cf.compression, cf.compression_threshold), ("zlib", 2048))
        self.assertEqual(cf.max_rexmit_delay, 0.25)
        self.assertIsNone(cf.pacemaker)
        self.assertEqual(cf.log, LogSettings())
        self.assertEqual(self.findings.problems, [])

    def test_everything(self) -> None:
        """Every directive with one value finds its way into its field."""
        cf = self.read(
            """
            keepalive 500ms
            deadtime 4
            warntime 1500ms
            initdead 20
            deadping 5
            auto_failback on
            hopfudge 3
            cluster mine
            hbgenmethod time
            uuidfrom nodename
            max_rexmit_delay 100
            udpport 695
            baud 9600
            msgfmt netstring
            compression bz2
            compression_threshold 4
            traditional_compression yes
            log_badpack no
            logfile /var/log/ha-log
            debugfile /var/log/ha-debug
            logfacility local3
            use_logd on
            syslogmsgfmt off
            debug 2
            crm no
            realtime off
            watchdog /dev/watchdog
            env SITE=north,ROOM=2
            """
        ).cf
        self.assertEqual((cf.keepalive, cf.deadtime, cf.warntime), (0.5, 4.0, 1.5))
        self.assertEqual((cf.initdead, cf.deadping), (20.0, 5.0))
        self.assertIs(cf.auto_failback, AutoFailback.ON)
        self.assertEqual((cf.hopfudge, cf.cluster, cf.debug), (3, "mine", 2))
        self.assertIs(cf.hbgenmethod, GenerationMethod.TIME)
        self.assertIs(cf.uuidfrom, UuidSource.NODENAME)
        self.assertEqual((cf.max_rexmit_delay, cf.udpport, cf.baud), (0.1, 695, 9600))
        self.assertIs(cf.msgfmt, MessageFormat.NETSTRING)
        self.assertEqual((cf.compression, cf.compression_threshold), ("bz2", 4096))
        self.assertIs(cf.traditional_compression, True)
        self.assertIs(cf.log_badpack, False)
        log = LogSettings("/var/log/ha-log", "/var/log/ha-debug", "local3", True, False)
        self.assertEqual(cf.log, log)
        self.assertEqual((cf.pacemaker, cf.realtime, cf.watchdog), ("no", False, "/dev/watchdog"))
        self.assertEqual(dict(cf.environment), {"SITE": "north", "ROOM": "2"})
        self.assertFalse(self.findings.fatal)

    def test_facility_none(self) -> None:
        """The facility C{none} is none."""
        self.assertEqual(self.read("logfacility none").cf.log.facility, "")

    def test_auto_failback(self) -> None:
        """auto_failback is a boolean or legacy."""
        for word, expected in (
            ("on", AutoFailback.ON),
            ("0", AutoFailback.OFF),
            ("Legacy", AutoFailback.LEGACY),
        ):
            self.assertIs(self.read(f"auto_failback {word}").cf.auto_failback, expected)

    def test_nice_failback(self) -> None:
        """The obsolete nice_failback says off for on, and legacy for off."""
        self.assertIs(self.read("nice_failback on").cf.auto_failback, AutoFailback.OFF)
        self.assertIs(self.read("nice_failback off").cf.auto_failback, AutoFailback.LEGACY)

    def test_default_initdead(self) -> None:
        """initdead is deadtime above 10 s, 12 s below 6 s, and twice deadtime between."""
        for deadtime, expected in (("11", 11.0), ("10", 20.0), ("6", 12.0), ("5", 12.0)):
            self.assertEqual(self.read(f"deadtime {deadtime}").cf.initdead, expected)

    def test_last_value_wins(self) -> None:
        """Of several values, and of several lines, the last counts, with warnings."""
        self.assertEqual(self.read("keepalive 2 3\nkeepalive 4").cf.keepalive, 4.0)
        self.assertEqual([one.code for one in self.findings.problems], ["many-values", "repeated"])

    def test_good_values_before_a_bad_one_count(self) -> None:
        """Values are applied in turn; a bad one is an error at its place."""
        self.assertEqual(self.read("keepalive 2 x 3").cf.keepalive, 2.0)
        self.assertEqual(str(self.findings.problems[0].where), "ha.cf:1:13")

    def test_unit_after_a_blank(self) -> None:
        """A unit that is not attached gets the joined spelling as remedy, if that is right."""
        self.read("keepalive 10 ms\ndeadtime 10 s")
        self.assertEqual(
            [one.remedy for one in self.findings.problems],
            ["write 10ms, without a blank", "write seconds, as 2 or 1.5, or milliseconds, as 500ms"],
        )

    def test_names_of_nodes(self) -> None:
        """Nodes are in lower case, once, in the order of the file, and know their place."""
        reading = self.read("node Beta, alpha\nnode ALPHA gamma")
        self.assertEqual(reading.cf.nodes, ("beta", "alpha", "gamma"))
        self.assertEqual(reading.node_places[node_name("gamma")], Position("ha.cf", 2, 12))

    def test_port_counts_from_where_it_stands(self) -> None:
        """A medium has the port that was set above it, else the default of the host."""
        cf = self.read("bcast eth0\nudpport 700\nbcast eth1\nudp eth2", port=690).cf
        self.assertEqual([spec.port for spec in cf.media], [690, 700, 700])
        self.assertEqual([spec.kind for spec in cf.media], ["bcast"] * 3)
        self.assertEqual((cf.udpport, self.read("", port=690).cf.udpport), (700, 690))

    def test_bad_words_spare_the_others(self) -> None:
        """In a list of media only the bad ones are left out."""
        cf = self.read("bcast eth0 eth/1 eth2").cf
        self.assertEqual([spec.link for spec in cf.media], ["eth0", "eth2"])

    def test_stonith_of_this_node(self) -> None:
        """A stonith_host line counts on its own host, and on all with a star; the last one wins."""
        text = "stonith_host alpha rps10 /dev/ttyS1\nstonith_host beta null x\n"
        stonith = self.read(text).cf.stonith
        assert stonith is not None
        self.assertEqual((stonith.host, stonith.type, stonith.parameters), ("alpha", "rps10", "/dev/ttyS1"))
        self.assertIsNone(self.read(text, node="gamma").cf.stonith)
        stonith = self.read("stonith baytech /etc/x\nstonith_host * null a  b").cf.stonith
        assert stonith is not None
        self.assertEqual((stonith.type, stonith.parameters), ("null", "a  b"))

    def test_equals_signs(self) -> None:
        """Who writes NAME=VALUE is told to write a blank."""
        self.read("node=anna bert\nkeepalive=\nnode =anna\nwhat=1\n")
        self.assertEqual(
            [one.remedy for one in self.findings.problems],
            [
                "write node anna, with a blank in place of =",
                "write keepalive VALUE, with a blank in place of =",
                "write node NAME NAME, without =",
                "if this is a comment, put # in front of it",
            ],
        )

    def test_idle(self) -> None:
        """What does nothing yet is noted."""
        self.read("rtprio 5\n")
        said = [f"{one.gravity.value}: {one.text}" for one in self.findings.problems]
        self.assertEqual(said, ["note: rtprio: accepted, not yet active"])

    def test_children_and_clients(self) -> None:
        """respawn, failfast and apiauth are kept in order."""
        cf = self.read("respawn root /bin/a -d 5s\nfailfast root /bin/b\napiauth x gid=g uid=a,b").cf
        self.assertEqual(
            [(one.command, one.failfast) for one in cf.respawn], [("/bin/a -d 5s", False), ("/bin/b", True)]
        )
        self.assertEqual((cf.apiauth[0].uids, cf.apiauth[0].gids), (("a", "b"), ("g",)))

    def test_parameters(self) -> None:
        """Recorded directives are kept as written, or by default; node and media are not recorded."""
        parameters = self.read("keepalive 500ms\ncrm no\nbcast eth0\nnode alpha").cf.parameters
        self.assertEqual(parameters["keepalive"], "500ms")
        self.assertEqual(parameters["deadtime"], "30000ms")
        self.assertEqual(parameters["udpport"], "694")
        self.assertEqual(parameters["pacemaker"], "no")
        for name in ("node", "bcast", "crm", "logfile", "use_logd", "coreroot", "normalpoll"):
            self.assertNotIn(name, parameters)

    def test_parameters_that_follow_from_others(self) -> None:
        """What ha.cf does not say and deadtime decides is recorded too, in milliseconds."""
        derived = ("warntime", "initdead", "deadping")
        parameters = self.read("deadtime 5").cf.parameters
        self.assertEqual([parameters[name] for name in derived], ["2500ms", "12000ms", "5000ms"])
        parameters = self.read("deadtime 5\nwarntime 3\ninitdead 30\ndeadping 4").cf.parameters
        self.assertEqual([parameters[name] for name in derived], ["3", "30", "4"])

    def test_places(self) -> None:
        """Each directive knows where it stands, the last time; one without a good line is refused."""
        reading = self.read("debug 1\ndebug 2\nkeepalive x")
        self.assertEqual(reading.places["debug"], Position("ha.cf", 2, 1))
        self.assertEqual(reading.places["keepalive"], Position("ha.cf", 3, 1))
        self.assertEqual(reading.refused, {"keepalive"})
