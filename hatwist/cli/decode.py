# -*- test-case-name: tests.cli.test_decode -*-
"""
C{hatwistctl decode}: show captured traffic, one message a line.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

from attrs import define, field

from hatwist.cli.options import Command
from hatwist.cli.payloads import Payload, read_payloads
from hatwist.cli.pcap import CaptureError, CutOffError, is_capture, read_packets
from hatwist.cli.sight import MARKS, Sight, as_line, as_object, look, shown
from hatwist.config.authkeys import read_authkeys
from hatwist.errors import ConfigError
from hatwist.wire import netstring
from hatwist.wire.limits import MAX_MESSAGE
from hatwist.wire.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from hatwist.cli.pcap import Packet
    from hatwist.wire.auth import Keyring

STATUS_GOOD: Final = 0
STATUS_BAD_MESSAGE: Final = 1
STATUS_UNREADABLE: Final = 2

_CHUNK: Final = 65536
_MOST_COMMON: Final = 20


class DecodeOptions(Command):
    """What to show, and how."""

    synopsis = "[--authkeys FILE] [--json] FILE"
    longdesc = (
        "Show the heartbeat messages in a capture (pcap or pcapng), or in a recording of a serial line. "
        "Times are UTC.  The exit status is 1 if a message does not decode or does not verify, and 2 if a "
        "file cannot be read."
    )
    optParameters = [["authkeys", None, None, "Verify the signatures with the keys in this file."]]
    optFlags = [["json", None, "Print one object a line for each message; the totals go to standard error."]]

    def parseArgs(self, file: str) -> None:  # type: ignore[override]  # usage asks for what it finds here
        """Take the name of the capture."""
        self["file"] = file


def decode(options: DecodeOptions, stdout: TextIO, stderr: TextIO) -> int:
    """
    Carry the command out.

    @return: the exit status.
    """
    file, as_json = options["file"], bool(options["json"])
    totals = _Totals(options["authkeys"] is not None)
    try:
        keys = _read_keys(options["authkeys"])
        with open(file, "rb") as stream:
            for payload in _read(stream, totals.remarks):
                sight = look(payload, keys)
                totals.count(sight)
                print(json.dumps(as_object(sight)) if as_json else as_line(sight), file=stdout)
    except BrokenPipeError:
        raise  # whoever reads what we write, not what we read
    except OSError as error:
        print(f"hatwistctl decode: {error.filename or file}: {error.strerror}", file=stderr)
        return STATUS_UNREADABLE
    except ConfigError as error:
        print(error, file=stderr)
        return STATUS_UNREADABLE
    except CaptureError as error:
        print(f"hatwistctl decode: {file}: {error}", file=stderr)
        return STATUS_UNREADABLE
    for line in totals.lines():
        print(line, file=stderr if as_json else stdout)
    return STATUS_BAD_MESSAGE if totals.wrong or totals.broken else STATUS_GOOD


@define
class _Totals:
    """
    What was seen.

    @ivar remarks: what is to be known about the file, beside its messages.
    """

    with_keys: bool
    messages: int = 0
    verified: int = 0
    wrong: int = 0
    broken: int = 0
    types: Counter[str] = field(factory=Counter)
    sources: Counter[str] = field(factory=Counter)
    remarks: list[str] = field(factory=list)

    def count(self, sight: Sight) -> None:
        """Add one message."""
        self.messages += 1
        if sight.message is None:
            self.broken += 1
            return
        self.verified += sight.verified is True
        self.wrong += sight.verified is False
        self.types[shown(sight.type) or "?"] += 1
        self.sources[shown(sight.source) or "?"] += 1

    def lines(self) -> Iterator[str]:
        """Say it."""
        checked = f"{self.verified} verified, {self.wrong} with a wrong signature"
        if not self.with_keys:
            checked = "not verified, for want of --authkeys"
        yield f"total: {self.messages} messages, {checked}, {self.broken} that do not decode"
        for title, counts in (("types", self.types), ("nodes", self.sources)):
            common = counts.most_common(_MOST_COMMON)
            if common:
                yield f"{title}: " + ", ".join(f"{name} {count}" for name, count in common)
        yield from self.remarks


def _read_keys(file: str | None) -> Keyring | None:
    if file is None:
        return None
    with open(file, encoding="utf-8", errors="surrogateescape") as stream:
        return read_authkeys(stream.read(), file)


def _read(stream: BufferedReader, remarks: list[str]) -> Iterator[Payload]:
    """Yield what begins like a heartbeat message, from whichever kind of file it is."""
    head = stream.peek(4)[:4]
    if is_capture(head):
        payloads = read_payloads(_packets(stream, remarks))
        yield from (one for one in payloads if one.data.startswith(MARKS))
    elif head == netstring.START:
        yield _serial(1, stream.read(MAX_MESSAGE + 1))
    else:
        yield from _read_serial(stream, remarks)


def _packets(stream: BinaryIO, remarks: list[str]) -> Iterator[Packet]:
    try:
        yield from read_packets(stream)
    except CutOffError as error:
        remarks.append(f"note: {error}")


def _read_serial(stream: BinaryIO, remarks: list[str]) -> Iterator[Payload]:
    line, count = Stream(), 0
    while chunk := stream.read(_CHUNK):
        for data in line.feed(chunk):
            count += 1
            yield _serial(count, data)
    line.finish()
    if count == 0:
        raise CaptureError("it is neither a capture nor a recording of a serial line")
    if line.skipped:
        remarks.append(f"note: {line.skipped} bytes are not part of a message")


def _serial(number: int, data: bytes) -> Payload:
    return Payload(number, None, "", "serial", "", "", data)
