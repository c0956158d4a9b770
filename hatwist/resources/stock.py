# -*- test-case-name: tests.resources.test_stock -*-
"""
Tell heartbeat's own scripts for addresses from those that an administrator wrote or changed.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final

MAX_SIZE: Final = 16384
"""Bytes; what is longer is none of heartbeat's."""

DIGESTS: Final = frozenset(
    {
        "2d07f1bf1c433e7be89c8379118ad497eb21e0b9b17991bd3c050a7610958f16",
        "ca8682f1c9caf278069cc23bca4eb0910b83724405d162149bac592387d3bcfd",
        "6d8f45c51bde9eed0309df61a79df65672594d98c02ac5755acaabc7b6c8d815",
    }
)
"""Of what C{IPaddr}, C{IPaddr2} and C{IPv6addr} of heartbeat 3.0.6 do."""

_FUNCTIONS: Final = re.compile(rb"\S*/hto-mapfuncs")
"""What they all read first; where it is differs from build to build."""


def digest(text: bytes) -> str:
    """Return what stands for what a script does: without its comments, and however it is indented."""
    lines = (b" ".join(line.split()) for line in text.splitlines())
    kept = [line for line in lines if line and not line.startswith(b"#")]
    return hashlib.sha256(_FUNCTIONS.sub(b"hto-mapfuncs", b"\n".join(kept))).hexdigest()


class StockScripts:
    """
    Knows whether a script is heartbeat's own, as it was shipped.

    What it has read it reads again when the file has changed.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, ...], bool]] = {}

    def __contains__(self, path: str) -> bool:
        try:
            found = os.stat(path)
            mark = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
            known = self._known.get(path)
            if known is None or known[0] != mark:
                with open(path, "rb") as file:
                    text = file.read(MAX_SIZE + 1)
                known = self._known[path] = (mark, len(text) <= MAX_SIZE and digest(text) in DIGESTS)
        except OSError:
            return False  # whoever runs it says what is wrong
        return known[1]
