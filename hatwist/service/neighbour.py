# -*- test-case-name: tests.service.test_neighbour -*-
"""
Find heartbeat itself on this host: two daemons of one name would share the files,
the port and the addresses, and each would undo what the other does.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

from hatwist.service.pidfile import read_pid


def running_heartbeat(register: str, pid_file: str, proc: str = "/proc") -> str:
    """
    Look for a heartbeat daemon, before anything is touched.

    @param register: the socket of heartbeat's client API.
    @param pid_file: heartbeat's pid file; one of another program was left behind.
    @return: what shows that it runs; empty if nothing does.
    """
    pid = read_pid(pid_file)
    with suppress(OSError):
        name = Path(proc, str(pid), "comm").read_text(encoding="utf-8", errors="replace").strip()
        if name.startswith("heartbeat"):
            return f"process {pid}, named in {pid_file}, is {name}"
    return f"a daemon listens on {register}" if _answers(register) else ""


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except BlockingIOError:
            # It has more visitors waiting than it takes.
            return True
        except OSError:
            return False
        return True
