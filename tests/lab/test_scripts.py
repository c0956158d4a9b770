# -*- test-case-name: tests.lab.test_scripts -*-
"""
Scripts beside hatwist: heartbeat's own, unchanged, which needs root and its
package; and ours, where those are not installed.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from pathlib import Path

from scripts.lab.configuration import CHECKOUT, address_only, ha_cf
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node, install_scripts
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, NodesTestCase, require

STOCK = "/usr/share/heartbeat"
OURS = CHECKOUT / "scripts" / "heartbeat"
HOOK = """#!/bin/sh
. $HA_FUNCS
ha_log "info: $HA_ifname of $HA_node is $HA_st, $HA_CURHOST is $HA_OSTATUS"
"""

TALK = """
while :; do printf '>>>\\nt=chatter\\ninfo=%s\\n<<<\\n' $$ >/var/lib/heartbeat/fifo; sleep 0.02; done
"""


class StockNode(HatwistNode):
    """hatwist where heartbeat's scripts are installed, and one of the administrator's own."""

    def prepare(self) -> None:
        """Install them."""
        install_scripts(self.host)
        self.host.write("/etc/ha.d/rc.d/ifstat", HOOK, 0o755)


class OurNode(HatwistNode):
    """hatwist where heartbeat's scripts are not installed, but ours are."""

    def prepare(self) -> None:
        """Install what belongs into /etc/ha.d."""
        self.host.write("/etc/ha.d/rc.d/ifstat", HOOK, 0o755)
        for name in ("harc", "shellfuncs"):
            self.host.write(f"/etc/ha.d/{name}", (OURS / name).read_text(), 0o755)


class ScriptTestCase(NodesTestCase[Node]):
    """
    Scripts on node01, by hand and in rc.d.

    @cvar kind: what node01 is.
    @cvar peer: what node02 is.
    @cvar place: where the scripts are.
    @cvar agent: what is at home on node01.
    @cvar settings: hatwist.toml.
    """

    kind: type[HatwistNode] = StockNode
    peer: type[Node] = StockNode
    place = STOCK
    agent = "IPaddr2"
    settings = ""

    def node(self, host: Host) -> Node:
        """hatwist on node01."""
        return self.kind(host) if host.name == "node01" else self.peer(host)

    def setUp(self) -> None:
        """Build the rack and start both, node01 first: so nobody waits for the other to be stable."""
        self.require()
        super().setUp()
        configuration = address_only(ha_cf(auto_failback="off", deadtime="3", initdead="3"), self.agent)
        configuration = replace(configuration, settings=self.settings)
        self.key = f"{self.agent}::{VIRTUAL}/24/eth0"
        self.one.boot(configuration)
        self.settle("node01")
        self.two.boot(configuration)
        self.two.await_log(r"info: remote resource transition completed\.", SETTLED)

    def require(self) -> None:
        """End the test where it cannot run."""
        require(HeartbeatNode.obstacle())

    def run_on(self, node: Node, script: str, *arguments: str) -> tuple[int, str]:
        """Run a script by hand."""
        environment = {"HATWISTCTL": str(Path(sys.executable).with_name("hatwistctl"))}
        if isinstance(self.one, HatwistNode):
            environment.update(self.one.environment())
        return node.host.run(f"{self.place}/{script}", *arguments, env=environment)

    def do(self, script: str, *arguments: str) -> str:
        """Run a script by hand on node01; it says that it worked."""
        status, text = self.run_on(self.one, script, *arguments)
        self.assertEqual(status, 0, text)
        return text

    def each_does_its_part(self) -> None:
        """Go through what moves nothing."""
        self.one.await_log(r"ifstat.*eth1 of node02 is up, node01 is \w+", SETTLED)
        self.assertEqual(self.one.count(r"(?m)harc.*Running /etc/ha.d//rc.d/ifstat ifstat$"), 2)
        # Nothing is started twice, nothing is moved.
        self.assertEqual(self.do("ResourceManager", "listkeys", "node01").split(), [self.key])
        self.do("ResourceManager", "status", self.key)
        self.assertEqual(self.run_on(self.two, "ResourceManager", "status", self.key)[0], 3)
        self.do("ResourceManager", "takegroup", self.key)
        self.do("req_resource", self.key)
        self.do("hb_setweight", "node02", "50")
        self.do("hb_setsite", "node02", "cellar")
        self.assertNobodyDied()

    def what_is_for_a_dead_node(self) -> None:
        """Go through the rest."""
        self.two.cut_power()
        self.one.await_log("node node02: is dead", SETTLED, times=2)
        self.do("mach_down", "node02")
        self.assertOwner("node01")
        self.do("hb_delnode", "node02")
        self.one.await_log(r"Removing node \[node02\] from configuration", SETTLED)
        self.do("hb_addnode", "node02")
        self.one.await_log(r"Adding new node\[node02\] to configuration", SETTLED)

    def there_and_back(self) -> None:
        """Give the group away and get it back."""
        self.calm()
        self.do("hb_standby")
        self.settle("node02")
        self.calm()
        self.do("hb_takeover", "local")
        self.settle("node01")
        self.assertOwner("node01")

    def change_keys(self) -> None:
        """Give both nodes another key, while scripts write messages."""
        # heartbeat loses messages of scripts that write at once, and its own script is to write here too.
        nodes = [node for node in (self.one, self.two) if isinstance(node, HatwistNode)]
        talking = [node.host.start(["sh", "-c", TALK]) for node in nodes]
        for node in (self.one, self.two):
            node.host.write("/etc/ha.d/authkeys", "auth 1\n1 sha1 the-next-key\n", 0o600)
            # heartbeat sees no change within the second in which it read the file.
            node.host.do("touch", "-d", "+2 seconds", "/etc/ha.d/authkeys")
        for node in (self.one, self.two):
            assert node.process is not None
            node.process.signal(signal.SIGHUP)
        for node in (self.one, self.two):
            node.await_log("Rereading authentication file", SETTLED)
        # Longer than a deadtime, and impossible without understanding each other.
        self.there_and_back()
        for talk in talking:
            talk.kill()

    def ask_for_it_back(self) -> None:
        """Give the group away, then ask for it as heartbeat does with auto_failback legacy."""
        self.calm()
        self.do("hb_standby", "local")
        self.settle("node02")
        self.calm()
        self.do("req_resource", self.key)
        self.settle("node01")
        self.assertOwner("node01")

    def assertNobodyDied(self) -> None:
        """Neither node was dead for the other, but for node02 before it was started."""
        self.assertEqual(self.one.count("node node02: is dead"), 1)
        self.assertEqual(self.two.count("node node01: is dead"), 0)


