# -*- test-case-name: tests.config.test_ipfail -*-
"""
Programs of C{respawn} whose part hatwist plays itself: heartbeat's C{ipfail}, and
C{pingd}, which others use for the same end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from hatwist.config.findings import Findings, shown
from hatwist.config.model import AutoFailback, HaCf, Respawn, Seconds

PROGRAMS: Final = ("ipfail", "pingd")
"""Programs of these names are not run."""

_TIME: Final = re.compile(r"(\d{1,6})(ms|s|m|min|h)?", re.ASCII)
_FACTORS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def played(child: Respawn) -> str:
    """Return the name of the program whose part hatwist plays; empty if it is none."""
    name = child.command.split()[0].rpartition("/")[2]
    return name if name in PROGRAMS else ""


def plays(child: Respawn) -> bool:
    """Say whether hatwist plays the part of a program."""
    return bool(played(child))


def damping(children: Iterable[Respawn]) -> Seconds | None:
    """
    Return for how long a ping node must be gone before it does not count.

    @return: what C{pingd -d} says, else 0; None when none of the programs is listed.
    """
    return max((_damping(child) or 0.0 for child in filter(plays, children)), default=None)


def check_ipfail(cf: HaCf, findings: Findings) -> None:
    """Find what keeps these programs from doing anything."""
    for child in filter(plays, cf.respawn):
        name = played(child)
        if _damping(child) is None:
            text = f"{name}: [{shown(child.command)}] has no time after -d; 0 is taken"
            findings.warn(child.where, "ipfail", text, "write -d 5s")
        if not cf.ping_nodes:
            findings.warn(
                child.where, "ipfail", f"{name} without a ping node", "add a line such as: ping ROUTER"
            )
        if cf.auto_failback is AutoFailback.LEGACY:
            text = f"{name} does nothing with auto_failback legacy"
            findings.warn(child.where, "ipfail", text, "write auto_failback on, or off")


def _damping(child: Respawn) -> Seconds | None:
    """Return the time behind C{-d}, 0 where there is no C{-d}; None where it is none."""
    words = child.command.split()
    for place, word in enumerate(words):
        if word.startswith("-d"):
            found = _TIME.fullmatch(word[2:] or " ".join(words[place + 1 : place + 2]))
            return None if found is None else int(found[1]) * _FACTORS[found[2] or ""]
    return 0.0
