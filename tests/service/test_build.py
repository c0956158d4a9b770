# -*- test-case-name: tests.service.test_build -*-
"""
Who gets what.
"""

from __future__ import annotations

import os
from pathlib import Path

from attrs import evolve
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from hatwist.cluster.names import Level
from hatwist.config.model import AutoFailback, HaCf, LinkName, LogSettings, MediumSpec, Position
from hatwist.errors import ConfigError
from hatwist.interfaces import ICounting, IMediumFactory, IMediumReceiver
from hatwist.media.memory import Hub, MemoryFactory, MemoryMedium
from hatwist.resources.groups import GroupRunner
from hatwist.resources.lifetimes import Lifetimes
from hatwist.service.build import (
    Places,
    kernel_media,
    read_configuration,
    script_runner,
    script_variables,
)
from tests.service.fakes import HostReactor, Spy, temporary
from tests.service.host import AUTHKEYS, HA_CF, Host

SPY = MediumSpec("bcast", LinkName("eth1"), Position("ha.cf"), interface="eth1")


class PlacesTests(SynchronousTestCase):
    """Where everything is."""

    def test_the_defaults_are_heartbeats(self) -> None:
        """Without options everything is where heartbeat has it."""
        places = Places()
        self.assertEqual(places.directory, "/etc/ha.d")
        self.assertEqual(places.state, "/var/lib/heartbeat")
        self.assertEqual(places.run, "/run/hatwist")
        self.assertEqual(places.init, "/etc/init.d")

    def test_the_name(self) -> None:
        """The option counts, else nodeinfo, else the host's name; in lower case."""
        directory = temporary(self)
        places = Places(directory=directory, hostname="Host01")
        self.assertEqual(places.me, "host01")
        Path(directory, "nodeinfo").write_text("Node01\n")
        self.assertEqual(places.me, "node01")
        self.assertEqual(evolve(places, node="Node02").me, "node02")


class ReadTests(SynchronousTestCase):
    """Reading the configuration."""

    def setUp(self) -> None:
        self.directory = Path(temporary(self))
        self.places = Places(directory=str(self.directory), node="node01", init=str(self.directory))
        (self.directory / "authkeys").write_text(AUTHKEYS)
        (self.directory / "authkeys").chmod(0o600)
        (self.directory / "haresources").write_text("node01 httpd\n")
        (self.directory / "httpd").write_text("#!/bin/sh\n")
        (self.directory / "httpd").chmod(0o755)
        self.write("ucast lo 192.0.2.1")

    def write(self, medium: str) -> None:
        """Write ha.cf with a medium."""
        text = HA_CF.format(directory=self.directory, failback="on").replace("bcast eth1", medium)
        (self.directory / "ha.cf").write_text(text)

    def test_it_is_read(self) -> None:
        """What is there can be used; scripts are also looked for where the option says."""
        self.assertEqual(read_configuration(self.places).config.cf.keepalive, 1.0)

    def test_an_interface_that_does_not_exist(self) -> None:
        """The interfaces are those of the network name space that we run in."""
        self.write("bcast nowhere0")
        error = self.assertRaises(ConfigError, read_configuration, self.places)
        self.assertIn("nowhere0", str(error))

    def test_nothing_changes(self) -> None:
        """Reading makes no file."""
        before = sorted(os.listdir(self.directory))
        read_configuration(self.places)
        self.assertEqual(sorted(os.listdir(self.directory)), before)


class ScriptVariableTests(SynchronousTestCase):
    """What scripts find in their environment (inventory A.5)."""

    def setUp(self) -> None:
        self.host = Host(self, "node01", Hub())
        self.config = self.host.load().config

    def told(self) -> dict[str, str]:
        """Return the variables."""
        return script_variables(self.config)

    def change(self, cf: HaCf) -> None:
        """Let ha.cf say something else."""
        self.config = evolve(self.config, cf=cf)

    def test_directives(self) -> None:
        """Each directive is there as HA_ and its name, as it was written."""
        told = self.told()
        self.assertEqual(told["HA_keepalive"], "1")
        self.assertEqual(told["HA_deadtime"], "10")

    def test_the_historical_ones(self) -> None:
        """The date format ends in a tab, nobody runs a log daemon, the debug level is a number."""
        told = self.told()
        self.assertEqual(told["HA_DATEFMT"], "%Y/%m/%d_%T\t")
        self.assertEqual(told["HA_LOGD"], "no")
        self.assertEqual(told["HA_debug"], "0")

    def test_where_to_log(self) -> None:
        """Scripts are told the log's destinations, those there are."""
        settings = LogSettings("/var/log/ha-log", "/var/log/ha-debug", "local0")
        self.change(evolve(self.config.cf, log=settings))
        told = self.told()
        self.assertEqual(
            [told[name] for name in ("HA_LOGFILE", "HA_DEBUGLOG", "HA_LOGFACILITY")],
            ["/var/log/ha-log", "/var/log/ha-debug", "local0"],
        )
        self.change(evolve(self.config.cf, log=LogSettings()))
        told = self.told()
        for name in ("HA_LOGFILE", "HA_DEBUGLOG", "HA_LOGFACILITY"):
            self.assertNotIn(name, told)

    def test_nice_failback(self) -> None:
        """HA_NICEFAILBACK is yes unless auto_failback is legacy."""
        expected = {AutoFailback.ON: "yes", AutoFailback.OFF: "yes", AutoFailback.LEGACY: "no"}
        for setting, word in expected.items():
            self.change(evolve(self.config.cf, auto_failback=setting))
            self.assertEqual(self.told()["HA_NICEFAILBACK"], word)

    def test_env(self) -> None:
        """What the administrator gives by env is there with the prefix HA_."""
        self.host.write("ha.cf", HA_CF.format(directory="/tmp", failback="on") + "env COLOUR=blue\n")
        self.assertEqual(script_variables(self.host.load().config)["HA_COLOUR"], "blue")

    def test_no_secret(self) -> None:
        """Neither the key nor what a fencing device is told is anywhere in it."""
        stonith = "stonith_host * external/ipmi node02 10.0.0.9 admin pass-word lan\n"
        self.host.write("ha.cf", HA_CF.format(directory="/tmp", failback="on") + stonith)
        text = repr(script_variables(self.host.load().config))
        self.assertNotIn("a-secret-key", text)
        self.assertNotIn("pass-word", text)


