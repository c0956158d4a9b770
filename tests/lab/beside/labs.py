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

from scripts.lab.soak.cluster import OrderLost
from tests.lab.beside import bystander, copies, large, loss, names, partings, restarts, roster, successor

JOBS: Final = 10
"""Labs at a time: they wait most of it."""

REPEATS: Final = 2
"""How often a lab is played again in which heartbeat has lost a message on the way to itself."""

Lab = partial[None]
"""A function, and what it is called with."""

LABS: Final[Sequence[Lab]] = [
    *loss.LABS,
    *successor.LABS,
    *bystander.LABS,
    *partings.LABS,
    *restarts.LABS,
    *names.LABS,
    *copies.LABS,
    *roster.LABS,
    *large.LABS,
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
            _play(lab, said)
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


def _play(lab: Lab, said: Callable[[str], object]) -> None:
    """Let it live, once more if heartbeat has lost a message between its own scripts and itself."""
    for _ in range(REPEATS):
        try:
            return lab()
        except OrderLost:
            said(f"          again {label(lab)}")
    return lab()
