# -*- test-case-name: tests.service.test_memory -*-
"""
What the core wants to remember across restarts: small texts, one file each, in
C{/var/lib/hatwist}.

They are written in a thread, so a slow disk delays no heartbeat; of several
writes of one text the newest wins.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from twisted.logger import Logger

from hatwist.cluster.mode import MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from hatwist.cluster.actions import Persist

    InThread = Callable[[Callable[[], None]], Deferred[None]]

NAMES: Final = (MEMORY,)
"""The texts there are; anything else in the directory is not ours to read."""

MAX_TEXT: Final = 65536
"""Characters of a text that are read."""


class Memory:
    """
    The texts of one node.

    @ivar directory: where they are; made when the first one is written.
    """

    log = Logger()

    def __init__(self, directory: str, in_thread: InThread) -> None:
        """
        @param in_thread: calls something in a thread, C{deferToThread}.
        """
        self.directory = Path(directory)
        self._in_thread = in_thread
        self._waiting: dict[str, str] = {}
        self._busy = False

    def recall(self) -> Mapping[str, str]:
        """Read what a former life kept; what cannot be read is as if it had never been."""
        texts: dict[str, str] = {}
        for name in NAMES:
            with suppress(OSError), open(self.directory / name, encoding="ascii", errors="replace") as file:
                texts[name] = file.read(MAX_TEXT)
        return MappingProxyType(texts)

    def persist(self, action: Persist) -> None:
        """Write a text beside everything else; never blocks, never raises."""
        self._waiting[action.name] = action.text
        self._next()

    def _next(self) -> None:
        if self._busy or not self._waiting:
            return
        name = next(iter(self._waiting))
        text = self._waiting.pop(name)
        self._busy = True
        written = self._in_thread(partial(_write, self.directory / name, text))
        written.addErrback(partial(self._complain, name))
        written.addCallback(self._written)

    def _written(self, _: None) -> None:
        self._busy = False
        self._next()

    def _complain(self, name: str, failure: Failure) -> None:
        failure.trap(OSError)  # type: ignore[no-untyped-call]
        self.log.warn("cannot keep {name}: {reason}", name=name, reason=failure.getErrorMessage())


def _write(path: Path, text: str) -> None:
    """Write, sync, rename: after a power cut there is the old text or the new one."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    with open(new, "w", encoding="ascii", errors="replace") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
