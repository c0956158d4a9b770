# -*- test-case-name: tests.resources.test_secrets -*-
"""
Keep what is secret out of what is shown of a program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

HIDDEN: Final = "***"

SHORT: Final = 4
"""A shorter secret is hidden only where it is a word of its own."""

_SECRET_NAME: Final = re.compile(r"pass|pwd|secret|token|credential|key$", re.IGNORECASE)

_HARMLESS: Final = frozenset({"on", "off", "true", "false", "yes", "no", "0", "1"})

_ASSIGNMENT: Final = re.compile(
    r"""((?:passw|passphrase|pwd|secret|token|credential)\w{0,40}=)("[^"\n]*"?|'[^'\n]*'?|[^\s"']+)""",
    re.IGNORECASE,
)


def secret_values(parameters: Mapping[str, str]) -> frozenset[str]:
    """Return the values of those parameters whose names say that they are secret."""
    named = (value.strip() for name, value in parameters.items() if _SECRET_NAME.search(name))
    return frozenset(value for value in named if value and value.lower() not in _HARMLESS)


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return a text with L{HIDDEN} in place of each secret, the longest ones first."""
    for secret in sorted(secrets, key=lambda one: (-len(one), one)):
        pattern = re.escape(secret)
        text = re.sub(rf"(?<!\w){pattern}(?!\w)" if len(secret) < SHORT else pattern, HIDDEN, text)
    return text


def hide_assigned(text: str) -> str:
    """Return a text with L{HIDDEN} in place of every value that is assigned to a password by name."""
    return _ASSIGNMENT.sub(rf"\1{HIDDEN}", text)