class StockTests(ScriptTestCase):
    """heartbeat's scripts, that for the address as well, and hatwist on both nodes."""

    settings = "[addresses]\nbuiltin = false\n"

    def test_everything(self) -> None:
        """Each script does what it does beside heartbeat; the work of those in rc.d is built in."""
        assert self.one.process is not None
        self.one.process.signal(signal.SIGUSR1)
        self.one.await_log(r"debug level is 1 now \(SIGUSR1\)", SETTLED)
        self.assertEqual(self.one.count(" debug: "), 0)
        self.change_keys()
        self.assertGreater(self.one.count(" debug: "), 0)
        self.each_does_its_part()
        self.assertEqual(self.one.count("not run, since"), 1)
        self.assertEqual(self.one.count(r"send_arp \(built in\)"), 0)
        self.ask_for_it_back()
        self.what_is_for_a_dead_node()


class OurTests(ScriptTestCase):
    """Our scripts, where heartbeat's are not installed."""

    kind = OurNode
    peer = OurNode
    place = str(OURS)
    agent = "IPaddr"

    def require(self) -> None:
        """Nothing but the lab is needed."""

    def test_everything(self) -> None:
        """Each does the same as heartbeat's; what the other owns is not started here."""
        self.calm()
        self.assertEqual(self.run_on(self.two, "ResourceManager", "takegroup", self.key)[0], 1)
        self.there_and_back()
        self.each_does_its_part()
        self.what_is_for_a_dead_node()


class MixedTests(ScriptTestCase):
    """heartbeat's scripts, with heartbeat 3.0.6 on node02; on node01 the address is built in."""

    peer = HeartbeatNode

    def test_there_and_back(self) -> None:
        """Each agrees with what the other's scripts want; keys are changed on both within a deadtime."""
        self.assertEqual(self.one.count(r"send_arp \(built in\)"), 1)
        self.change_keys()
        self.assertNobodyDied()
        self.ask_for_it_back()
