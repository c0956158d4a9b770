# -*- test-case-name: tests.lab.test_nullmodem -*-
"""
A null modem cable between two hosts of a rack (L{scripts.lab.nullmodem}).

    cable = SerialCable(rack, (one, two), 9600)
    cable.plug(one)          after each time the host is powered on
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.lab.host import Host
from scripts.lab.rack import Rack, python
from scripts.lab.remote import LabError

DEVICE: Final = "/run/ttyHA0"
"""The serial port of each host."""

ANSWER: Final = 20.0
"""Seconds the cable may take to answer."""


@dataclass(frozen=True)
class Counts:
    """
    What became of what was sent to a host.

    @ivar carried: bytes that reached it.
    @ivar lost: bytes that did not.
    """

    carried: int
    lost: int


class SerialCable:
    """The cable, with neither end plugged in."""

    def __init__(self, rack: Rack, hosts: Sequence[Host], baud: int) -> None:
        self._hosts = tuple(hosts)
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.settimeout(ANSWER)
        script = str(Path(__file__).with_name("nullmodem.py"))
        self._process = rack.console.start(
            [python(), "-I", "-S", script, str(baud), "3"], files=[theirs.fileno()]
        )
        theirs.close()

    def plug(self, host: Host) -> None:
        """Give a host, which is powered on, its serial port."""
        path = self._ask("plug", host)["path"]
        host.do("ln", "-sfn", path, DEVICE)

    def unplug(self, host: Host) -> None:
        """Take the port away while it is used, as a USB adapter is pulled out."""
        host.do("rm", "-f", DEVICE)
        self._ask("unplug", host)

    def cut(self) -> None:
        """Let nothing through; neither end sees it."""
        self._ask("cut")

    def heal(self) -> None:
        """Let everything through again."""
        self._ask("heal")

    def noise(self, host: Host, count: int) -> None:
        """Let a host receive so many bytes that nobody has sent."""
        self._ask("noise", host, count=count)

    def tear(self, host: Host) -> None:
        """Let the next message to a host lose its middle."""
        self._ask("tear", host)

    def counts(self, host: Host) -> Counts:
        """Return what became of the bytes that were sent to a host."""
        answer, end = self._ask("count"), self._hosts.index(host)
        return Counts(answer["carried"][end], answer["lost"][end])

    def close(self) -> None:
        """Take the whole cable away."""
        self._ours.close()

    def _ask(self, what: str, host: Host | None = None, **more: int) -> Any:
        end = {} if host is None else {"end": self._hosts.index(host)}
        try:
            self._ours.send(json.dumps({"do": what, **end, **more}).encode())
            answer = self._ours.recv(1 << 12)
        except OSError as error:
            raise LabError(f"the null modem cable: {error}: {self._process.text()}") from error
        if not answer:
            raise LabError(f"the null modem cable is gone: {self._process.text()}")
        return json.loads(answer)
