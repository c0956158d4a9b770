# -*- test-case-name: tests.lab.test_inquiry -*-
"""
Ask daemons inside of hosts for their status, from outside.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from scripts.lab.configuration import CHECKOUT
from scripts.lab.remote import LabError

MODULE: Final = "scripts.lab.inquirer"


class Inquiry:
    """One process that asks, shared by all threads; it ends when we do."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._asker = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def status(self, socket: Path) -> Any:
        """
        Return what C{hatwistctl status --json} shows.

        @param socket: a control socket, as reached from here.
        @raise LabError: nobody answers there.
        """
        assert self._asker.stdin is not None
        assert self._asker.stdout is not None
        with self._turn:
            self._asker.stdin.write(f"{socket}\n")
            self._asker.stdin.flush()
            line = self._asker.stdout.readline()
        answer = json.loads(line) if line else {"error": "whoever asks has ended"}
        if "error" in answer:
            raise LabError(str(answer["error"]))
        return answer["report"]

    def close(self) -> None:
        """End it."""
        assert self._asker.stdin is not None
        assert self._asker.stdout is not None
        self._asker.stdin.close()
        self._asker.wait()
        self._asker.stdout.close()


def inquiry() -> Inquiry:
    """Return the one of this process; a fork has one of its own."""
    return _of(os.getpid())


@cache
def _of(_process: int) -> Inquiry:
    return Inquiry()
