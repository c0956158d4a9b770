# -*- test-case-name: tests.resources.test_rivals -*-
"""
Who else claims an address of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from attrs import evolve
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.frames import announcements, probe
from hatwist.resources.network import IPAddress, Link
from hatwist.resources.rivals import MAX_RIVALS, REMEMBERED, Rivals
from tests.resources.fakes import LogBook

IP = IPv4Address("172.16.0.210")
SIX = IPv6Address("2001:db8::5")
ETH0 = Link(2, "eth0", bytes.fromhex("0200ac100001"), announces=True)
ETH1_MAC = bytes.fromhex("0200ac100002")
RIVAL = bytes.fromhex("aabbccddeeff")
WORDS = "172.16.0.210 is also claimed by aa:bb:cc:dd:ee:ff on eth0"


class RivalsTests(SynchronousTestCase):
    """L{Rivals}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = LogBook()
        self.rivals = Rivals(self.clock, lambda: frozenset({ETH0.hardware, ETH1_MAC}), self.log)
        self.defended: list[IPAddress] = []
        self.heard: list[Sequence[IPAddress]] = []
        self.rivals.defend = self.defended.append
        self.rivals.listen = self.heard.append
        self.rivals.hold(ETH0, IP)
        self.rivals.hold(ETH0, SIX)
        self.clock.advance(1)

    def claim(self, mac: bytes = RIVAL, ip: IPAddress = IP, card: str = "eth0") -> None:
        """Let somebody announce an address, once."""
        self.rivals.take(card, announcements(mac, ip)[0])

    def test_ears(self) -> None:
        """They are told once what to hear, however many addresses come and go at a time."""
        self.assertEqual(self.heard, [(IP, SIX)])
        self.rivals.hold(ETH0, IP)
        self.clock.advance(1)
        self.assertEqual(len(self.heard), 1)
        self.rivals.release(IP)
        self.rivals.release(IP)
        self.rivals.release(SIX)
        self.clock.advance(1)
        self.assertEqual(self.heard[1:], [()])

    def test_somebody_else(self) -> None:
        """It is said in the log, defended, counted, and shown."""
        self.claim()
        self.claim(ip=SIX)
        self.assertEqual(
            self.log.signed,
            [
                f"IPaddr(IPaddr_172.16.0.210): ERROR: {WORDS}",
                "IPaddr(IPaddr_2001:db8::5): ERROR: 2001:db8::5 is also claimed by aa:bb:cc:dd:ee:ff on eth0",
            ],
        )
        self.assertEqual(self.defended, [IP, SIX])
        self.assertEqual(self.rivals.counters(), {"address conflicts": 2})
        self.assertEqual(self.rivals.troubles()[0], f"{WORDS} (1 times, last 0 s ago)")

    def test_nobody_else(self) -> None:
        """Nothing follows from our own frames, other interfaces, other addresses, and probes."""
        for mac in (ETH0.hardware, ETH1_MAC):
            self.claim(mac)
        self.claim(card="eth1")
        self.claim(ip=IPv4Address("172.16.0.211"))
        self.rivals.take("eth0", probe(RIVAL, IP))
        self.rivals.take("eth0", b"")
        self.assertEqual((self.log.lines(), self.defended, self.rivals.counters()), ([], [], {}))

    def test_rates(self) -> None:
        """It is defended once in 10 s, the same rival named once a minute, another one after 10 s."""
        for _ in range(100):
            self.claim()
            self.clock.advance(1)
        self.assertEqual((len(self.defended), len(self.log.entries)), (10, 2))
        for last in range(50):
            self.claim(bytes([2, 0, 0, 0, 0, last]))
        self.clock.advance(10)
        self.claim(bytes([2, 0, 0, 0, 0, 77]))
        self.assertEqual(len(self.log.entries), 4)

    def test_made_up_macs(self) -> None:
        """Whoever makes up MACs fills neither memory nor log."""
        for last in range(3 * MAX_RIVALS):
            self.claim(bytes([2, 0, 0, 0, 1, last]))
        self.assertEqual(len(self.rivals.troubles()), MAX_RIVALS)
        self.assertEqual(len(self.log.entries), 1)

    def test_forgotten(self) -> None:
        """A rival is shown for ten minutes, and no longer than the address is held."""
        self.claim()
        self.clock.advance(REMEMBERED + 1)
        self.assertEqual(self.rivals.troubles(), [])
        self.claim()
        self.rivals.release(IP)
        self.claim()
        self.assertEqual((self.rivals.troubles(), self.rivals.counters()), ([], {"address conflicts": 2}))

    def test_on_another_interface(self) -> None:
        """An address that has moved to another interface is watched over there."""
        self.rivals.hold(evolve(ETH0, name="eth1"), IP)
        self.claim()
        self.claim(card="eth1")
        self.assertEqual(self.defended, [IP])

    def test_the_end(self) -> None:
        """Nothing is heard any more."""
        self.rivals.hold(evolve(ETH0, name="eth1"), IP)
        self.rivals.close()
        self.claim(card="eth1")
        self.clock.advance(1)
        self.assertEqual((self.heard[-1], self.defended), ((), []))
