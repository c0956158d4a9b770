# -*- test-case-name: tests.lab.test_fencing -*-
"""
A silent peer is fenced before anything of it is started.

The device is an agent on each host that asks the test, which cuts the power, or says no, or
takes its time.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from hatwist.fencing.devices import STONITH, find_program
from scripts.lab.configuration import CHECKOUT, Configuration, address_only, ha_cf
from scripts.lab.nodes import HatwistNode
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase, require

RUNS = int(os.environ.get("LAB_RUNS", "3"))
"""How often the link is cut."""

AGENT = """#!/bin/sh
action= node=
while IFS== read -r name value; do
    case $name in
        action) action=$value ;;
        port|plug|nodename) node=$value ;;
    esac
done
case $action in
    metadata) echo '<resource-agent><actions><action name="reboot"/></actions></resource-agent>'; exit 0 ;;
    monitor|status|list) exit 0 ;;
esac
rm -f /run/fence.answer
echo "$node" > /run/fence.new && mv /run/fence.new /run/fence.request
while [ ! -e /run/fence.answer ]; do sleep 0.02; done
exit $(cat /run/fence.answer)
"""

SETTINGS = """
native = true
[fencing.device.switch]
type = "/etc/ha.d/fence_lab"
retries = 0
timeout = 30
"""


class DeviceTestCase(TwoNodesTestCase):
    """Each node can have the other's power cut."""

    def begin(self, files: Configuration, settings: str = SETTINGS) -> None:
        """Start both nodes, and wait until nothing moves."""
        for node in (self.one, self.two):
            node.host.write("/etc/ha.d/fence_lab", AGENT, 0o755)
        self.boot(replace(files, settings=settings))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.calm()

    def request(self, node: HatwistNode) -> Path:
        """Return where a node's agent asks."""
        return node.host.inside("/run/fence.request")

    def asked(self, node: HatwistNode) -> str:
        """Wait until a node wants somebody fenced; return whom."""
        until(self.request(node).exists, SETTLED, f"{node.name} wants somebody fenced")
        target = self.request(node).read_text().strip()
        self.request(node).unlink()
        return target

    def answer(self, node: HatwistNode, status: int) -> None:
        """Let its agent end."""
        node.host.inside("/run/fence.new").write_text(f"{status}\n")
        node.host.do("mv", "/run/fence.new", "/run/fence.answer")


class FencingTests(DeviceTestCase):
    """node01 has an address."""

    def setUp(self) -> None:
        """Start both."""
        super().setUp()
        self.begin(address_only(ha_cf(auto_failback="off", keepalive="200ms", deadtime="1000ms")))

    def test_a_death(self) -> None:
        """Nothing is started before the device has confirmed, however long that takes."""
        self.one.cut_power()
        self.assertEqual(self.asked(self.two), "node01")
        self.two.await_log("Resetting node node01", SETTLED)
        self.assertEqual(self.watch.owners(VIRTUAL), ())
        self.assertEqual(self.two.count("Taking over resource group"), 0)
        self.answer(self.two, 0)
        self.watch.await_owner(VIRTUAL, "node02", SETTLED)
        self.assertOwner("node02")

    def test_a_device_that_fails(self) -> None:
        """It is tried again; a person who knows can say so."""
        self.one.cut_power()
        for number in (1, 2):
            self.asked(self.two)
            self.answer(self.two, 1)
            self.two.await_log("node01 could not be fenced", SETTLED, number)
        self.assertEqual(self.watch.owners(VIRTUAL), ())
        self.assertIn("hatwistctl fence confirm node01", self.two.control("status")[1])
        self.assertEqual(self.two.control("fence", "confirm", "node01")[0], 0)
        self.watch.await_owner(VIRTUAL, "node02", SETTLED)
        self.assertOwner("node02")

    def test_a_cut_link(self) -> None:
        """Exactly one is fenced: who owns nothing.  Booted with the link cut it starts nothing."""
        for number in range(1, RUNS + 1):
            self.cut(number)

    def cut(self, number: int) -> None:
        """Cut the link, and join it again."""
        self.one.host.isolate("eth1")
        self.assertEqual(self.asked(self.one), "node02")
        self.two.cut_power()
        self.answer(self.one, 0)
        self.one.await_log("decision: fenced node02", SETTLED, number)
        self.assertOwner("node01")
        self.two.boot()
        self.two.await_log("decision: takeover refused node01", SETTLED, number)
        self.assertFalse(self.request(self.two).exists())
        self.assertFalse(self.request(self.one).exists())
        self.assertIn("was not seen since this node's start", self.two.control("status")[1])
        self.assertOwner("node01")
        self.one.host.heal("eth1")
        until(lambda: "node02  active" in self.one.control("status")[1], SETTLED, "node02 is seen")
        self.calm()
        self.assertOwner("node01")


WATCHDOG = """
import os, select
device = os.open("/run/watchdog", os.O_RDWR)
armed = False
while True:
    ready = select.select([device], [], [], 1.0 if armed else None)[0]
    if not ready:
        open("/run/watchdog.fired", "w").close()
        break
    armed = b"V" not in os.read(device, 100)
"""

