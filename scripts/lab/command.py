# -*- test-case-name: tests.lab.test_demo -*-
"""
What the commands that build a lab have in common: how they begin and end.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Final, NoReturn

from scripts.lab.rack import obstacle
from scripts.lab.remote import LabError

INTERRUPTED: Final = 130
"""The exit status that a shell uses for this."""


def run(work: Callable[[], int], further: str | None = None) -> int:
    """
    Do some work that builds a lab, if the machine allows one.

    @param further: a reason not to, besides those of the machine.
    @return: the exit status: what C{work} returns, or 1, or L{INTERRUPTED}.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell had them ignored
        signal.signal(number, _interrupted)
    reason = obstacle() or further
    if reason is not None:
        print(f"This machine does not allow it: {reason}")
        return 1
    try:
        return work()
    except LabError as error:
        print(f"\nFailed: {error}")
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; nothing is left behind.")
        return INTERRUPTED


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt
