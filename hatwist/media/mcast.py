# -*- test-case-name: tests.media.test_mcast -*-
"""
The directive C{mcast}: UDP to a multicast group (protocol section 7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.media.sockets import (
    ONLY_JOINED,
    REUSEADDR,
    Plan,
    interface_address,
    interface_index,
    join,
    multicast_from,
    multicast_loop,
    multicast_ttl,
)
from hatwist.media.udp import Recipe

if TYPE_CHECKING:
    from hatwist.config.model import MediumSpec


def plan(spec: MediumSpec, address: str) -> Plan:
    """
    Plan the sockets; the receiving one is bound to the group itself.

    @raise MediumError: no such interface, or it has no IPv4 address.
    """
    title = f"mcast {spec.interface}"
    index = interface_index(title, spec.interface)
    interface_address(title, spec.interface)
    return Plan(
        title=title,
        index=index,
        send=(multicast_from(index), multicast_loop(spec.loop), multicast_ttl(spec.ttl)),
        receive=(REUSEADDR, ONLY_JOINED),
        bind=(address, spec.port),
        destination=(address, spec.port),
        joined=(join(address, index),),
        group=address,
    )


def started(spec: MediumSpec, _plan: Plan) -> tuple[str, ...]:
    """Return what heartbeat says once it is open."""
    return (
        f"glib: UDP multicast heartbeat started for group {spec.address} port {spec.port}"
        f" interface {spec.interface} (ttl={spec.ttl} loop={int(spec.loop)})",
    )


MCAST: Final = Recipe("mcast", plan, started)
