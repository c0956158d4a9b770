# -*- test-case-name: tests.lab.test_inquiry -*-
"""
Ask daemons for their status, over their control sockets, one question a line.

Runs beside the tests, as long as they do: a new Python for each question costs more
than the clusters that are asked.  A question is the path of a socket; the answer is
one line of JSON, C{{"report": ...}} or C{{"error": ...}}.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twisted.internet import reactor, stdio
from twisted.internet.defer import Deferred
from twisted.protocols.basic import LineOnlyReceiver

from hatwist.control.client import connect
from hatwist.errors import ControlError

if TYPE_CHECKING:
    from twisted.python.failure import Failure


async def ask(path: str) -> dict[str, object]:
    """Ask one daemon."""
    try:
        control = await connect(path, reactor)
        try:
            return {"report": await control.status()}
        finally:
            await control.close()
    except ControlError as problem:
        return {"error": str(problem)}


class Questions(LineOnlyReceiver):
    """What the tests ask; answered in order, since they wait for each answer."""

    delimiter = b"\n"

    def lineReceived(self, line: bytes) -> None:
        """Answer one question."""
        Deferred.fromCoroutine(self._answer(line.decode()))

    async def _answer(self, path: str) -> None:
        self.sendLine(json.dumps(await ask(path)).encode())  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The tests are over."""
        reactor.stop()


if __name__ == "__main__":
    stdio.StandardIO(Questions())  # type: ignore[no-untyped-call]
    reactor.run()
