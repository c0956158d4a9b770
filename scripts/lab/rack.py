# -*- test-case-name: tests.lab.test_rack -*-
"""
The rack: a place with segments (bridges) in which hosts are put.

    with Rack() as rack:
        rack.segment("public")
        node = rack.host("node01", {"eth0": Card("public", "172.16.0.208/24")})
        node.power_on()
        status, text = node.run("ip address")
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from scripts.lab.host import Card, Host
from scripts.lab.remote import Console, LabError

ROOM: Final = "/run/lab"
"""Where the rack keeps the disks of its hosts: in memory, seen by nobody else."""

NAMESPACES: Final = ("--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc")
PROGRAMS: Final = {"unshare": "util-linux", "mount": "mount", "ip": "iproute2", "bridge": "iproute2"}
"""What must be installed, and the Debian package it is in."""

_PROBE: Final = (
    "ip link add lab0 type bridge && ip link add lab1 type veth peer name lab2 && mount -t tmpfs tmpfs /run"
)


def python() -> str:
    """Return the interpreter that runs in the lab: the one that runs this."""
    return sys.executable


def outer() -> list[str]:
    """Return the command that makes the rack's namespaces; an ordinary user is root in them only."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, *NAMESPACES]


def obstacle() -> str | None:
    """
    Say why there can be no rack on this machine.

    @return: the reason, for people; L{None} when there can be one.
    """
    for program, package in PROGRAMS.items():
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
            return f"{program} is missing (package {package})"
    try:
        tried = subprocess.run(
            [*outer(), "sh", "-c", _PROBE], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"cannot make namespaces: {error}"
    if tried.returncode == 0:
        return None
    reason = f"cannot make namespaces, bridges or mounts: {tried.stderr.strip() or tried.returncode}"
    if os.geteuid() != 0:
        reason += "; the machine may forbid user namespaces to ordinary users, root may still do it"
    return reason


def kept_paths() -> list[str]:
    """Return what hosts must see even if it lies in a directory they have of their own."""
    checkout = Path(__file__).resolve().parents[2]
    paths = {checkout, Path(sys.prefix), Path(sys.base_prefix)}
    outermost = [path for path in paths if not paths & set(path.parents)]
    return sorted(str(path) for path in outermost if str(path).startswith(("/tmp/", "/var/tmp/")))


class Rack:
    """
    Segments and hosts, and the PID 1 that keeps them alive.

    @ivar console: talks to that PID 1.
    @ivar hosts: every host, powered or not, by name.
    """

    def __init__(self) -> None:
        self.console = Console("rack")
        self.hosts: dict[str, Host] = {}
        self._segments: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def room(self) -> Path:
        """The disks of the hosts, as this process can reach them."""
        return Path(f"/proc/{self.console.pid}/root{ROOM}")

    def open(self) -> None:
        """
        Build the rack, still empty.

        @raise LabError: when this machine does not allow it.
        """
        handle = self.console.theirs.fileno()
        init = Path(__file__).with_name("init.py")
        self._process = subprocess.Popen(
            [*outer(), python(), "-I", "-S", str(init), "rack", str(handle)],
            pass_fds=[handle],
            stdin=subprocess.DEVNULL,
            # A session of its own: Ctrl-C is for whoever built the rack, who then ends it.
            start_new_session=True,
            # A child of trial or of a shell may have inherited blocked signals.
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, []) and None,
        )
        try:
            self.console.connected()
            self.console.do("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
            self.console.do("mkdir", "-p", ROOM)
            self.console.do("ip", "link", "set", "lo", "up")
        except LabError as error:
            self.close()
            raise LabError(f"{error} ({obstacle() or 'no obstacle found'})") from error

    def segment(self, name: str) -> None:
        """Add an empty segment: a bridge without spanning tree, delay or address."""
        self.console.do(
            "ip", "link", "add", name, "type", "bridge", "mcast_snooping", "0", "forward_delay", "0"
        )
        self.console.do("ip", "link", "set", name, "up")
        self._segments.add(name)

    def host(self, name: str, cards: Mapping[str, Card]) -> Host:
        """
        Put a host into the rack; it is not powered on.

        @param cards: its interfaces by name.
        """
        for card in cards.values():
            if card.segment not in self._segments:
                self.segment(card.segment)
        self.hosts[name] = Host(self, name, cards, number=len(self.hosts) + 1)
        return self.hosts[name]

    def close(self) -> None:
        """Tear everything down; returns when nothing is left.  Closing twice does no harm."""
        for host in self.hosts.values():
            host.forget()
        self.console.close()
        if self._process is None:
            return
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
