# -*- test-case-name: tests.resources.test_ipaddr -*-
"""
The built-in address, on a network in memory.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.names import Outcome, Verb
from hatwist.interfaces import IResourceAgent
from hatwist.resources.announce import Announcer
from hatwist.resources.ipaddr import AddressAgent
from hatwist.resources.network import Held, IPAddress, Link
from hatwist.resources.wanted import read_wanted
from tests.resources.fakes import LogBook, MemoryNetwork, resource
from tests.resources.test_announce import MemorySender

HOME = Held(IPv4Address("172.16.0.208"), 24, 2, "eth0", IPv4Address("172.16.0.255"))
IP = IPv4Address("172.16.0.210")
LAST = IPv4Address("172.16.0.255")
LO = Link(1, "lo")
ETH0 = Link(2, "eth0", bytes.fromhex("0200ac100001"), announces=True)
ETH1 = Link(3, "eth1", bytes.fromhex("0200ac100002"), announces=True)

FIRST = "172.16.0.210/24/eth0"


class AddressCase(SynchronousTestCase):
    """A host with two interfaces."""

    def setUp(self) -> None:
        self.network = MemoryNetwork(LO, ETH0, ETH1)
        self.network.addresses = [HOME]
        self.network.routes = [("0.0.0.0/0", ETH1.index)]
        self.clock = Clock()
        self.log = LogBook()
        self.sender = MemorySender(self.clock)
        self.announcer = Announcer(self.clock, self.is_held, self.sender, self.log)

    def is_held(self, link: Link, ip: IPAddress) -> bool:
        """Whether the address is there."""
        return any(one.ip == ip and one.index == link.index for one in self.network.addresses)

    def perform(self, verb: Verb, text: str = FIRST, script: str = "IPaddr") -> tuple[Outcome, str]:
        """Carry out one verb."""
        wanted = resource(f"{script}::{text}")
        path = f"/etc/ha.d/resource.d/{script}"
        agent = AddressAgent(
            read_wanted(wanted.arguments), path, self.log, self.announcer, lambda: self.network
        )
        verifyObject(IResourceAgent, agent)
        return self.successResultOf(agent.run(wanted, verb))

    def added(self, text: str) -> Held:
        """Start an address and return what was added."""
        self.assertEqual(self.perform(Verb.START, text), (Outcome.OK, ""))
        return self.network.addresses[-1]

    def refused(self, text: str) -> str:
        """Return why an address cannot be started."""
        outcome, detail = self.perform(Verb.START, text)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertEqual(self.network.addresses, [HOME])
        return detail


class StartTests(AddressCase):
    """Starting."""

    def test_the_log_of_the_original(self) -> None:
        """A probe and a start leave the lines that the scripts leave."""
        self.perform(Verb.STATUS)
        self.perform(Verb.START)
        agent = "IPaddr(IPaddr_172.16.0.210)"
        caller = f"/usr/lib/ocf/resource.d//heartbeat/{agent}"
        self.assertEqual(
            self.log.signed,
            [
                f"{caller}: INFO:  Resource is stopped",
                "ResourceManager(default): info: "
                "Running /etc/ha.d/resource.d/IPaddr 172.16.0.210/24/eth0 start",
                f"{agent}: INFO: Adding inet address 172.16.0.210/24 "
                "with broadcast address 172.16.0.255 to device eth0",
                f"{agent}: INFO: Bringing device eth0 up",
                f"{agent}: INFO: send_arp (built in) -i 0,50,100,200,500 -r 5 "
                "eth0 172.16.0.210 auto not_used not_used",
                f"{caller}: INFO:  Success",
            ],
        )

    def test_address_and_interface(self) -> None:
        """The address is added as asked for, and the interface brought up."""
        expected = Held(IP, 24, ETH0.index, "eth0", LAST, secondary=True)
        self.assertEqual(self.added(FIRST), expected)
        self.assertEqual(self.network.up, [ETH0.index])

    def test_alias(self) -> None:
        """An alias becomes the label, on the interface before the colon."""
        self.assertEqual(self.added("172.16.0.210/24/eth0:3").label, "eth0:3")
        text = "Adding inet address 172.16.0.210/24 with broadcast address 172.16.0.255"
        self.assertIn(f"INFO: {text} to device eth0 (with label eth0:3)", self.log.lines())

    def test_broadcast(self) -> None:
        """A broadcast address that was given is used; a host address has none."""
        given = self.added("172.16.0.210/24/eth0/172.16.0.127").broadcast
        self.assertEqual(given, IPv4Address("172.16.0.127"))
        self.assertIsNone(self.added("172.16.0.211/32/eth0").broadcast)
        self.assertIn("INFO: Adding inet address 172.16.0.211/32 to device eth0", self.log.lines())

    def test_the_route_tells_interface_and_prefix(self) -> None:
        """What was not said follows from the route to the address."""
        self.assertEqual(self.added("172.16.0.210"), Held(IP, 24, ETH0.index, "eth0", LAST, secondary=True))

    def test_the_route_tells_the_prefix(self) -> None:
        """With an interface given, only routes over it count."""
        self.network.routes.append(("172.16.0.0/16", ETH1.index))
        found = self.added("172.16.0.210//eth1")
        self.assertEqual((found.prefix, found.index), (16, ETH1.index))

    def test_the_route_tells_the_interface(self) -> None:
        """With a prefix given, even a default route names the interface."""
        found = self.added("198.51.100.7/28")
        self.assertEqual((found.prefix, found.index), (28, ETH1.index))

    def test_routes_that_do_not_tell(self) -> None:
        """A default route does not tell a prefix; no route tells nothing."""
        self.assertEqual(
            self.refused("198.51.100.7"), "only a default route leads to 198.51.100.7: say ip/bits/interface"
        )
        self.network.routes.clear()
        self.assertEqual(
            self.refused("198.51.100.7/24"), "no interface has a route to 198.51.100.7: say ip/bits/interface"
        )

    def test_no_such_interface(self) -> None:
        """An interface that is not there is a failure that names it, in the log as well."""
        self.assertEqual(self.refused("172.16.0.210/24/eth7"), "there is no interface eth7")
        self.assertEqual(
            self.log.lines()[-2:],
            [
                "ERROR: there is no interface eth7",
                "ERROR: Return code 1 from /etc/ha.d/resource.d/IPaddr",
            ],
        )

    def test_the_kernel_refuses(self) -> None:
        """What the kernel says against it is the reason of the failure."""
        self.network.refusal = PermissionError(1, "Operation not permitted (EPERM)")
        self.assertEqual(self.refused(FIRST), "[Errno 1] Operation not permitted (EPERM)")
        self.assertEqual(self.sender.sent, [])

    def test_started_already(self) -> None:
        """To start what runs is a success and changes nothing."""
        self.added(FIRST)
        before = list(self.network.addresses)
        self.assertEqual(self.perform(Verb.START), (Outcome.OK, ""))
        self.assertEqual(self.network.addresses, before)

    def test_announced(self) -> None:
        """The neighbours are told at once, and again later."""
        self.added(FIRST)
        self.assertEqual(len(self.sender.sent), 2)
        self.clock.pump([0.002] * 300)
        self.assertEqual(len(self.sender.sent), 10)

    def test_ipv6(self) -> None:
        """An IPv6 address has neither label nor broadcast address."""
        self.perform(Verb.START, "2001:db8::5/64/eth0", "IPv6addr")
        expected = Held(IPv6Address("2001:db8::5"), 64, ETH0.index)
        self.assertEqual(self.network.addresses[-1], expected)
        self.assertIn("INFO: Adding inet6 address 2001:db8::5/64 to device eth0", self.log.lines())


class StatusTests(AddressCase):
    """Asking."""

    def test_running_or_stopped(self) -> None:
        """The address runs if it is there."""
        self.assertEqual(self.perform(Verb.STATUS), (Outcome.STOPPED, "Resource is stopped"))
        self.added(FIRST)
        self.assertEqual(self.perform(Verb.STATUS), (Outcome.RUNNING, "Running OK"))

    def test_elsewhere_is_not_here(self) -> None:
        """An address on another interface than the one asked for is not ours."""
        self.network.addresses.append(Held(IP, 32, LO.index, "lo"))
        self.assertIs(self.perform(Verb.STATUS)[0], Outcome.STOPPED)
        self.assertIs(self.perform(Verb.STATUS, "172.16.0.210")[0], Outcome.RUNNING)

    def test_no_interface_no_address(self) -> None:
        """On an interface that is not there, nothing runs."""
        self.assertIs(self.perform(Verb.STATUS, "172.16.0.210/24/eth7")[0], Outcome.STOPPED)


class StopTests(AddressCase):
    """Stopping."""

    def test_only_the_address_goes(self) -> None:
        """The address is removed, everything else stays."""
        self.added("172.16.0.211/24/eth0")
        other = list(self.network.addresses)
        self.added(FIRST)
        self.assertEqual(self.perform(Verb.STOP), (Outcome.OK, ""))
        self.assertEqual(self.network.addresses, other)
        self.assertEqual(
            self.log.signed[-2:],
            [
                "ResourceManager(default): info: "
                "Running /etc/ha.d/resource.d/IPaddr 172.16.0.210/24/eth0 stop",
                "/usr/lib/ocf/resource.d//heartbeat/IPaddr(IPaddr_172.16.0.210): INFO:  Success",
            ],
        )

    def test_elsewhere_is_not_ours(self) -> None:
        """The same address on another interface is left alone."""
        loopback = Held(IP, 32, LO.index, "lo")
        self.network.addresses.append(loopback)
        self.added(FIRST)
        self.perform(Verb.STOP)
        self.assertEqual(self.network.addresses, [HOME, loopback])

    def test_stopped_already(self) -> None:
        """To stop what does not run is a success, even without its interface."""
        for text in (FIRST, "172.16.0.210/24/eth7", "198.51.100.7"):
            self.assertEqual(self.perform(Verb.STOP, text), (Outcome.OK, ""))
        self.assertEqual(self.network.addresses, [HOME])

    def test_silence(self) -> None:
        """After a stop nothing is announced."""
        self.added(FIRST)
        self.perform(Verb.STOP)
        self.clock.pump([0.002] * 300)
        self.assertEqual(len(self.sender.sent), 2)

    def test_the_kernel_refuses(self) -> None:
        """An address that cannot be removed is a failed stop."""
        self.added(FIRST)
        self.network.refusal = PermissionError(1, "Operation not permitted (EPERM)")
        outcome, detail = self.perform(Verb.STOP)
        self.assertEqual((outcome, detail), (Outcome.FAILED, "[Errno 1] Operation not permitted (EPERM)"))
