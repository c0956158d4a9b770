# -*- test-case-name: tests.config.test_fitness -*-
"""
Whether the interfaces of this host can carry the media that are on them, judged from
what C{ip -j address show} prints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from hatwist.config.findings import Findings, shown
from hatwist.config.model import HaCf, MediumSpec

LOOPBACK: Final = "lo"
"""An interface that is known by name to reach nobody: that is said without looking at it."""


@frozen
class Fitness:
    """
    What an interface can do.

    @ivar broadcast: it has a broadcast address, and uses ARP.
    @ivar four: it has an IPv4 address.
    @ivar six: it has an IPv6 address.
    """

    broadcast: bool
    four: bool
    six: bool


def parse_fitness(text: str) -> Mapping[str, Fitness]:
    """Read what C{ip -j address show} prints; what is not as expected is left out."""
    found: dict[str, Fitness] = {}
    try:
        for entry in json.loads(text):
            found[str(entry["ifname"])] = _fitness(set(entry["flags"]), entry["addr_info"])
    except (ValueError, TypeError, AttributeError, KeyError):
        pass  # another version of ip: what was read until here is true
    return found


def _fitness(flags: set[str], addresses: list[dict[str, str]]) -> Fitness:
    families = {one["family"] for one in addresses}
    can = "BROADCAST" in flags and "NOARP" not in flags
    return Fitness(
        can and any("broadcast" in one for one in addresses), "inet" in families, "inet6" in families
    )


def check_fitness(cf: HaCf, fitness: Mapping[str, Fitness], findings: Findings) -> None:
    """
    Report media that their interfaces cannot carry.

    @param fitness: by name; of an interface that is not there nothing is known.
    """
    for spec in cf.media:
        one = fitness.get(spec.interface)
        if one is None:
            continue
        if spec.kind == "bcast" and not one.broadcast and spec.interface != LOOPBACK:
            text = f"bcast: interface {shown(spec.interface)} cannot broadcast"
            findings.error(spec.where, "unfit-interface", text, _BROADCAST)
        elif spec.kind in ("mcast", "ucast") and not one.four:
            _report(spec, "IPv4", findings)
        elif spec.kind in ("mcast6", "ucast6") and not one.six:
            _report(spec, "IPv6", findings)


_BROADCAST: Final = "it needs an IPv4 address with a broadcast address, and ARP; take mcast or ucast"


def _report(spec: MediumSpec, version: str, findings: Findings) -> None:
    """An error where the daemon does not start, else it carries once there is an address."""
    report = findings.error if spec.kind == "mcast" else findings.warn
    text = f"{spec.kind}: interface {shown(spec.interface)} has no {version} address"
    report(spec.where, "unfit-interface", text, f"give it one before {spec.kind} is to carry")
