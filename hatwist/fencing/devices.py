# -*- test-case-name: tests.fencing.test_devices -*-
"""
Devices: the programs that reach them, and a person.

A device has no policy: it carries out one order, within a time, and says what came
of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from attrs import frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.config.model import FencingDevice
from hatwist.fencing.dialects import Order, dialect_of, is_agent
from hatwist.fencing.results import Answer, FenceOutcome
from hatwist.fencing.secrets import values_of
from hatwist.interfaces import IFencingDevice
from hatwist.resources.process import Ran
from hatwist.resources.reporting import Log
from hatwist.resources.secrets import hide

ENTITY: Final = "heartbeat"
"""Who speaks in the log, as there."""

MAX_PARAMETERS: Final = 64 * 1024
"""Bytes of a file of parameters; a pipe takes as much at once."""

PROGRAMS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where the programs of devices are looked for."""

STONITH: Final = "stonith"


class Launch(Protocol):
    """Runs a program: its words, its whole environment, its time in seconds, its stdin."""

    def __call__(
        self, words: list[str], environment: Mapping[str, str], timeout: float, *, stdin: bytes
    ) -> Deferred[Ran]:
        """See L{hatwist.resources.process.run_program}."""


@implementer(IFencingDevice)
@frozen
class ProgramDevice:
    """
    A device that a program reaches.

    @ivar find: returns the path of a program; empty if it is not installed.
    """

    spec: FencingDevice
    launch: Launch
    environment: Mapping[str, str]
    find: Callable[[str], str]

    def run(self, order: Order, host: str, timeout: float) -> Deferred[Answer]:
        """See L{IFencingDevice.run}; the program is looked for, and its file read, anew each time."""
        kind = self.spec.type
        wanted = kind if is_agent(kind) else STONITH
        program = self.find(wanted)
        if not program:
            return succeed(Answer(FenceOutcome.FAILED, f"the program {wanted} is not installed"))
        try:
            parameters = read_parameters(self.spec)
        except OSError as reason:
            words = f"cannot read {self.spec.file}: {reason.strerror or reason}"
            return succeed(Answer(FenceOutcome.FAILED, words))
        dialect = dialect_of(kind)
        secrets = values_of(parameters) - {host}
        told = dialect.told(parameters, order, host).encode("utf-8", "surrogateescape")
        ran = self.launch(
            dialect.words(program, kind, parameters, order, host), self.environment, timeout, stdin=told
        )
        return ran.addCallback(lambda ended: _quoted(dialect.judge(order, ended), secrets))


@implementer(IFencingDevice)
@frozen
class Operator:
    """
    A person: is asked for it in the log, and confirms through the fencer, which then
    waits for this device no longer.
    """

    spec: FencingDevice
    clock: IReactorTime
    log: Log

    def run(self, order: Order, host: str, timeout: float) -> Deferred[Answer]:
        """See L{IFencingDevice.run}."""
        if order in (Order.STATUS, Order.ON):
            return succeed(Answer(FenceOutcome.CONFIRMED))
        self.log(Level.CRIT, f"OPERATOR INTERVENTION REQUIRED to reset {host}.", ENTITY)
        late = Answer(FenceOutcome.TIMED_OUT, "nobody confirmed it")
        return deferLater(self.clock, timeout, lambda: late)


def read_parameters(spec: FencingDevice) -> str:
    """
    Return what a device is told.

    @raise OSError: its file cannot be read, or is none.
    """
    if not spec.file:
        return spec.parameters
    # Not to wait for ever for whoever writes into a FIFO.
    descriptor = os.open(spec.file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is not a regular file")
        content = file.read(MAX_PARAMETERS + 1)
    if len(content) > MAX_PARAMETERS:
        raise OSError(f"it is larger than {MAX_PARAMETERS} bytes")
    return content.decode("utf-8", "surrogateescape").rstrip("\r\n")


def find_program(name: str) -> str:
    """Return the path of a program; empty if there is none."""
    paths = [name] if name.startswith("/") else [f"{directory}/{name}" for directory in PROGRAMS]
    return next((path for path in paths if os.path.isfile(path) and os.access(path, os.X_OK)), "")


def _quoted(answer: Answer, secrets: frozenset[str]) -> Answer:
    return Answer(answer.outcome, hide(answer.words, secrets))
