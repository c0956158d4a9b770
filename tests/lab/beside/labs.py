# -*- test-case-name: tests.lab.test_beside -*-
"""
All labs, several at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from tests.lab.beside import bystander, loss, names, partings, restarts, successor

JOBS: Final = 8
"""Labs at a time: they wait most of it."""

Lab = partial[None]
"""A function, and what it is called with."""

LABS: Final[Sequence[Lab]] = [
    *loss.LABS,
    *successor.LABS,
    *bystander.LABS,
    *partings.LABS,
    *restarts.LABS,
    *names.LABS,
]
"""Those that last longest come first."""


def label(lab: Lab) -> str:
    """Return what a lab is called."""
    words = [getattr(one, "__name__", one) for one in lab.args]
    return " ".join([lab.func.__module__.rpartition(".")[2], lab.func.__name__, *map(str, words)])


def run(labs: Sequence[Lab], said: Callable[[str], object] = lambda text: None) -> dict[str, BaseException]:
    """
    Let labs live beside each other.

    @param said: is told when one has ended.
    @return: what went wrong, by label.
    """
    failed: dict[str, BaseException] = {}

    def live(lab: Lab) -> None:
        began = time.monotonic()
        try:
            lab()
        except BaseException as error:
            failed[label(lab)] = error
            raise
        finally:
            verdict = "failed" if label(lab) in failed else "fine"
            said(f"{time.monotonic() - began:6.1f} s  {verdict}  {label(lab)}")

    with ThreadPoolExecutor(JOBS) as pool:
        for lab in labs:
            pool.submit(live, lab)
    return failed
