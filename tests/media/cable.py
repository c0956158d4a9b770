"""
Two network name spaces joined by a cable, for a process that may ruin its own.

L{Wire} is a pair of virtual Ethernet devices, both called C{cable0}, one in
each of two name spaces.  Nothing leaves them.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.namespaces import ip

_CLONE_NEWNET = 0x40000000
_INTERFACE = "cable0"
_HERE = "/proc/thread-self/ns/net"
_libc = ctypes.CDLL(None, use_errno=True)

ALPHA = "192.0.2.1"
BETA = "192.0.2.2"
ALPHA6 = "fe80::ff:fe00:1"
BETA6 = "fe80::ff:fe00:2"
"""What the kernel makes of the hardware addresses that the devices are given."""


class Wire:
    """A cable between this thread's name space, alpha's, and a new one, beta's."""

    def __init__(self) -> None:
        _no_duplicates()
        self._alpha = os.open(_HERE, os.O_RDONLY)
        _check(_libc.unshare(_CLONE_NEWNET))
        _no_duplicates()
        self._beta = os.open(_HERE, os.O_RDONLY)
        self._beta_path = f"/proc/{os.getpid()}/fd/{self._beta}"
        _check(_libc.setns(self._alpha, _CLONE_NEWNET))
        self.plug()

    @contextmanager
    def at_beta(self) -> Iterator[None]:
        """Do something in beta's name space; sockets made there stay there."""
        _check(_libc.setns(self._beta, _CLONE_NEWNET))
        try:
            yield
        finally:
            _check(_libc.setns(self._alpha, _CLONE_NEWNET))

    def plug(self, index: int | None = None) -> None:
        """
        Make both devices, with addresses, and wait until they carry.

        @param index: of alpha's device; one that is free if not given.
        """
        number = f"index {index}" if index is not None else ""
        ip(f"link add {_INTERFACE} {number} type veth peer name {_INTERFACE} netns {self._beta_path}")
        self._address(ALPHA, "02:00:00:00:00:01")
        with self.at_beta():
            self._address(BETA, "02:00:00:00:00:02")
            self.wait()
        self.wait()

    def unplug(self) -> None:
        """Remove both devices."""
        ip(f"link delete {_INTERFACE}")

    def close(self) -> None:
        """Remove the devices and let the other name space go."""
        if _INTERFACE in ip("-brief link"):
            self.unplug()
        os.close(self._alpha)
        os.close(self._beta)

    def _address(self, address: str, hardware: str) -> None:
        ip(f"address add {address}/24 broadcast + dev {_INTERFACE}")
        ip(f"link set {_INTERFACE} address {hardware} up")

    def wait(self) -> None:
        """Wait until it carries, IPv6 too."""
        for _ in range(2000):
            shown = ip(f"address show dev {_INTERFACE}")
            if "LOWER_UP" not in shown or "state UP" not in shown:
                continue
            if "inet6 fe80" in shown and "tentative" not in shown:
                return
        raise AssertionError("the cable never came up")


def setting(name: str, value: int, interface: str = _INTERFACE) -> None:
    """Set one of the kernel's IPv6 settings of a device in the name space of this thread."""
    with open(f"/proc/sys/net/ipv6/conf/{interface}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


def _no_duplicates() -> None:
    """Let the kernel not look for somebody else with our addresses; it takes seconds."""
    setting("accept_dad", 0, "all")
    setting("accept_dad", 0, "default")


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
