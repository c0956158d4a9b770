# -*- test-case-name: tests.resources.test_addresses -*-
"""
The addresses of a host: in memory, and on a real kernel.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.network import Held, Link, Network
from tests.namespaces import run_inside
from tests.resources.conformance import HOME, LAST, NetworkConformance
from tests.resources.fakes import MemoryNetwork

LO = Link(1, "lo", bytes(6))
ETH0 = Link(2, "eth0", bytes.fromhex("0200ac100001"), announces=True)


class MemoryTests(NetworkConformance, SynchronousTestCase):
    """The network in memory that other tests rely on."""

    def make_network(self) -> Network:
        network = MemoryNetwork(LO, ETH0)
        network.addresses = [Held(IPv4Address(HOME), 24, ETH0.index, "eth0", LAST)]
        network.routes = [("0.0.0.0/0", ETH0.index)]
        return network


class KernelTests(SynchronousTestCase):
    """The kernel's network, in a name space of its own."""

    def test_conformance(self) -> None:
        """The kernel, asked over netlink, does what every network does, and touches nothing else."""
        run_inside(self, "tests.resources.inside.KernelInside")

    def test_what_is_kept(self) -> None:
        """What is kept of the kernel's network is what is there, whoever changes it."""
        run_inside(self, "tests.resources.inside.KeptInside")

    def test_service(self) -> None:
        """A group of addresses starts, is announced to its neighbours, and stops."""
        run_inside(self, "tests.resources.inside.ServiceInside")

    def test_rivals(self) -> None:
        """Whoever else has an address is noticed, whether it says so or is asked."""
        run_inside(self, "tests.resources.inside.RivalInside")

    def test_an_interface_that_vanishes(self) -> None:
        """Its groups fail, by name, and others do not."""
        run_inside(self, "tests.resources.inside.VanishingInside")
