"""
Twins in memory of what this room does to the world: processes, a host's
network, and the log.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_interface
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from attrs import define, evolve, field
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IAddress, IProcessProtocol, IProcessTransport, IReactorProcess
from twisted.python.failure import Failure
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.config.model import NodeName, Position, Resource, ResourceGroup
from hatwist.resources.network import Held, IPAddress, Link, NoLinkError, Route

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase


def resource(text: str) -> Resource:
    """Read a resource as haresources has it."""
    script, *arguments = text.split("::")
    return Resource(text, script, tuple(arguments))


def group(*texts: str) -> ResourceGroup:
    """Make a group at home on node01."""
    return ResourceGroup(NodeName("node01"), tuple(map(resource, texts)), Position("haresources", 1))


def write_program(directory: str | Path, name: str, body: str, mode: int = 0o755) -> str:
    """Write a shell script and return its path."""
    path = Path(directory) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(stat.S_IMODE(mode))
    return str(path)


@define
class LogBook:
    """Remembers log lines."""

    entries: list[tuple[Level, str, str]] = field(factory=list)

    def __call__(self, level: Level, text: str, entity: str) -> None:
        self.entries.append((level, text, entity))

    def lines(self, *without: Level) -> list[str]:
        """Return C{level: text} of everything but some levels."""
        return [spell(level, text) for level, text, _ in self.entries if level not in without]

    @property
    def signed(self) -> list[str]:
        """C{entity: level: text} of everything but debug lines."""
        return [
            f"{entity}: {spell(level, text)}"
            for level, text, entity in self.entries
            if level is not Level.DEBUG
        ]


def spell(level: Level, text: str) -> str:
    """Write a line as the log has it."""
    return f"{level.value}: {text}" if level.value else text


@implementer(IProcessTransport)
class MemoryChild:
    """
    One program and its process group.

    @ivar signals: what the group was sent.
    @ivar deaf: the signals that neither it nor its children heed.
    @ivar grandchildren: how many others are in the group.
    @ivar holders: how many of those keep the pipes open.
    """

    def __init__(
        self, protocol: IProcessProtocol, pid: int, args: Sequence[bytes | str], env: Mapping[str, str]
    ) -> None:
        self.protocol = protocol
        self.group = pid
        self.pid: int | None = pid
        self.args = list(args)
        self.env = dict(env)
        self.signals: list[int] = []
        self.direct: list[int | str] = []
        self.deaf: set[int] = set()
        self.grandchildren = 0
        self.holders = 0
        self.stdin = b""
        self.stdin_closed = False
        self._exit: Failure | None = None

    def say(self, text: str, descriptor: int = 1) -> None:
        """Write something."""
        self.protocol.childDataReceived(descriptor, text.encode())

    def exit(self, status: int = 0) -> None:
        """End by itself; its grandchildren live on."""
        reason = ProcessTerminated(status, None, status << 8) if status else ProcessDone(0)
        self._end(Failure(reason))

    def release(self) -> None:
        """Let the grandchildren that hold the pipes end."""
        self.grandchildren -= self.holders
        self.holders = 0
        if self._exit is not None:
            self._close()

    def obey(self, number: int) -> None:
        """Have the whole group receive a signal."""
        if number == 0:
            return
        self.signals.append(number)
        if number in self.deaf:
            return
        self.grandchildren = self.holders = 0
        if self._exit is None:
            self._end(Failure(ProcessTerminated(None, number, number)))
        elif self.pid is not None:
            self._close()

    @property
    def gone(self) -> bool:
        """Whether nobody is left in the group."""
        return self._exit is not None and not self.grandchildren

    def _end(self, reason: Failure) -> None:
        self._exit = reason
        self.protocol.processExited(reason)
        if not self.holders:
            self._close()

    def _close(self) -> None:
        assert self._exit is not None
        self.pid = None
        self.protocol.processEnded(self._exit)

    def closeStdin(self) -> None:
        self.stdin_closed = True

    def closeStdout(self) -> None:
        raise NotImplementedError

    def closeStderr(self) -> None:
        raise NotImplementedError

    def closeChildFD(self, descriptor: int) -> None:
        raise NotImplementedError

    def writeToChild(self, childFD: int, data: bytes) -> None:
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        self.stdin += data

    def writeSequence(self, data: Iterable[bytes]) -> None:
        raise NotImplementedError

    def loseConnection(self) -> None:
        raise NotImplementedError

    def signalProcess(self, signalID: str | int) -> None:
        if self._exit is not None:
            raise ProcessExitedAlready
        self.direct.append(signalID)

    def getPeer(self) -> IAddress:
        raise NotImplementedError

    def getHost(self) -> IAddress:
        raise NotImplementedError


@implementer(IReactorProcess)
class MemoryProcesses:
    """
    Programs that do what the test says.

    @ivar children: what was started.
    @ivar refusal: what the next start raises.
    @ivar late: whether a program has no group of its own yet.
    """

    def __init__(self) -> None:
        self.children: list[MemoryChild] = []
        self.refusal: OSError | None = None
        self.late = False

    def spawnProcess(  # type: ignore[override]  # the interface names its first argument twice
        self,
        processProtocol: IProcessProtocol,
        executable: bytes | str,
        args: Sequence[bytes | str] = (),
        env: Mapping[str, str] | None = None,
        path: bytes | str | None = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: bool | tuple[int, int, int] = False,
        childFDs: Mapping[int, int | str] | None = None,
    ) -> IProcessTransport:
        """Start one; it says and does nothing by itself."""
        if self.refusal is not None:
            raise self.refusal
        child = MemoryChild(processProtocol, 1000 + len(self.children), args, env or {})
        self.children.append(child)
        processProtocol.makeConnection(child)
        return child

    def kill_group(self, group: int, number: int) -> None:
        """Do what C{os.killpg} does."""
        child = next(one for one in self.children if one.group == group)
        if child.gone or self.late:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        child.obey(number)


TERM = int(signal.SIGTERM)
KILL = int(signal.SIGKILL)


class MemoryNetwork:
    """
    A host's network in memory.

    @ivar links: its interfaces.
    @ivar addresses: what is on them.
    @ivar routes: its routes beyond those that follow from its addresses.
    @ivar up: the indexes of the interfaces that were brought up.
    @ivar refusal: raised by the next change.
    """

    def __init__(self, *links: Link) -> None:
        self.links = list(links)
        self.addresses: list[Held] = []
        self.routes: list[tuple[str, int]] = []
        self.up: list[int] = []
        self.refusal: OSError | None = None

    def __enter__(self) -> MemoryNetwork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def link(self, key: str | int) -> Link:
        """See L{Network.link}."""
        for one in self.links:
            if key in (one.name, one.index):
                return one
        raise NoLinkError(f"there is no interface {key}")

    def hardware(self) -> frozenset[bytes]:
        """See L{Network.hardware}."""
        return frozenset(one.hardware for one in self.links if len(one.hardware) == 6)

    def held(self) -> tuple[Held, ...]:
        """See L{Network.held}."""
        return tuple(self.addresses)

    def at(self, ip: IPAddress) -> tuple[Held, ...]:
        """See L{Network.at}."""
        return tuple(one for one in self.addresses if one.ip == ip)

    def route(self, ip: IPAddress, index: int = 0) -> Route | None:
        """See L{Network.route}."""
        own = [(f"{one.ip}/{one.prefix}", one.index) for one in self.addresses]
        matching = [
            Route(over, ip_interface(text).network.prefixlen)
            for text, over in own + self.routes
            if index in (0, over) and ip in ip_interface(text).network
        ]
        return max(matching, key=lambda route: route.prefix, default=None)

    def add(self, address: Held, lifetime: int | None = None) -> None:
        """See L{Network.add}; a lifetime does not pass by itself."""
        if self.refusal is not None:
            raise self.refusal
        subnet = ip_interface((address.ip, address.prefix)).network
        known = [
            one
            for one in self.addresses
            if one.index == address.index and one.prefix == address.prefix and one.ip in subnet
        ]
        if any(one.ip == address.ip for one in known):
            self.renew(address, lifetime)
            return
        secondary = address.ip.version == 4 and bool(known)
        self.addresses.append(evolve(address, secondary=secondary, lifetime=lifetime))

    def renew(self, address: Held, lifetime: int | None) -> None:
        """See L{Network.renew}."""
        if self.refusal is not None:
            raise self.refusal
        self.addresses = [
            evolve(one, lifetime=lifetime) if (one.ip, one.index) == (address.ip, address.index) else one
            for one in self.addresses
        ]

    def remove(self, address: Held) -> None:
        """See L{Network.remove}."""
        if self.refusal is not None:
            raise self.refusal
        kept = [one for one in self.addresses if (one.ip, one.index) != (address.ip, address.index)]
        self.addresses = []
        for one in kept:
            self.add(evolve(one, secondary=False), one.lifetime)

    def bring_up(self, link: Link) -> None:
        """See L{Network.bring_up}."""
        self.up.append(link.index)


def temporary(case: SynchronousTestCase) -> str:
    """Make a directory that is the case's own."""
    path: str = case.mktemp()
    os.makedirs(path)
    return os.path.abspath(path)
