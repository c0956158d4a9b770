# -*- test-case-name: tests.lab.test_services -*-
"""
The client of a service that is asked by a program: runs it all the time, and writes
down each answer.

A script of its own: C{caller.py COMMAND}, a line for the shell.  A program that takes
longer than L{PATIENCE} is killed; one that fails is no answer.  The lines are those of
C{probe.py}: when it was asked, when it was answered (seconds on CLOCK_BOOTTIME), what
was said.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

PATIENCE = 1.0
"""Seconds until a program is given up."""

PAUSE = 0.02
"""Seconds between two questions."""


def now() -> float:
    """Return the time on the clock of the lab."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def call(command: str) -> str | None:
    """Run it once; return what it says, or None."""
    process = subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    return " ".join(said.decode(errors="replace").split()) if process.returncode == 0 else None


def main() -> None:
    """Take the command line, and ask until killed."""
    while True:
        asked = now()
        said = call(sys.argv[1])
        if said:
            print(f"{asked:.6f} {now():.6f} {said}", flush=True)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
