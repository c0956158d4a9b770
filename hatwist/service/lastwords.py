# -*- test-case-name: tests.service.test_halog -*-
"""
The end of a thread that writes what waits in a queue: the log's and the journal's.
"""

from __future__ import annotations

import queue
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import threading

_Item = TypeVar("_Item")

CLOSE_LIMIT: Final = 3.0
"""Seconds the last words have to reach the disk."""


def finish(thread: threading.Thread, waiting: queue.Queue[_Item | None], limit: float) -> None:
    """
    Let it write what waits, and end.

    @param waiting: what it writes; C{None} is its end.
    @param limit: seconds that may take; it blocks the caller.
    """
    end = time.monotonic() + limit
    with suppress(queue.Full):
        waiting.put(None, timeout=limit)
    thread.join(max(0.0, end - time.monotonic()))
