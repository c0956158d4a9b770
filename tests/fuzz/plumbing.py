"""
Let heartbeat's own library read what we sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.trial.unittest import SkipTest

from hatwist.wire import netstring
from tests.wire.test_libplumb import ask

if TYPE_CHECKING:
    from collections.abc import Sequence


def refused(datagrams: Sequence[bytes]) -> list[bytes]:
    """
    Return those that the library does not read; it must survive all.

    Where it is not installed none is refused, unless C{CI=true}.
    """
    bodies = [netstring.split(one)[0] for one in datagrams]
    try:
        found = ask(*(f"read - {body.hex()}" for body in bodies))
    except SkipTest:
        return []
    return [one for one, written in zip(datagrams, found, strict=True) if not written]
