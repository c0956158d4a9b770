# -*- test-case-name: tests.lab.test_start -*-
"""
The hosts of the seed document, which every lab is made of.
"""

from __future__ import annotations

from typing import Final

from scripts.lab.host import Card, Host
from scripts.lab.rack import Rack

VIRTUAL: Final = "172.16.0.210"
"""The address that moves."""

ROUTERS: Final = ("172.16.0.1", "172.16.0.254")
"""The gateway, and a second one for a ping group; the client's host is both."""


def client(rack: Rack) -> Host:
    """Put the client into a rack."""
    return rack.host("client", {"eth0": Card("public", f"{ROUTERS[0]}/24")})


def node(rack: Rack, number: int) -> Host:
    """
    Put a host for a node into a rack: eth0 is for the clients, eth1 for heartbeats.

    @param number: 1 for node01, 2 for node02.
    """
    last = 207 + number
    cards = {"eth0": Card("public", f"172.16.0.{last}/24"), "eth1": Card("private", f"172.16.20.{last}/24")}
    return rack.host(f"node{number:02}", cards)
