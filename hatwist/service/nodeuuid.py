# -*- test-case-name: tests.service.test_nodeuuid -*-
"""
The uuid that C{uuidfrom nodename} makes of a name (protocol 9.8).

It is what the C library's C{rand} gives, seeded with a hash of the name, so the
same name has the same uuid under heartbeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEGREE: Final = 31
_SEPARATION: Final = 3
_DISCARDED: Final = 310
_MODULUS: Final = 2**31 - 1


def uuid_from_name(name: str) -> bytes:
    """
    Compute the uuid of a node's name.

    @param name: not empty.
    @return: sixteen bytes.
    """
    seed = 0
    for byte in name.encode("utf-8"):
        seed = (seed * 31 + byte) % 2**32
    numbers = _rand(seed)
    return bytes.fromhex("".join(format(next(numbers) % 16, "x") for _ in range(32)))


def _rand(seed: int) -> Iterator[int]:
    """Yield what glibc's C{rand} returns after C{srand(seed)}."""
    word = seed or 1
    word = word - 2**32 if word >= 2**31 else word
    state = [word % 2**32]
    for _ in range(1, _DEGREE):
        word = word * 16807 % _MODULUS
        state.append(word)
    state.extend(state[:_SEPARATION])
    for index in range(_DEGREE + _SEPARATION, _DEGREE + _SEPARATION + _DISCARDED):
        state.append((state[index - _SEPARATION] + state[index - _DEGREE]) % 2**32)
    while True:
        state = state[-_DEGREE:]
        state.append((state[-_SEPARATION] + state[-_DEGREE]) % 2**32)
        yield state[-1] >> 1
