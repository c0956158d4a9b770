# -*- test-case-name: tests.resources.test_lifetimes -*-
"""
Lifetimes of addresses: when they are renewed, and for how long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.errors import AgentError
from hatwist.resources.lifetimes import COMPLAINT_PERIOD, SHORTEST, Lifetimes
from hatwist.resources.network import Held, Link, Network
from tests.namespaces import run_inside
from tests.resources.fakes import LogBook, MemoryNetwork, group

ETH0 = Link(2, "eth0")
HOME = "172.16.0.1"
WEB = group("IPaddr::172.16.0.210/24/eth0", "httpd")
MAIL = group("IPaddr2::172.16.0.211/24/eth0", "IPv6addr::2001:db8::5/64/eth0")
NONE = group("httpd")


class LifetimesTests(SynchronousTestCase):
    """L{Lifetimes} on a network in memory, at time 1000."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000.0)
        self.log = LogBook()
        self.lifetimes = Lifetimes(self.clock, self.log)
        self.host = MemoryNetwork(ETH0)
        self.lent = 0
        self.trouble: Exception | None = None
        self.patch(self.lifetimes, "network", self.lend)
        self.hold(HOME, "172.16.0.210", "172.16.0.211", "2001:db8::5")

    @contextmanager
    def lend(self) -> Iterator[Network]:
        """Lend the network."""
        self.lent += 1
        if self.trouble is not None:
            raise self.trouble
        yield self.host

    def hold(self, *texts: str) -> None:
        """Let the host have these addresses, for ever."""
        self.host.addresses = [Held(ip_address(one), 24, ETH0.index) for one in texts]

    def left(self) -> dict[str, int | None]:
        """Return the lifetimes that were set last."""
        return {str(one.ip): one.lifetime for one in self.host.addresses}

    def limited(self) -> dict[str, int]:
        """Return those of them that end, and let all be for ever again."""
        found = {ip: lifetime for ip, lifetime in self.left().items() if lifetime is not None}
        self.hold(*self.left())
        return found

    def test_no_guardian(self) -> None:
        """Without a deadline addresses stay for ever, and nobody looks at them."""
        self.lifetimes.entrusted(WEB)
        self.clock.advance(1000.0)
        self.assertIsNone(self.lifetimes.seconds())
        self.assertEqual((self.limited(), self.lent), ({}, 0))
        self.lifetimes.close()

    def test_seconds(self) -> None:
        """Whole ones, one less than there are until the deadline; never less than the kernel knows."""
        for ahead, seconds in ((10.0, 9), (10.9, 9), (3.0, 2), (2.0, 1), (1.5, SHORTEST), (-5.0, SHORTEST)):
            self.lifetimes.until = 1000.0 + ahead
            self.assertEqual(self.lifetimes.seconds(), seconds)

    def test_entrusted(self) -> None:
        """What a group has that is there gets its lifetime at once, and nothing else does."""
        self.lifetimes.pushed(1010.0)
        self.assertEqual(self.limited(), {})
        self.lifetimes.entrusted(WEB)
        self.assertEqual(self.limited(), {"172.16.0.210": 9})
        self.lifetimes.entrusted(MAIL)
        self.assertEqual(self.limited(), {"172.16.0.210": 9, "172.16.0.211": 9, "2001:db8::5": 9})

    def test_no_addresses(self) -> None:
        """The network is not asked for groups without any."""
        self.lifetimes.entrusted(NONE)
        self.lifetimes.pushed(1010.0)
        self.clock.advance(20.0)
        self.assertEqual((self.lent, self.clock.getDelayedCalls()), (0, []))

    def test_what_is_not_there(self) -> None:
        """An address that is not there is not added."""
        self.hold(HOME)
        self.lifetimes.pushed(1010.0)
        self.lifetimes.entrusted(WEB)
        self.assertEqual(self.left(), {HOME: None})

    def test_renewed(self) -> None:
        """Half a lifetime later they are renewed, up to the deadline as it is then."""
        self.lifetimes.entrusted(WEB)
        self.lifetimes.pushed(1011.0)
        self.assertEqual(self.limited(), {"172.16.0.210": 10})
        self.clock.advance(4.9)
        self.lifetimes.pushed(1016.0)
        self.assertEqual(self.limited(), {})
        self.clock.advance(0.1)
        self.assertEqual(self.limited(), {"172.16.0.210": 10})

    def test_never_beyond_the_deadline(self) -> None:
        """However often it is pushed, what the kernel keeps ends a second before the deadline, if it can."""
        self.lifetimes.entrusted(WEB)
        ends = 0.0
        for _ in range(1000):
            deadline = self.clock.seconds() + 4.3
            self.lifetimes.pushed(deadline)
            lifetime = self.limited().get("172.16.0.210")
            ends = ends if lifetime is None else self.clock.seconds() + lifetime
            self.assertLessEqual(ends + 1.0, deadline)
            self.assertGreater(ends, self.clock.seconds())
            self.clock.advance(0.11)

    def test_nearer(self) -> None:
        """A deadline that comes nearer counts at once."""
        self.lifetimes.entrusted(WEB)
        self.lifetimes.pushed(1100.0)
        self.limited()
        self.lifetimes.pushed(1010.0)
        self.assertEqual(self.limited(), {"172.16.0.210": 9})
        self.lifetimes.pushed(1012.0)
        self.assertEqual(self.limited(), {})
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def test_the_deadline_passes(self) -> None:
        """Then nothing is renewed; once there is another one it goes on."""
        self.lifetimes.entrusted(WEB)
        self.lifetimes.pushed(1003.0)
        self.clock.pump([0.1] * 29)
        self.limited()
        self.clock.pump([0.5] * 20)
        self.assertEqual((self.limited(), self.clock.getDelayedCalls()), ({}, []))
        self.lifetimes.entrusted(MAIL)
        self.assertEqual(self.limited(), {})
        self.lifetimes.pushed(1020.0)
        self.assertEqual(set(self.limited()), {"172.16.0.210", "172.16.0.211", "2001:db8::5"})

    def test_released(self) -> None:
        """What is not of a group any more keeps the lifetime that it has."""
        self.lifetimes.entrusted(WEB)
        self.lifetimes.entrusted(MAIL)
        self.lifetimes.pushed(1010.0)
        self.limited()
        self.lifetimes.released(MAIL.key)
        self.lifetimes.released("unknown")
        self.clock.advance(5.0)
        self.assertEqual(set(self.limited()), {"172.16.0.210"})
        self.lifetimes.released(WEB.key)
        self.clock.advance(3.0)
        self.assertEqual((self.limited(), self.clock.getDelayedCalls()), ({}, []))

    def test_trouble(self) -> None:
        """What keeps them from being renewed is in the log, once a minute, and it is tried again."""
        self.lifetimes.entrusted(WEB)
        self.trouble = OSError(1, "Operation not permitted")
        self.lifetimes.pushed(1000.0 + 10 * COMPLAINT_PERIOD)
        line = "addresses have no lifetime: [Errno 1] Operation not permitted"
        self.assertEqual(self.log.entries, [(Level.ERROR, line, "heartbeat")])
        for _ in range(10):
            self.lifetimes.pushed(self.clock.seconds() + 3.0)
            self.clock.advance(1.0)
        self.assertEqual(len(self.log.entries), 1)
        self.trouble = AgentError("there is no interface eth0")
        self.lifetimes.pushed(1000.0 + 10 * COMPLAINT_PERIOD)
        self.clock.advance(COMPLAINT_PERIOD)
        self.lifetimes.pushed(self.clock.seconds() + 5.0)
        self.assertEqual(
            self.log.lines()[1:], ["ERROR: addresses have no lifetime: there is no interface eth0"]
        )
        self.trouble = None
        self.clock.advance(2.0)
        self.assertEqual(set(self.limited()), {"172.16.0.210"})

    def test_close(self) -> None:
        """Nothing is renewed any more, also if it is closed twice, and the next life begins with nothing."""
        self.lifetimes.entrusted(WEB)
        self.lifetimes.pushed(1010.0)
        self.limited()
        self.lifetimes.close()
        self.lifetimes.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.lifetimes.pushed(1020.0)
        self.assertEqual(self.limited(), {})
        self.lifetimes.entrusted(MAIL)
        self.assertEqual(set(self.limited()), {"172.16.0.211", "2001:db8::5"})


class KernelTests(SynchronousTestCase):
    """On a real kernel, in a name space of its own."""

    def test_lifetimes(self) -> None:
        """What is added through it has a lifetime, and what is there gets one."""
        run_inside(self, "tests.resources.inside_lifetimes.LifetimesInside")
