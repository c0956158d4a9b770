# -*- test-case-name: tests.media.test_ucast -*-
"""
The directive C{ucast}: UDP to one peer over one interface (protocol section 7).
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from hatwist.errors import MediumError
from hatwist.media.sockets import (
    LOWDELAY,
    REUSEADDR,
    REUSEPORT,
    Plan,
    bind_to_device,
    interface_address,
    interface_index,
)
from hatwist.media.udp import Recipe

if TYPE_CHECKING:
    from hatwist.config.model import MediumSpec


def resolve(spec: MediumSpec) -> str:
    """
    Look the peer up, once, before anything is sent.

    @raise MediumError: nobody knows the name.
    """
    try:
        return socket.gethostbyname(spec.address)
    except (OSError, UnicodeError) as problem:
        raise MediumError(
            f"ucast {spec.interface}: cannot resolve hostname {spec.address!r}: {problem}"
        ) from problem


def plan(spec: MediumSpec, address: str) -> Plan:
    """
    Plan the sockets.

    Several C{ucast} lines of one interface share their port: the kernel hands
    each datagram to one of them, and all of them are the same link.

    @raise MediumError: no such interface.
    """
    title = f"ucast {spec.interface}"
    device = bind_to_device(spec.interface)
    return Plan(
        title=title,
        index=interface_index(title, spec.interface),
        send=(LOWDELAY, device, REUSEPORT),
        receive=(REUSEADDR, device, REUSEPORT),
        bind=("0.0.0.0", spec.port),
        destination=(address, spec.port),
        address=_address(title, spec.interface),
    )


def _address(title: str, interface: str) -> str:
    """Return the interface's address, if it has one: the peer may be reached with that of another."""
    try:
        return interface_address(title, interface)
    except MediumError:
        return ""


def started(spec: MediumSpec, plan: Plan) -> tuple[str, ...]:
    """Return what heartbeat says once it is open."""
    return (
        f"glib: ucast: write socket priority set to IPTOS_LOWDELAY on {spec.interface}",
        f"glib: ucast: bound send socket to device: {spec.interface}",
        "glib: ucast: set SO_REUSEPORT(w)",
        "glib: ucast: set SO_REUSEADDR",
        f"glib: ucast: bound receive socket to device: {spec.interface}",
        "glib: ucast: set SO_REUSEPORT",
        f"glib: ucast: started on port {spec.port} interface {spec.interface} to {plan.destination[0]}",
    )


UCAST: Final = Recipe("ucast", plan, started, resolve=resolve)
