# -*- test-case-name: tests.fencing.test_secrets -*-
"""
Keep what a device is told out of what it is quoted with.
"""

from __future__ import annotations

from typing import Final

from hatwist.config.values import is_address

_HARMLESS: Final = frozenset({"on", "off", "true", "false", "yes", "no", "lan", "lanplus"})


def values_of(parameters: str) -> frozenset[str]:
    """
    Return every value among parameters, positional ones or C{name=value} lines.

    Which of them is a password nobody says, so all of them are taken for secret
    but addresses and a few words.  Comments do not count.
    """
    found: set[str] = set()
    for line in parameters.splitlines():
        if not line.lstrip().startswith("#"):
            _, equals, value = line.partition("=")
            found |= {*line.split(), *value.split(), value.strip()} if equals else set(line.split())
    return frozenset(one for one in found if one and one.lower() not in _HARMLESS and not is_address(one))
