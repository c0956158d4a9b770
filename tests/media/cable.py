"""
Two network name spaces joined by a cable, for a process that may ruin its own.

L{Wire} is a pair of virtual Ethernet devices, both called C{cable0}, one in
each of two name spaces.  Nothing leaves them.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

_CLONE_NEWNET = 0x40000000
_INTERFACE = "cable0"
_HERE = "/proc/thread-self/ns/net"
_libc = ctypes.CDLL(None, use_errno=True)

ALPHA = "192.0.2.1"
BETA = "192.0.2.2"


def ip(words: str) -> str:
    """Run iproute2's C{ip} in the name space of this thread."""
    done = subprocess.run(["ip", *words.split()], check=False, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"ip {words}: {done.stderr.strip()}")
    return done.stdout


class Wire:
    """A cable between this thread's name space, alpha's, and a new one, beta's."""

    def __init__(self) -> None:
        self._alpha = os.open(_HERE, os.O_RDONLY)
        _check(_libc.unshare(_CLONE_NEWNET))
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

    def plug(self) -> None:
        """Make both devices, with addresses, and wait until they carry."""
        ip(f"link add {_INTERFACE} type veth peer name {_INTERFACE} netns {self._beta_path}")
        self._address(ALPHA)
        with self.at_beta():
            self._address(BETA)
            self._wait()
        self._wait()

    def unplug(self) -> None:
        """Remove both devices."""
        ip(f"link delete {_INTERFACE}")

    def close(self) -> None:
        """Remove the devices and let the other name space go."""
        if _INTERFACE in ip("-brief link"):
            self.unplug()
        os.close(self._alpha)
        os.close(self._beta)

    def _address(self, address: str) -> None:
        ip(f"address add {address}/24 broadcast + dev {_INTERFACE}")
        ip(f"link set {_INTERFACE} up")

    def _wait(self) -> None:
        for _ in range(200):
            if "LOWER_UP" in ip(f"link show {_INTERFACE} up") and "state UP" in ip(f"link show {_INTERFACE}"):
                return
        raise AssertionError("the cable never came up")


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
