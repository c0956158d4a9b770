# -*- test-case-name: tests.service.test_memory -*-
"""
Texts that outlive a daemon.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from twisted.internet.defer import Deferred, execute
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Persist
from hatwist.service.memory import Memory


def at_once(call: Callable[[], None]) -> Deferred[None]:
    """Do without a thread."""
    return execute(call)


class MemoryTests(SynchronousTestCase):
    """One directory."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())

    def recall(self) -> dict[str, str]:
        """Read as a new daemon does."""
        return dict(Memory(str(self.directory), at_once).recall())

    def test_what_was_kept_is_recalled(self) -> None:
        """The newest text, and nothing before the first."""
        self.assertEqual(self.recall(), {})
        memory = Memory(str(self.directory), at_once)
        memory.persist(Persist("peers", "beta 1\n"))
        memory.persist(Persist("peers", "beta 0\n"))
        self.assertEqual(self.recall(), {"peers": "beta 0\n"})
        self.assertEqual(os.listdir(self.directory), ["peers"])

    def test_a_slow_disk_writes_the_newest(self) -> None:
        """One write at a time; what was overtaken meanwhile is not written."""
        calls: list[Callable[[], None]] = []
        waiting: list[Deferred[None]] = []

        def slowly(call: Callable[[], None]) -> Deferred[None]:
            calls.append(call)
            waiting.append(Deferred())
            return waiting[-1]

        memory = Memory(str(self.directory), slowly)
        for text in ("1", "2", "3"):
            memory.persist(Persist("peers", text))
        self.assertEqual(len(calls), 1)
        waiting[0].callback(None)
        calls[1]()
        waiting[1].callback(None)
        self.assertEqual((len(calls), self.recall()), (2, {"peers": "3"}))

    def test_a_disk_that_takes_nothing(self) -> None:
        """It is said, and the next text is tried all the same."""
        self.directory.write_text("a file is in the way")
        memory = Memory(str(self.directory), at_once)
        memory.persist(Persist("peers", "x"))
        self.directory.unlink()
        memory.persist(Persist("peers", "y"))
        self.assertEqual(self.recall(), {"peers": "y"})
