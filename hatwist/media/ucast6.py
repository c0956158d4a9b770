# -*- test-case-name: tests.media.test_ucast6 -*-
"""
The directive C{ucast6}: UDP over IPv6 to one peer over one interface (protocol section 7).
"""

from __future__ import annotations

import socket
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from hatwist.media.sockets import ONLY_IPV6, REUSEADDR, REUSEPORT, Plan, bind_to_device, interface_index
from hatwist.media.udp import Recipe

if TYPE_CHECKING:
    from hatwist.config.model import MediumSpec


def plan(spec: MediumSpec, address: str) -> Plan:
    """
    Plan the sockets; a link-local peer is one of this interface.

    @raise MediumError: no such interface.
    """
    title = f"ucast6 {spec.interface}"
    index = interface_index(title, spec.interface)
    device = bind_to_device(spec.interface)
    return Plan(
        title=title,
        index=index,
        send=(device,),
        receive=(ONLY_IPV6, REUSEADDR, device, REUSEPORT),
        bind=("::", spec.port, 0, 0),
        destination=(address, spec.port, 0, index if IPv6Address(address).is_link_local else 0),
        family=socket.AF_INET6,
    )


def started(spec: MediumSpec, plan: Plan) -> tuple[str, ...]:
    """Return what heartbeat says once it is open."""
    scope = f"%{spec.interface}" if IPv6Address(spec.address).is_link_local else ""
    return (
        f"glib: ucast6: bound send socket to device: {spec.interface}",
        f"glib: ucast6: bound receive socket to device: {spec.interface}",
        "glib: ucast6: set SO_REUSEPORT",
        f"glib: ucast6: heartbeat started for [{plan.destination[0]}{scope}]:{spec.port}"
        f" on interface {spec.interface}",
    )


UCAST6: Final = Recipe("ucast6", plan, started)
