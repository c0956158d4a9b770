# -*- test-case-name: tests.media.test_mcast6 -*-
"""
The directive C{mcast6}: UDP to an IPv6 multicast group (protocol section 7).
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from hatwist.media.sockets import (
    ONLY_IPV6,
    REUSEADDR,
    Plan,
    bind_to_device,
    interface_index,
    join6,
    multicast6_from,
    multicast6_hops,
    multicast6_loop,
)
from hatwist.media.udp import Recipe

if TYPE_CHECKING:
    from hatwist.config.model import MediumSpec


def plan(spec: MediumSpec, address: str) -> Plan:
    """
    Plan the sockets.

    The receiving one is bound to the group and to the interface: heartbeat's is
    bound to neither, and hears what was sent to another group of its port.

    @raise MediumError: no such interface.
    """
    title = f"mcast6 {spec.interface}"
    index = interface_index(title, spec.interface)
    group = (address, spec.port, 0, index)
    return Plan(
        title=title,
        index=index,
        send=(multicast6_from(index), multicast6_loop(spec.loop), multicast6_hops(spec.ttl)),
        receive=(ONLY_IPV6, REUSEADDR, bind_to_device(spec.interface)),
        bind=group,
        destination=group,
        joined=(join6(address, index),),
        family=socket.AF_INET6,
        group=address,
    )


def started(spec: MediumSpec, _plan: Plan) -> tuple[str, ...]:
    """Return what heartbeat says once it is open."""
    return (
        f"glib: UDP multicast heartbeat started for [{spec.address}]:{spec.port}"
        f" on interface {spec.interface} (hops={spec.ttl} loop={int(spec.loop)})",
    )


MCAST6: Final = Recipe("mcast6", plan, started)
