# -*- test-case-name: tests.config.test_values -*-
"""
Parsers of single values: each takes the text and returns the value, or raises
C{ValueError} with what would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final, TypeVar

from hatwist.config import durations
from hatwist.config.findings import listed, suggestion
from hatwist.config.model import Seconds

T = TypeVar("T")

MAX_HOST: Final = 100
"""Characters of a host's name."""

MAX_INTERFACE: Final = 15
"""Bytes of an interface's name, as Linux has it."""

_TRUE: Final = frozenset({"true", "on", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "off", "no", "n", "0"})
_FACILITIES: Final = (
    *("auth", "security", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news"),
    *("syslog", "user", "uucp", *(f"local{number}" for number in range(8)), "none"),
)
_HOST: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_INTERFACE: Final = re.compile(rf"[A-Za-z0-9_.:@-]{{1,{MAX_INTERFACE}}}")
_DOTTED: Final = re.compile(r"[0-9.]+")


def boolean(text: str) -> bool:
    """Read a boolean, case-insensitive."""
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    stripped = word.strip("|'\";=")
    if stripped != word and stripped in _TRUE | _FALSE:
        raise ValueError(f"write {stripped}, without {text[0] if text[0] in _MARKS else text[-1]}")
    raise ValueError("one of on, yes, true, y, 1 or off, no, false, n, 0")


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return the parser of decimal numbers from C{low} to C{high}."""

    def parse(text: str) -> int:
        if len(text) <= 10 and re.fullmatch(r"-?[0-9]+", text) and low <= int(text) <= high:
            return int(text)
        raise ValueError(f"a number from {low} to {high}")

    return parse


def number_of(*allowed: int) -> Callable[[str], int]:
    """Return the parser of a few numbers."""

    def parse(text: str) -> int:
        if text in (str(number) for number in allowed):
            return int(text)
        raise ValueError(f"one of {listed(str(number) for number in allowed)}")

    return parse


def choice(values: Mapping[str, T]) -> Callable[[str], T]:
    """Return the parser of a few words, spelled exactly so."""

    def parse(text: str) -> T:
        if text in values:
            return values[text]
        raise ValueError(suggestion(text, values) or f"one of {listed(values)}")

    return parse


def positive_seconds(text: str) -> Seconds:
    """Read a time above zero."""
    value = durations.seconds(text)
    if value <= 0:
        raise ValueError("more than 0")
    return value


def facility(text: str) -> str:
    """Read a syslog facility."""
    if text in _FACILITIES:
        return text
    raise ValueError(suggestion(text, _FACILITIES) or f"one of {listed(_FACILITIES)}")


def path(text: str) -> str:
    """Read a full path."""
    if text.startswith("/"):
        return text
    raise ValueError("a full path, beginning with /")


def word(text: str) -> str:
    """Take any word."""
    return text


def interface(text: str) -> str:
    """Read the name of a network interface."""
    if _INTERFACE.fullmatch(text):
        return text
    raise ValueError(f"the name of an interface, as eth0, at most {MAX_INTERFACE} characters")


def host(text: str) -> str:
    """Read an address, IPv4 or IPv6, or the name of a host."""
    if is_address(text):
        return text
    if _DOTTED.fullmatch(text):
        raise ValueError("four numbers from 0 to 255, as 192.168.1.2")
    if len(text) <= MAX_HOST and _HOST.fullmatch(text):
        return text
    raise ValueError("an address, as 192.168.1.2, or the name of a host")


def is_address(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 address, written in full."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


_MARKS: Final = frozenset("|'\";=")
