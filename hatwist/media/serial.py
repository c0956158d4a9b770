# -*- test-case-name: tests.media.test_serial -*-
"""
The directive C{serial}: a null modem cable to the peer (protocol section 7.2).

What is sent and heard is the classic form of messages.  A device that vanishes
and comes back is opened anew by itself.
"""

from __future__ import annotations

import errno
import os
import termios
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.config.lines import BITS, LOCKS
from hatwist.errors import MediumError
from hatwist.interfaces import ICounting, IMedium, IMediumFactory, IMediumReceiver
from hatwist.media.line import LinePort, LineProtocol
from hatwist.media.linelock import LineLock
from hatwist.media.link import LinkReporter
from hatwist.media.nuisance import Nuisance
from hatwist.media.outbox import Outbox
from hatwist.media.paced import PacedWriter
from hatwist.wire.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twisted.internet.interfaces import IDelayedCall

    from hatwist.config.model import MediumSpec

    Say = Callable[[Level, str], None]

BACKLOG: Final = 10.0
"""Seconds of the line's time that may wait besides the heartbeat; older messages are dropped."""

PATIENCE: Final = 1000
"""Bytes, three or four messages, that a heartbeat lets pass before it overtakes."""

FEW: Final = 3
"""Heartbeats not sent in a minute that are worth a line: a start has one, as it says more at once."""

SILENCE: Final = 10.0
"""Seconds without a message after which a line may well be cut; its speed is no matter then."""

RETRY: Final = 1.0
"""Seconds between two attempts to open a device that is gone."""

LINGER: Final = 3.0
"""Seconds that the last words have to get out."""

JOINING: Final = 2048
"""Bytes that may come before the first message: whoever joins hears the end of one first."""

SOURCE: Final = "serial line"
"""Where messages come from, for the log, which names the device anyway."""

GONE: Final = os.strerror(errno.EIO)
"""What the kernel says of a line that hung up, however we learn of it."""


class _Nuisances:
    """What goes wrong on one line: counted, and said from time to time."""

    def __init__(self, device: str, clock: IReactorTime, say: Say) -> None:
        where = f"serial {device}:"
        noise = "%d bytes that belong to no message (do both sides have the same baud?)"
        slow = "%d heartbeats not sent, newer ones were: there is more to send than the line carries"
        self.noise = Nuisance(f"{where} {noise}", clock, say)
        self.torn = Nuisance(f"{where} %d messages were cut short on the way", clock, say)
        self.replaced = Nuisance(f"{where} {slow}", clock, say, least=FEW)
        self.repeated = Nuisance(f"{where} %d messages not sent, they waited already", clock, say)
        self.dropped = Nuisance(f"{where} %d messages not sent: the line is too slow", clock, say)
        self._named = {
            f"noise on {device}, bytes": self.noise,
            f"torn messages on {device}": self.torn,
            f"old heartbeats not sent on {device}": self.replaced,
            f"repetitions not sent on {device}": self.repeated,
            f"messages not sent on {device}": self.dropped,
        }

    def counters(self) -> Mapping[str, int]:
        """Return how many there were of each kind, without those of which there were none."""
        return {name: one.total for name, one in self._named.items() if one.total}

    def tell(self) -> None:
        """Say what was not said yet."""
        for one in self._named.values():
            one.tell()


