# -*- test-case-name: tests.config.test_fitness -*-
"""
Interfaces that cannot carry what ha.cf wants of them.
"""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.fitness import Fitness, check_fitness, parse_fitness
from hatwist.config.hacf import read_hacf
from hatwist.config.model import node_name

FOUR = {"family": "inet", "local": "192.0.2.1", "broadcast": "192.0.2.255"}
SIX = {"family": "inet6", "local": "fe80::1"}
BARE = {"family": "inet", "local": "192.0.2.1"}

SHOWN = [
    {"ifname": "eth0", "flags": ["BROADCAST", "UP"], "addr_info": [FOUR, SIX]},
    {"ifname": "bare0", "flags": ["BROADCAST"], "addr_info": []},
    {"ifname": "six0", "flags": ["BROADCAST"], "addr_info": [SIX]},
    {"ifname": "tun0", "flags": ["POINTOPOINT", "NOARP"], "addr_info": [BARE]},
    {"ifname": "deaf0", "flags": ["BROADCAST", "NOARP"], "addr_info": [FOUR]},
]


class FitnessTests(SynchronousTestCase):
    """What C{ip} prints, and what follows."""

    def found(self, *lines: str) -> list[str]:
        """Return what is found in an ha.cf with these lines."""
        cf = read_hacf("\n".join(lines) + "\n", "ha.cf", Findings(), node_name("alpha")).cf
        findings = Findings()
        check_fitness(cf, parse_fitness(json.dumps(SHOWN)), findings)
        return [f"{one.gravity.value} {one.where} {one.text}" for one in findings.problems]

    def test_fit(self) -> None:
        """An interface with addresses carries everything; one that is not there is another matter."""
        media = ("bcast eth0 eth9", "mcast eth0 225.0.0.1 694 1 0", "ucast eth0 192.0.2.2")
        six = ("mcast6 eth0 ff12::1 694 1 0", "ucast6 eth0 fe80::2", "serial /dev/ttyS0")
        self.assertEqual(self.found(*media, *six), [])

    def test_broadcast(self) -> None:
        """It needs a broadcast address and ARP."""
        self.assertEqual(
            self.found("bcast bare0 six0 tun0 deaf0"),
            [
                f"error ha.cf:1:{column} bcast: interface {name} cannot broadcast"
                for column, name in ((7, "bare0"), (13, "six0"), (18, "tun0"), (23, "deaf0"))
            ],
        )

    def test_addresses(self) -> None:
        """Without an address nothing is carried; mcast would not even start."""
        self.assertEqual(
            self.found(
                "mcast six0 225.0.0.1 694 1 0",
                "ucast six0 192.0.2.2",
                "mcast6 tun0 ff12::1 694 1 0",
                "ucast6 tun0 fe80::2",
            ),
            [
                "error ha.cf:1:7 mcast: interface six0 has no IPv4 address",
                "warning ha.cf:2:7 ucast: interface six0 has no IPv4 address",
                "warning ha.cf:3:8 mcast6: interface tun0 has no IPv6 address",
                "warning ha.cf:4:8 ucast6: interface tun0 has no IPv6 address",
            ],
        )

    def test_another_ip(self) -> None:
        """What another version prints is used as far as it is understood."""
        for text in ("", "3", "[3]", '[{"ifname": "eth0"}]'):
            self.assertEqual(parse_fitness(text), {})
        some = json.dumps([SHOWN[2], {"ifname": "odd0"}, SHOWN[0]])
        self.assertEqual(parse_fitness(some), {"six0": Fitness(False, False, True)})
