# -*- test-case-name: tests.media.test_bcast -*-
"""
The directive C{bcast}: UDP to the broadcast address of an interface (protocol section 7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.media.sockets import (
    BROADCAST,
    DONTROUTE,
    REUSEADDR,
    Plan,
    bind_to_device,
    broadcast_address,
    interface_index,
)
from hatwist.media.udp import Recipe

if TYPE_CHECKING:
    from hatwist.config.model import MediumSpec


def plan(spec: MediumSpec, _address: str) -> Plan:
    """
    Plan the sockets; the broadcast address is read from the interface.

    @raise MediumError: no such interface, or it has no broadcast address.
    """
    title = f"bcast {spec.interface}"
    device = bind_to_device(spec.interface)
    return Plan(
        title=title,
        index=interface_index(title, spec.interface),
        send=(BROADCAST, DONTROUTE, device),
        receive=(REUSEADDR, device),
        bind=("0.0.0.0", spec.port),
        destination=(broadcast_address(title, spec.interface), spec.port),
    )


def started(spec: MediumSpec, _plan: Plan) -> tuple[str, ...]:
    """Return what heartbeat says once it is open."""
    return (
        f"glib: UDP Broadcast heartbeat started on port {spec.port} ({spec.port}) interface {spec.interface}",
    )


def closed(spec: MediumSpec, _plan: Plan) -> tuple[str, ...]:
    """Return what heartbeat says once it is closed."""
    return (
        f"glib: UDP Broadcast heartbeat closed on port {spec.port} interface {spec.interface} - Status: 0",
    )


BCAST: Final = Recipe("bcast", plan, started, closed)