class BuiltTests(SynchronousTestCase):
    """What comes out."""

    def setUp(self) -> None:
        self.hub = Hub()
        self.host = Host(self, "node01", self.hub)

    def test_the_preamble_is_said_first(self) -> None:
        """The log begins as heartbeat's does, up to the first status (inventory E-90 to E-100)."""
        self.host.start()
        self.host.reactor.pump([1] * 3)
        self.host.crash()
        lines = [line.split("]: ", 1)[1] for line in self.host.ha_log.splitlines() if "heartbeat:" in line]
        words = [line for line in lines if "single" not in line]
        expected = [
            "info: Pacemaker support: false",
            "WARN: Logging daemon is disabled --enabling logging daemon is recommended",
            "info: **************************",
            "info: Configuration validated. Starting heartbeat 3.0.6",
            "info: heartbeat: version 3.0.6",
            "WARN: No Previous generation - starting at 1437473363",
            "info: Heartbeat generation: 1437473363",
            "info: No uuid found for current node - generating a new uuid.",
            f"info: Creating FIFO {self.host.places.state}/fifo.",
            "info: Local status now set to: 'up'",
        ]
        self.assertEqual([line.partition(" (hatwist")[0] for line in words], expected)

    def test_what_is_said_reaches_log_and_observers(self) -> None:
        """There is one voice."""
        self.host.build()
        assert self.host.built is not None
        self.host.built.say(Level.WARN, "so")
        self.assertEqual(self.host.lines[-1:], ["WARN: so"])

    def test_the_first_datagram(self) -> None:
        """It carries generation, load and the present time."""
        spy, clock = Spy(), Clock()
        self.hub.plug("spy").make(SPY, clock, spy).start()
        self.host.reactor.advance(5)
        self.host.start()
        self.host.reactor.pump([1, 1, 0.5])
        clock.advance(0)
        first = spy.heard[0]
        self.assertIn(b")t=status,", first)
        self.assertIn(b")st=init,", first)
        self.assertIn(f")hg={1437473363:x},".encode(), first)
        self.assertIn(f")ts={1437473364:x},".encode(), first)
        self.assertRegex(first.decode("latin-1"), r"\)ld=[\d.]+ [\d.]+ [\d.]+ \d+/\d+ \d+,")

    def test_troubles_of_media_are_shown(self) -> None:
        """What a medium counts stands in the status beside what the node counts."""

        @implementer(ICounting)
        class Troubled(MemoryMedium):
            def counters(self) -> dict[str, int]:
                return {"noise on eth1": 7}

        class Factory(MemoryFactory):
            def make(self, spec: MediumSpec, reactor: object, receiver: IMediumReceiver) -> MemoryMedium:
                return Troubled(hub, "node01", spec, reactor, receiver)

        hub = Hub()
        self.host.parts = evolve(self.host.parts, media=lambda _say: {"bcast": Factory(hub, "node01")})
        self.assertEqual(self.host.start().status().counters["noise on eth1"], 7)

    def test_real_media(self) -> None:
        """The media of the real world are those that hatwist has, and speak as heartbeat."""
        said: list[tuple[Level, str, str]] = []
        media = kernel_media(lambda *line: said.append(line))
        self.assertEqual(
            sorted(media),
            ["bcast", "mcast", "mcast6", "ping", "ping6", "ping_group", "serial", "ucast", "ucast6"],
        )
        for factory in media.values():
            self.assertTrue(verifyObject(IMediumFactory, factory))

    def test_real_resources(self) -> None:
        """The runner of the real world runs groups."""
        config = self.host.load().config
        clock, say = HostReactor(), lambda *line: None
        runner = script_runner(clock, self.host.places, config, say, Lifetimes(clock, say))
        self.assertIsInstance(runner, GroupRunner)
