# -*- test-case-name: tests.resources.test_build -*-
"""
The runner of a node, with scripts in a directory of its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.errors import AgentError
from hatwist.resources.agents import OcfAgent, ScriptAgent, Stage, UnitAgent
from hatwist.resources.build import (
    Agents,
    AnnouncedScript,
    make_runner,
    read_stop_retries,
    script_environment,
)
from hatwist.resources.groups import STOP_RETRIES
from hatwist.resources.ipaddr import AddressAgent
from hatwist.resources.locate import Places
from hatwist.resources.presence import make_presence
from hatwist.resources.process import Ran
from tests.resources.fakes import LogBook, group, resource, temporary, write_program


def launch_nothing(words: Sequence[str], environment: Mapping[str, str], timeout: float) -> Deferred[Ran]:
    """Run nothing: which agent is found must not depend on it."""
    raise AssertionError(words)


class EnvironmentTests(SynchronousTestCase):
    """What programs are given."""

    def test_defaults(self) -> None:
        """Programs get what heartbeat's scripts rely on, and nothing of our own environment."""
        self.assertEqual(
            script_environment("/etc/ha.d", "node01", {}),
            {
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG": "C",
                "HA_DIR": "/etc/ha.d",
                "HA_FUNCS": "/etc/ha.d/shellfuncs",
                "HA_RCDIR": "/etc/ha.d/rc.d",
                "HA_CURHOST": "node01",
                "OCF_ROOT": "/usr/lib/ocf",
            },
        )

    def test_the_daemon_has_the_last_word(self) -> None:
        """What the daemon says of the environment is added, or takes the place of a default."""
        found = script_environment(
            "/etc/ha.d", "node01", {"LANG": "C.UTF-8", "HA_LOGFILE": "/var/log/ha-log"}
        )
        self.assertEqual((found["LANG"], found["HA_LOGFILE"]), ("C.UTF-8", "/var/log/ha-log"))

    def test_stop_retries(self) -> None:
        """HA_STOPRETRYMAX says how often a stop is tried again; what is no number does not."""
        self.assertEqual(read_stop_retries({}), STOP_RETRIES)
        self.assertEqual(read_stop_retries({"HA_STOPRETRYMAX": "3"}), 3)
        self.assertEqual(read_stop_retries({"HA_STOPRETRYMAX": "many"}), STOP_RETRIES)


class AgentsTests(SynchronousTestCase):
    """Which agent a resource gets."""

    def setUp(self) -> None:
        self.directory = temporary(self)
        self.root = temporary(self)
        self.stock: set[str] = set()

    def find(self, text: str, builtin: bool = True) -> object:
        """Return the agent of a resource."""
        places = Places(self.directory, "/nowhere", self.root)
        stage = Stage(launch_nothing, {}, LogBook())
        presence = make_presence(Clock(), stage.log, 60.0)
        agents = Agents(places, stage, presence.announcer, presence.network, builtin, self.stock)
        return agents.agent_for(resource(text))

    def install(self, name: str) -> str:
        """Install a script."""
        return write_program(os.path.join(self.directory, "resource.d"), name, "")

    def test_scripts_come_first(self) -> None:
        """A script in resource.d is taken, for addresses too, unless it is heartbeat's own."""
        for name in ("httpd", "IPaddr"):
            path = self.install(name)
            found = self.find(f"{name}::172.16.0.210")
            script = found.script if isinstance(found, AnnouncedScript) else found
            assert isinstance(script, ScriptAgent)
            self.assertEqual(script.path, path)

    def test_an_address_that_a_script_made_is_announced(self) -> None:
        """The script does the rest; what only it understands is announced by nobody."""
        self.install("IPaddr2")
        found = self.find("IPaddr2::172.16.0.210/24/eth0")
        assert isinstance(found, AnnouncedScript)
        self.assertEqual(found.address().wanted.ip, IPv4Address("172.16.0.210"))
        odd = self.find("IPaddr2::example.com")
        assert isinstance(odd, AnnouncedScript)
        outcome, words = self.successResultOf(odd.run(resource("IPaddr2::example.com"), Verb.ANNOUNCE))
        self.assertEqual((outcome, words), (Outcome.OK, "not an IP address: example.com"))

    def test_the_built_in_address(self) -> None:
        """Without a script, or with heartbeat's own, the built-in address takes its place."""
        for name in ("IPaddr", "IPaddr2"):
            self.assertIsInstance(self.find(f"{name}::172.16.0.210/24/eth0"), AddressAgent)
            self.stock.add(self.install(name))
            self.assertIsInstance(self.find(f"{name}::172.16.0.210/24/eth0"), AddressAgent)
        self.assertIsInstance(self.find("IPv6addr::2001:db8:0:0:0:0:0:5/64/eth0"), AddressAgent)

    def test_handed_back_to_the_scripts(self) -> None:
        """With builtin = false a script that is there is run, whoever wrote it."""
        self.stock.add(self.install("IPaddr"))
        self.assertIsInstance(self.find("IPaddr::172.16.0.210", builtin=False), AnnouncedScript)
        self.assertIsInstance(self.find("IPaddr2::172.16.0.210", builtin=False), AddressAgent)

    def test_built_in_are_addresses_only(self) -> None:
        """Other scripts are run as ever."""
        self.stock.add(self.install("httpd"))
        self.assertIsInstance(self.find("httpd"), ScriptAgent)

    def test_an_address_that_is_none(self) -> None:
        """The built-in address refuses what it cannot read."""
        problem = self.assertRaises(AgentError, self.find, "IPaddr::example.com")
        self.assertEqual(str(problem), "not an IP address: example.com")

    def test_ocf(self) -> None:
        """An OCF agent is found by the name of its wrapper, if that is not installed, and by OCF::."""
        write_program(os.path.join(self.root, "resource.d", "heartbeat"), "LVM", "")
        self.assertIsInstance(self.find("LVM::vg0"), OcfAgent)
        path = Path(self.directory, "conf", "OCF", "LVM", "vg0")
        path.parent.mkdir(parents=True)
        path.write_text("volgrpname=vg0\n")
        self.install("OCF")
        self.assertIsInstance(self.find("OCF::LVM::vg0"), OcfAgent)
        self.install("LVM")
        self.assertIsInstance(self.find("LVM::vg0"), ScriptAgent)

    def test_units(self) -> None:
        """A unit is systemd's, whatever scripts there are; what cannot be one is refused."""
        self.install("systemd:nginx")
        found = self.find("systemd:nginx")
        assert isinstance(found, UnitAgent)
        self.assertEqual(found.unit, "nginx.service")
        problem = self.assertRaises(AgentError, self.find, "systemd:nginx::x")
        self.assertEqual(str(problem), "systemd:nginx::x: a unit takes no arguments")

    def test_missing(self) -> None:
        """What is nowhere is named."""
        problem = self.assertRaises(AgentError, self.find, "httpd")
        self.assertEqual(str(problem), "Cannot locate resource script httpd")


