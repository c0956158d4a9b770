# -*- test-case-name: tests.wire.test_auth -*-
"""
Signing and verifying (protocol section 3): crc, md5 and sha1.
"""

from __future__ import annotations

import hmac
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from hatwist.errors import AuthenticationError

MAX_METHOD_INDEX: Final = 15
"""Authkeys numbers its methods 0 to 15."""

_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc(data: bytes) -> str:
    """
    Compute heartbeat's crc: CRC-32, most significant bit first, no length.

    It is C{zlib}'s with the bits of each byte, and of the result, turned round.

    @return: lower-case hexadecimal without leading zeros.
    """
    turned = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF)
    return format(int(f"{turned:032b}"[::-1], 2), "x")


@frozen
class Method:
    """A signing method; C{digest(key, data)} returns lower-case hexadecimal."""

    name: str
    needs_key: bool
    digest: Callable[[bytes, bytes], str]


METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "crc": Method("crc", False, lambda _key, data: crc(data)),
        "md5": Method("md5", True, lambda key, data: hmac.digest(key, data, "md5").hex()),
        "sha1": Method("sha1", True, lambda key, data: hmac.digest(key, data, "sha1").hex()),
    }
)
"""A closed table: a signing method found anywhere else would be a hole."""


@frozen
class Key:
    """
    One line of authkeys.

    @ivar index: 0 to 15.
    @ivar method: a name in L{METHODS}.
    @ivar secret: never shown.
    """

    index: int
    method: str
    secret: bytes = field(default=b"", repr=False)

    def digest(self, data: bytes) -> str:
        """Return the digest of C{data} under this key."""
        return METHODS[self.method].digest(self.secret, data)


@frozen
class Keyring:
    """One key signs, all verify (the line C{auth N} names the one that signs)."""

    active: int
    keys: tuple[Key, ...]

    def sign(self, data: bytes) -> bytes:
        """Return C{INDEX DIGEST}, as the trailer and the C{auth} field have it."""
        key = self._key(self.active)
        return f"{key.index} {key.digest(data)}".encode("ascii")

    def verify(self, data: bytes, token: bytes) -> int:
        """
        Check C{INDEX DIGEST} against C{data}, with the key the index names.

        @return: the index.
        @raise AuthenticationError: for a token of another form, an index that
            is not configured, or a digest that differs.
        """
        index, _, digest = token.partition(b" ")
        if not index.isdigit() or len(index) > 2 or int(index) > MAX_METHOD_INDEX:
            raise AuthenticationError("the signature has no method number")
        expected = self._key(int(index)).digest(data)
        if not hmac.compare_digest(expected.encode("ascii"), digest):
            raise AuthenticationError(f"the signature by method {int(index)} is wrong")
        return int(index)

    def _key(self, index: int) -> Key:
        for key in self.keys:
            if key.index == index:
                return key
        raise AuthenticationError(f"method {index} is not in our authkeys")
