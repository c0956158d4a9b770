# -*- test-case-name: tests.media.test_sockets -*-
"""
Building sockets from a plan.
"""

from __future__ import annotations

import os
import socket

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MediumError
from hatwist.media import sockets
from hatwist.media.sockets import Option, Plan, open_sockets


def plan(
    receive: tuple[Option, ...] = (sockets.REUSEADDR,), bind: tuple[str, int] = ("127.0.0.1", 0)
) -> Plan:
    """Make a plan on the loopback interface."""
    return Plan("ucast lo", 1, (sockets.LOWDELAY,), receive, bind, ("127.0.0.1", 16940))


class OpenTests(SynchronousTestCase):
    """Opening both sockets, or neither."""

    def test_options_are_set(self) -> None:
        """Each socket gets its options and is bound as planned; neither blocks or is inherited."""
        made = open_sockets(plan())
        self.addCleanup(made.close)
        self.assertEqual(made.send.getsockopt(socket.IPPROTO_IP, socket.IP_TOS), 0x10)
        self.assertTrue(made.receive.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
        self.assertEqual(made.receive.getsockname()[0], "127.0.0.1")
        self.assertEqual(made.send.getsockname()[1], 0)
        for one in (made.send, made.receive):
            self.assertFalse(os.get_blocking(one.fileno()))
            self.assertFalse(os.get_inheritable(one.fileno()))

    def test_refused_option_is_named(self) -> None:
        """An option the kernel refuses is an error that names it, and nothing stays open."""
        wrong = Option("SO_NONSENSE", socket.SOL_SOCKET, 9999)
        before = len(os.listdir("/proc/self/fd"))
        problem = self.assertRaises(MediumError, open_sockets, plan((wrong,)))
        self.assertEqual(str(problem), "ucast lo: cannot set SO_NONSENSE: Protocol not available")
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_port_in_use_is_named(self) -> None:
        """A port that a foreign program holds is an error that names it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as foreign:
            foreign.bind(("127.0.0.1", 0))
            port = foreign.getsockname()[1]
            problem = self.assertRaises(MediumError, open_sockets, plan((), ("127.0.0.1", port)))
        self.assertEqual(str(problem), f"ucast lo: cannot bind 127.0.0.1 port {port}: Address already in use")


class WrittenTests(SynchronousTestCase):
    """Addresses for people."""

    def test_both_versions(self) -> None:
        """IPv6 is written in brackets, since a port follows."""
        self.assertEqual(sockets.written(("192.0.2.1", 694)), "192.0.2.1:694")
        self.assertEqual(sockets.written(("fe80::1", 694, 0, 2)), "[fe80::1]:694")


class InterfaceTests(SynchronousTestCase):
    """Asking for properties of an interface."""

    def test_address(self) -> None:
        """The loopback interface has the address everybody knows."""
        self.assertEqual(sockets.interface_address("mcast lo", "lo"), "127.0.0.1")

    def test_unknown_interface(self) -> None:
        """An interface that does not exist is named, however strange its name."""
        for name in ("nowhere0", "x" * 16, "", "nul\0nul"):
            problem = self.assertRaises(MediumError, sockets.interface_address, "mcast x", name)
            self.assertEqual(str(problem), f"mcast x: there is no interface {name!r}")