@implementer(IMedium, ICounting)
class SerialMedium:
    """One line, open or not."""

    def __init__(
        self, spec: MediumSpec, reactor: object, receiver: IMediumReceiver, say: Say, locks: str = LOCKS
    ) -> None:
        self.spec = spec
        self._reactor = reactor
        self._clock = IReactorTime(reactor)
        self._receiver = receiver
        self._say = say
        self._lock = LineLock(spec.link, locks)
        self._reporter = LinkReporter(spec.link, receiver, reactor)
        self._nuisances = _Nuisances(spec.link, self._clock, say)
        rate = spec.baud / BITS
        self._outbox = Outbox(round(rate * BACKLOG), PATIENCE / rate)
        self._writer = PacedWriter(self._outbox, rate, self._clock, self._stuck, self._reporter.up)
        self._stream = Stream()
        self._joining = 0
        "What was skipped before the line was opened; -1 once it was joined."
        self._forgiven = 0
        self._last_heard: float | None = None
        self._port: LinePort | None = None
        self._again: IDelayedCall | None = None
        self._started = False
        self._stopped = False

    def start(self) -> None:
        """
        Lock the line and open it.

        @raise MediumError: also if it was started before.
        """
        if self._started or self._stopped:
            raise MediumError(f"serial {self.spec.link}: can be started only once")
        try:
            self._lock.take()
            self._open()
        except MediumError:
            self._lock.release()
            raise
        self._started = True

    def send(self, data: bytes) -> None:
        """Send a message in classic form; see L{IMedium.send}."""
        if not self._started or self._stopped:
            return
        self._outbox.put(data, self._clock.seconds())
        replaced = self._nuisances.replaced
        note = replaced.count if self._carries() else replaced.excuse
        note(self._outbox.replaced)
        self._nuisances.repeated.total = self._outbox.repeated
        self._nuisances.dropped.count(self._outbox.dropped)
        self._writer.push()

    def stop(self) -> Deferred[None]:
        """Deliver nothing more; fires when the last words are out, or L{LINGER} is over."""
        if self._stopped:
            return succeed(None)
        self._stopped = True
        self._reporter.stop()
        if self._again is not None and self._again.active():
            self._again.cancel()
        return self._writer.finish(LINGER).addCallback(lambda _: self._close())

    def counters(self) -> Mapping[str, int]:
        """Return what went wrong so far."""
        return self._nuisances.counters()

    def _open(self) -> None:
        device = self.spec.link
        self._joining = self._stream.skipped
        protocol = LineProtocol(self._stream, self._writer, self._heard, self._read, self._lost)
        try:
            self._port = LinePort(protocol, device, self._reactor, baudrate=self.spec.baud)  # type: ignore[no-untyped-call]
        except OSError as problem:
            number = problem.errno
            reason = os.strerror(number) if number else str(problem)
            raise MediumError(f"cannot open {device}: {reason}") from problem
        except termios.error as problem:
            raise MediumError(f"cannot set tty attributes: {device}: {problem.args[-1]}") from problem
        self._say(Level.INFO, f"glib: Starting serial heartbeat on tty {device} ({self.spec.baud} baud)")

    def _heard(self, message: bytes) -> None:
        self._join(forgive=True)
        self._last_heard = self._clock.seconds()
        if not self._stopped:
            self._receiver.datagramReceived(self.spec.link, message, SOURCE)

    def _carries(self) -> bool:
        """Whether what is not sent is so for want of speed, as far as we know."""
        if self._last_heard is None or self._writer.held or not self._reporter.working:
            return False
        return self._clock.seconds() - self._last_heard < SILENCE

    def _read(self) -> None:
        if self._stream.skipped - self._joining > JOINING:
            self._join(forgive=False)
        if self._joining < 0:
            self._nuisances.noise.count(self._stream.skipped - self._forgiven)
            self._nuisances.torn.count(self._stream.torn)

    def _join(self, forgive: bool) -> None:
        """Whoever joins a line hears the end of a message first, which is no noise."""
        if self._joining >= 0:
            self._forgiven += self._stream.skipped - self._joining if forgive else 0
            self._joining = -1

    def _stuck(self) -> None:
        text = f"TTY write timeout on [{self.spec.link}] (no connection or bad cable? [see documentation])"
        self._say(Level.WARN, f"glib: {text}")
        self._reporter.down("the line takes nothing")

    def _lost(self) -> None:
        """The device is gone, or was closed by us."""
        self._port = None
        if self._stopped:
            return
        self._say(Level.ERROR, f"glib: TTY write failure on [{self.spec.link}]: {GONE}")
        self._reporter.down(GONE)
        self._again = self._clock.callLater(RETRY, self._reopen)

    def _reopen(self) -> None:
        try:
            self._open()
        except MediumError:
            self._again = self._clock.callLater(RETRY, self._reopen)

    def _close(self) -> None:
        if self._port is not None:
            self._port.abort()
        self._lock.release()
        self._nuisances.tell()


@implementer(IMediumFactory)
class SerialFactory:
    """Makes serial lines; C{say} takes their lines for ha-log."""

    name = "serial"

    def __init__(self, say: Say, locks: str = LOCKS) -> None:
        self._say = say
        self._locks = locks

    def make(self, spec: MediumSpec, reactor: object, receiver: IMediumReceiver) -> IMedium:
        """Make a line, not yet open."""
        return SerialMedium(spec, reactor, receiver, self._say, self._locks)
