# -*- test-case-name: tests.media.test_serial -*-
"""
One opened serial line: Twisted's port with heartbeat's settings, and the protocol on it.

Eight bits, no parity, raw, no modem control.  Unlike heartbeat it sets no
handshake by RTS and CTS (docs/media.md tells why); both RTS and DTR are
raised, so that a peer that minds them may send.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from serial import Serial
from twisted.internet.interfaces import IPullProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.serialport import SerialPort
from zope.interface import implementer

from hatwist.wire.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

    from hatwist.media.paced import PacedWriter

    Attributes = list[int | list[bytes | int]]

_INPUT, _OUTPUT, _CONTROL, _LOCAL, _CHARACTERS = 0, 1, 2, 3, 6
_COUNT: Final = struct.Struct("i")


def raw_settings(attributes: Attributes) -> Attributes:
    """
    Return the settings of a line, its speed as it is.

    @param attributes: as C{termios.tcgetattr} returns them.
    """
    made = list(attributes)
    # A BREAK, which heartbeat sends when it opens a line, means nothing.
    made[_INPUT] = termios.IGNBRK
    made[_OUTPUT] = made[_LOCAL] = 0
    speed = made[_CONTROL]
    assert isinstance(speed, int)
    kept = speed & ~(termios.CSIZE | termios.PARENB | termios.CSTOPB | termios.CRTSCTS)
    made[_CONTROL] = kept | termios.CS8 | termios.CREAD | termios.CLOCAL | termios.HUPCL
    characters = made[_CHARACTERS]
    assert isinstance(characters, list)
    characters = list(characters)
    # With 0 "nothing there" would read as the end of the line.
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    made[_CHARACTERS] = characters
    return made


def open_device(device: str, **settings: object) -> Serial:
    """
    Open and set a device, waiting for nothing.

    @raise OSError: it cannot be opened, or is no serial line.
    """
    opened = Serial(device, **settings)
    try:
        termios.tcsetattr(opened.fd, termios.TCSANOW, raw_settings(termios.tcgetattr(opened.fd)))
    except termios.error as problem:
        opened.close()
        raise OSError(*problem.args) from problem
    return opened


class LinePort(SerialPort):
    """The transport."""

    _serialFactory = staticmethod(open_device)
    _serial: Serial

    def fileno(self) -> int:
        """Return what the reactor polls; -1 once closed."""
        return -1 if self._serial.fd is None else int(self._serial.fd)

    def unsent(self) -> int:
        """Return how many bytes the kernel holds that are not on the line yet; 0 where it does not say."""
        try:
            answer = fcntl.ioctl(self.fileno(), termios.TIOCOUTQ, bytes(_COUNT.size))
        except OSError:
            return 0
        return int(_COUNT.unpack(answer)[0])

    def abort(self) -> None:
        """Close it now, whatever is unsent."""
        self.connectionLost(connectionDone)

    def connectionLost(self, reason: Failure) -> None:
        """Close the device; with bytes unsent the kernel would make us wait half a minute."""
        with suppress(termios.error, OSError):
            termios.tcflush(self.fileno(), termios.TCOFLUSH)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


@implementer(IPullProducer)
class LineProtocol(Protocol):
    """
    Finds the messages, and lets a L{PacedWriter} write.

    @ivar stream: takes what is read apart.
    @ivar heard: takes a message.
    @ivar read: is called after whatever was read.
    @ivar lost: is told that the line is gone.
    """

    transport: LinePort

    def __init__(
        self,
        stream: Stream,
        writer: PacedWriter,
        heard: Callable[[bytes], None],
        read: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self.stream = stream
        self.writer = writer
        self.heard = heard
        self.read = read
        self.lost = lost

    def connectionMade(self) -> None:
        """Begin to write: the port asks for more whenever the kernel took everything."""
        self.writer.connect(self)
        self.transport.registerProducer(self, False)

    def dataReceived(self, data: bytes) -> None:
        """Take what was read, some thousand bytes at most."""
        for message in self.stream.feed(data):
            self.heard(message)
        self.read()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Hear that it is closed, or gone."""
        self.stream.finish()
        self.lost()
        self.writer.disconnect()

    def write(self, data: bytes) -> None:
        """Hand a piece to the port."""
        self.transport.write(data)  # type: ignore[no-untyped-call]

    def unsent(self) -> int:
        """Ask the kernel."""
        return self.transport.unsent()

    def resumeProducing(self) -> None:
        """The kernel took everything."""
        self.writer.drained()

    def stopProducing(self) -> None:
        """The port is closed, which L{connectionLost} hears too."""