DISK = """#!/bin/sh
case $1 in
    start) touch /run/disk ;;
    stop) sleep 30; rm -f /run/disk ;;
    status) [ -e /run/disk ] && echo running || echo stopped ;;
esac
"""
"A disk that cannot be unmounted for half a minute."


class WatchdogTests(DeviceTestCase):
    """node01 has an address and a disk that it cannot let go of in time."""

    def setUp(self) -> None:
        """Give each node a watchdog, which is a pipe here, and start both."""
        super().setUp()
        text = ha_cf(auto_failback="off", keepalive="200ms", deadtime="1000ms")
        files = Configuration(
            f"{text}watchdog /run/watchdog\nenv STOPRETRYMAX=1\n",
            f"node01 IPaddr::{VIRTUAL}/24/eth0 disk\n",
            scripts={"disk": DISK},
        )
        for node in (self.one, self.two):
            node.host.power_on()
            node.host.do("mkfifo", "/run/watchdog")
            node.host.start([sys.executable, "-I", "-S", "-c", WATCHDOG])
        self.begin(files, f"{SETTINGS}[guardian]\nstop_within = 2\n")

    def test_a_disk_that_is_not_let_go_of(self) -> None:
        """The watchdog resets the host; only then is the disk started on the other one."""
        until(self.one.host.inside("/run/disk").exists, SETTLED, "node01 has the disk")
        self.one.kill()
        self.assertEqual(self.asked(self.two), "node01")
        self.one.await_log("the watchdog gets no more food", SETTLED)
        until(self.one.host.inside("/run/watchdog.fired").exists, SETTLED, "the watchdog has fired")
        self.assertTrue(self.one.host.inside("/run/disk").exists())
        self.assertFalse(self.two.host.inside("/run/disk").exists())
        self.one.cut_power()
        self.answer(self.two, 0)
        until(self.two.host.inside("/run/disk").exists, SETTLED, "node02 has the disk")
        self.watch.await_owner(VIRTUAL, "node02", SETTLED)
        self.assertOwner("node02")

    def test_a_stop_that_fails_in_a_standby(self) -> None:
        """It is for the watchdog as well: nobody knows whether the disk is still in use."""
        self.one.host.write(
            "/etc/ha.d/resource.d/disk", DISK.replace("sleep 30; rm -f /run/disk", "exit 1"), 0o755
        )
        status, words = self.one.control("standby", "all", "--no-wait")
        self.assertEqual(status, 0, words)
        until(self.one.host.inside("/run/watchdog.fired").exists, SETTLED, "the watchdog has fired")
        self.assertFalse(self.two.host.inside("/run/disk").exists())
        self.one.cut_power()
        self.assertEqual(self.asked(self.two), "node01")
        self.answer(self.two, 0)
        until(self.two.host.inside("/run/disk").exists, SETTLED, "node02 has the disk")
        self.assertOwner("node02")


SWITCH = """
import sys
from twisted.internet import reactor
from tests.fencing.baytech import Switch

class Noted(Switch):
    def obey(self, verb, number):
        answer = super().obey(verb, number)
        with open("/run/baytech", "a") as file:
            file.write(self.commands[-1] + "\\n")
        return answer

reactor.listenTCP(23, Noted({"node01": True, "node02": True}))
reactor.run()
"""


class BaytechTests(TwoNodesTestCase):
    """The seed's own line in ha.cf, and a switch that speaks as its plugin expects."""

    def setUp(self) -> None:
        """Start both nodes."""
        super().setUp()
        require(
            None if find_program(STONITH) else "there is no stonith command: apt-get install cluster-glue"
        )
        self.client.power_on()
        text = ha_cf(auto_failback="off", keepalive="200ms", deadtime="1000ms")
        files = address_only(f"{text}stonith baytech /etc/ha.d/conf/stonith.baytech\n")
        for node in (self.one, self.two):
            node.host.write("/etc/ha.d/conf/stonith.baytech", "172.16.0.1 admin secret\n", 0o600)
        self.boot(files)
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.calm()

    def test_a_kernel_crash(self) -> None:
        """The dead host is reset, that is confirmed, and only then is anything taken over."""
        environment = {"PYTHONPATH": str(CHECKOUT)}
        self.client.start([sys.executable, "-c", SWITCH], environment)
        self.one.cut_power()
        self.two.await_log("decision: fenced node01", SETTLED)
        self.assertEqual(self.client.inside("/run/baytech").read_text(), "REBOOT node01\n")
        self.watch.await_owner(VIRTUAL, "node02", SETTLED)
        self.assertOwner("node02")

    def test_the_switch_is_dead(self) -> None:
        """Nothing is taken over, until a person says that it may be."""
        self.one.cut_power()
        self.two.await_log("node01 could not be fenced", SETTLED)
        self.assertEqual(self.watch.owners(VIRTUAL), ())
        self.assertEqual(self.two.control("fence", "confirm", "node01")[0], 0)
        self.watch.await_owner(VIRTUAL, "node02", SETTLED)
        self.assertOwner("node02")
