# -*- test-case-name: tests.control.test_client -*-
"""
How every tool talks to a daemon on this host.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, TypedDict, cast

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.interfaces import IReactorTime, IReactorUNIX
from twisted.python import reflect
from twisted.spread import pb

from hatwist.control.entries import read_entry
from hatwist.control.report import VERSION
from hatwist.errors import ControlError
from hatwist.unix import peer_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.control.entries import Entry
    from hatwist.control.happenings import Happening
    from hatwist.control.operations import OperationReport
    from hatwist.control.report import Report

TIMEOUT: Final = 5.0
"""Seconds the daemon has for an answer; it never waits for anything itself."""


class NotRunning(ControlError):
    """Nobody listens on the socket."""


class Forbidden(ControlError):
    """The operating system does not let us near the socket."""


class Refused(ControlError):
    """The daemon answered, and the answer is no."""


class Dropped(ControlError):
    """The daemon closed the connection, or stopped answering."""


class _Follower(pb.Referenceable):
    """What the daemon tells of what happens."""

    def __init__(self, told: Callable[[Happening], None]) -> None:
        self._told = told

    def remote_happened(self, kind: str, text: str, when: float) -> None:
        """Hear of one happening."""
        self._told((kind, text, when))


class FencingReport(TypedDict):
    """One fencing; C{when} in seconds since the epoch, C{took} in seconds."""

    target: str
    asker: str
    why: str
    when: float
    outcome: str
    by: str
    words: str
    took: float


class DeviceReport(TypedDict):
    """Whether a fencing device answers."""

    name: str
    type: str
    well: bool
    words: str
    checked: float


class Control:
    """
    A connection to a daemon.

    @ivar daemon_pid: its process, 0 if it is in another PID name space.
    @ivar closed: fires when the connection is gone, whoever ended it.
    """

    def __init__(self, root: pb.RemoteReference, clock: IReactorTime, daemon_pid: int = 0) -> None:
        self.daemon_pid = daemon_pid
        self.closed: Deferred[None] = Deferred()
        self._root = root
        self._clock = clock
        root.notifyOnDisconnect(lambda _root: self.closed.callback(None))

    async def status(self) -> Report:
        """
        Ask for the snapshot.

        @raise ControlError: it did not answer, or in another version's words.
        """
        answer = cast("Report", await self._ask("status"))  # our own daemon made it
        if answer["version"] != VERSION:
            raise ControlError(f"the daemon reports in version {answer['version']}, we read {VERSION}")
        return answer

    async def recent(self) -> list[Happening]:
        """Ask for the last happenings, oldest first."""
        answer = cast("list[list[object]]", await self._ask("recent"))  # as above
        return [cast("Happening", tuple(one)) for one in answer]

    async def journal(self, about: str, count: int) -> list[Entry]:
        """
        Ask for the newest decisions, oldest first.

        @param about: a group or a node; empty for everything.
        """
        answer = cast("list[str]", await self._ask("journal", about, count))  # as above
        return [one for one in map(read_entry, answer) if one is not None]

    async def operations(self, key: str) -> list[OperationReport]:
        """Ask what was done to the resources of a group lately, oldest first."""
        return cast("list[OperationReport]", await self._ask("operations", key))  # as above

    async def standby(self, which: str) -> None:
        """Ask the node to give up C{all}, C{local} or C{foreign} groups."""
        await self._ask("standby", which)

    async def takeover(self, which: str) -> None:
        """Ask the node to get such groups from its peer."""
        await self._ask("takeover", which)

    async def cleanup(self, key: str) -> None:
        """Let failures of a group count no more; with an empty key those of all groups."""
        await self._ask("cleanup", key)

    async def fencings(self) -> list[FencingReport]:
        """Ask for the last fencings, oldest first."""
        return cast("list[FencingReport]", await self._ask("fencings"))  # as above

    async def fencing_devices(self) -> list[DeviceReport]:
        """Ask whether the fencing devices answer."""
        return cast("list[DeviceReport]", await self._ask("fencing_devices"))  # as above

    async def confirm_down(self, node: str) -> None:
        """Tell the node that a peer is down, and that nothing of it runs."""
        await self._ask("confirm_down", node)

    async def leave(self) -> None:
        """Ask the node to give up everything and leave."""
        await self._ask("leave")

    async def follow(self, told: Callable[[Happening], None]) -> None:
        """Have C{told} called with everything that happens from now on."""
        await self._ask("subscribe", _Follower(told))

    def close(self) -> Deferred[None]:
        """End the connection; fires when it has ended."""
        self._root.broker.transport.loseConnection()
        return self.closed

    async def _ask(self, *question: object) -> object:
        """
        Ask and await the answer.

        @raise Refused: in the daemon's own words.
        @raise Dropped: there was no answer.
        """
        try:
            asked: Deferred[object] = self._root.callRemote(*question)
            return await asked.addTimeout(TIMEOUT, self._clock)
        except pb.RemoteError as problem:
            raise _translate(problem) from problem
        except (pb.PBConnectionLost, pb.DeadReferenceError) as problem:
            raise Dropped("the daemon closed the connection") from problem
        except DeferredTimeout as problem:
            raise Dropped(f"the daemon did not answer within {TIMEOUT:.0f} s") from problem


async def connect(path: str, reactor: object) -> Control:
    """
    Connect to the daemon that listens on C{path}.

    @raise NotRunning: nobody does.
    @raise Forbidden: we may not.
    @raise Dropped: it accepted, and then did not speak with us.
    """
    factory = pb.PBClientFactory()
    factory.noisy = False
    connector = IReactorUNIX(reactor).connectUNIX(path, factory, timeout=TIMEOUT)  # type: ignore[arg-type]
    clock = IReactorTime(reactor)
    asked: Deferred[pb.RemoteReference] = factory.getRootObject()
    try:
        root = await asked.addTimeout(TIMEOUT, clock)
    except error.ConnectError as problem:
        raise explain(path, problem) from problem
    except (error.ConnectionLost, error.ConnectionDone) as problem:
        raise Dropped("the daemon closed the connection at once; it may have too many clients") from problem
    except DeferredTimeout as problem:
        connector.disconnect()
        raise Dropped(f"the daemon accepted, but said nothing within {TIMEOUT:.0f} s") from problem
    return Control(root, clock, peer_credentials(root.broker.transport.getHandle()).pid)


def _translate(problem: pb.RemoteError) -> ControlError:
    """Tell a refusal, whose words are for people, from a fault of the daemon."""
    kind = problem.remoteType
    name = kind.decode("utf-8", "replace") if isinstance(kind, bytes) else str(kind)
    if name == reflect.qual(pb.Error):
        return Refused(str(problem))
    return ControlError(f"the daemon failed with {name}: {problem}; its log says more")


def explain(path: str, problem: error.ConnectError) -> ControlError:
    """Turn the operating system's refusal into ours."""
    number = getattr(problem, "osError", None)
    if isinstance(problem, error.ConnectionRefusedError) or number in (errno.ENOENT, errno.ECONNREFUSED):
        return NotRunning(f"hatwist is not running here: nobody listens on {path}")
    if number in (errno.EACCES, errno.EPERM):
        return Forbidden(f"permission denied: {path} is for root only")
    return ControlError(f"cannot connect to {path}: {problem}")