SERVICE = """
echo "$(basename $0) $*" >> $JOURNAL
state=$STATES/$(basename $0)
eval verb=\\${$#}
case $verb in
start) touch $state; echo started;;
stop) rm -f $state;;
status) if [ -e $state ]; then echo is running; else echo not running; fi;;
esac
"""


class RealTests(TestCase):
    """The runner, with real scripts."""

    timeout = 30

    def setUp(self) -> None:
        self.directory = temporary(self)
        self.init = temporary(self)
        self.journal = os.path.join(self.directory, "journal")
        self.log = LogBook()
        environment = {"JOURNAL": self.journal, "STATES": self.directory, "HA_STOPRETRYMAX": "1"}
        self.runner = make_runner(
            reactor, self.directory, "node01", environment, self.log, init_directory=self.init
        )
        write_program(os.path.join(self.directory, "resource.d"), "drbddisk", SERVICE)
        write_program(self.init, "httpd", SERVICE)

    def calls(self) -> list[str]:
        """Return what was called, and forget it."""
        lines = Path(self.journal).read_text().splitlines()
        os.remove(self.journal)
        return lines

    async def test_a_group_s_life(self) -> None:
        """A group of scripts from both directories starts, is found running, and stops."""
        web = group("drbddisk::r0::x y", "httpd")
        self.assertEqual(await self.runner.run(web, Verb.START), (Outcome.OK, ""))
        expected = ["drbddisk r0 x y status", "drbddisk r0 x y start", "httpd status", "httpd start"]
        self.assertEqual(self.calls(), expected)
        self.assertEqual((await self.runner.run(web, Verb.STATUS))[0], Outcome.RUNNING)
        await self.runner.run(web, Verb.START)
        self.calls()
        self.assertEqual(await self.runner.run(web, Verb.STOP), (Outcome.OK, ""))
        self.assertEqual(self.calls(), ["httpd stop", "drbddisk r0 x y stop"])
        self.assertEqual((await self.runner.run(web, Verb.STATUS))[0], Outcome.STOPPED)

    async def test_a_unit_s_life(self) -> None:
        """A unit starts, is found running, and stops, through the systemctl of the path."""
        systemctl = 'set -- "$2" "$1"; state=$STATES/$1; echo "$2 $1" >> $JOURNAL\n'
        systemctl += "case $2 in start) touch $state;; stop) rm -f $state;;\n"
        systemctl += "is-active) [ -e $state ] && echo active || { echo inactive; exit 3; };; esac"
        write_program(self.init, "systemctl", systemctl)
        environment = {
            "JOURNAL": self.journal,
            "STATES": self.directory,
            "PATH": f"{self.init}:{os.environ['PATH']}",
        }
        runner = make_runner(reactor, self.directory, "node01", environment, self.log)
        web = group("systemd:nginx")
        self.assertEqual(await runner.run(web, Verb.START), (Outcome.OK, ""))
        self.assertEqual((await runner.run(web, Verb.STATUS))[0], Outcome.RUNNING)
        self.assertEqual(await runner.run(web, Verb.STOP), (Outcome.OK, ""))
        self.assertEqual((await runner.run(web, Verb.STATUS))[0], Outcome.STOPPED)
        verbs = [line.split()[0] for line in self.calls()]
        self.assertEqual(verbs, ["is-active", "start", "is-active", "stop", "is-active"])

    async def test_a_failure_is_explained(self) -> None:
        """What a failing script said is in the log and in the outcome."""
        path = write_program(self.init, "tomcat", "[ $1 = start ] || exit 0; echo no java >&2; exit 5")
        web = group("httpd", "tomcat")
        outcome = await self.runner.run(web, Verb.START)
        self.assertEqual(outcome, (Outcome.FAILED, "tomcat: return code 5: no java"))
        self.assertEqual(
            self.log.lines(Level.DEBUG),
            [
                "info: Acquiring resource group: node01 httpd tomcat",
                f"info: Running {self.init}/httpd start",
                f"info: Running {path} start",
                f"ERROR: Return code 5 from {path}",
                f"ERROR: {path}: no java",
                "CRIT: Giving up resources due to failure of tomcat",
                "info: Releasing resource group: node01 httpd tomcat",
                f"info: Running {path} stop",
                f"info: Running {self.init}/httpd stop",
            ],
        )
