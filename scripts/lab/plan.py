# -*- test-case-name: tests.lab.test_start -*-
"""
The hosts of the seed document, which every lab is made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scripts.lab.host import Card, Host
from scripts.lab.rack import Rack

VIRTUAL: Final = "172.16.0.210"
"""The address that moves."""

ROUTERS: Final = ("172.16.0.1", "172.16.0.254")
"""The gateway, and a second one for a ping group; the client's host is both."""

SEGMENTS: Final[Mapping[str, str]] = {"public": "172.16.0", "private": "172.16.20"}
"""The networks of a node with two cards."""

THREE: Final[Mapping[str, str]] = {**SEGMENTS, "third": "172.16.30"}
"""The networks of a node with a third card, eth2."""


def client(rack: Rack) -> Host:
    """Put the client into a rack."""
    return rack.host("client", {"eth0": Card("public", f"{ROUTERS[0]}/24")})


def node(rack: Rack, number: int, segments: Mapping[str, str] = SEGMENTS) -> Host:
    """
    Put a host for a node into a rack: eth0 is for the clients, eth1 for heartbeats.

    @param number: 1 for node01, 2 for node02.
    @param segments: what each card is plugged into, and the first three numbers of its address.
    """
    last = 207 + number
    cards = {
        f"eth{index}": Card(segment, f"{network}.{last}/24")
        for index, (segment, network) in enumerate(segments.items())
    }
    return rack.host(f"node{number:02}", cards)
