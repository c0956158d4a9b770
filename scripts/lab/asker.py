# -*- test-case-name: tests.lab.test_clients -*-
"""
A client of heartbeat's API that asks what it is told to, and writes down what it hears.

A script of its own: C{asker.py STEPS}, a JSON list.  A step is the list of the
fields of a message, each a name and a value, or a number of seconds to listen.
C{PID}, C{UID} and C{GID} as values stand for its own.  After each message it
listens until an answer (C{hbapi-resp} that is not C{ok/more}) has come, or for
L{PATIENCE}.  One JSON list a line for each step: the messages that came, each a
list of fields; C{null} in it says that the daemon has hung up.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from typing import Final

SOCKET: Final = "/run/heartbeat/register"
MAGIC: Final = 0xABCD
HEADER: Final = struct.Struct("=iI")

PATIENCE: Final = 1.0
"""Seconds to wait for an answer that may not come."""

Fields = list[list[str]]


class Asker:
    """
    One connection.

    @ivar closed: whether the daemon has hung up.
    """

    def __init__(self) -> None:
        self.closed = False
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(SOCKET)
        self._held = b""

    def send(self, fields: Fields) -> None:
        """Send one message in classic form."""
        own = {"PID": str(os.getpid()), "UID": str(os.getuid()), "GID": str(os.getgid())}
        lines = "".join(f"{name}={own.get(value, value)}\n" for name, value in fields)
        body = f">>>\n{lines}<<<\n\0".encode()
        try:
            self._socket.sendall(HEADER.pack(len(body), MAGIC) + body)
        except OSError:
            self.closed = True

    def hear(self, seconds: float, until_answered: bool) -> list[Fields | None]:
        """Return what comes in this time."""
        heard: list[Fields | None] = []
        end = time.monotonic() + seconds
        while not self.closed:
            message = self._whole()
            if message is not None:
                heard.append(message)
                if until_answered and ["t", "hbapi-resp"] in message and ["result", "ok/more"] not in message:
                    return heard
            elif not self._read(end - time.monotonic()):
                return heard
        return [*heard, None]

    def _read(self, seconds: float) -> bool:
        self._socket.settimeout(max(0.001, seconds))
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self.closed = not data
        self._held += data
        return True

    def _whole(self) -> Fields | None:
        if len(self._held) < HEADER.size:
            return None
        length = HEADER.unpack_from(self._held)[0]
        if len(self._held) < HEADER.size + length:
            return None
        body = self._held[HEADER.size : HEADER.size + length]
        self._held = self._held[HEADER.size + length :]
        lines = body.decode(errors="replace").splitlines()[1:-1]
        return [list(line.split("=", 1)) for line in lines if "=" in line]


def main() -> None:
    """Take the steps from the command line, one after the other."""
    asker = Asker()
    for step in json.loads(sys.argv[1]):
        if isinstance(step, list):
            asker.send(step)
            heard = asker.hear(PATIENCE, until_answered=True)
        else:
            heard = asker.hear(step, until_answered=False)
        print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    main()
