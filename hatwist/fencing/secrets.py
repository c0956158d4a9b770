# -*- test-case-name: tests.fencing.test_secrets -*-
"""
Keep what a device is told out of what it is quoted with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from hatwist.config.values import is_address

HIDDEN: Final = "***"

SHORT: Final = 4
"""A shorter parameter is hidden only where it is a word of its own."""

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


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return a text with L{HIDDEN} in place of each secret, the longest ones first."""
    for secret in sorted(secrets, key=lambda one: (-len(one), one)):
        pattern = re.escape(secret)
        text = re.sub(rf"(?<!\w){pattern}(?!\w)" if len(secret) < SHORT else pattern, HIDDEN, text)
    return text
