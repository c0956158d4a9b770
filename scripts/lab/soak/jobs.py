# -*- test-case-name: tests.lab.test_soak_jobs -*-
"""
Several pieces of work side by side.

Lab work waits most of its time, so threads do.  They end with the program.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def side_by_side(pieces: Sequence[Callable[[], T]], jobs: int) -> Iterator[T]:
    """
    Do everything, so many at a time; yield what comes out in the order in which it does.

    @raise BaseException: what the first piece that failed raised.
    """
    waiting: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[T, None] | tuple[None, BaseException]] = queue.SimpleQueue()
    for piece in pieces:
        waiting.put(piece)

    def work() -> None:
        while True:
            try:
                piece = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((piece(), None))
            except BaseException as error:  # noqa: BLE001 -- raised again by whoever waits for it
                done.put((None, error))

    for _ in range(min(jobs, len(pieces))):
        threading.Thread(target=work, daemon=True).start()
    for _ in pieces:
        result, error = done.get()
        if error is not None:
            raise error
        yield result  # type: ignore[misc]
