# -*- test-case-name: tests.wire.test_envelope -*-
"""
Between a message and a datagram: sign and seal, verify and open.

On the way out: inner C{auth}, compress, encode, sign.  On the way in: bound,
verify, decode, expand with a limit.  Nothing looks into a message before its
signature was found good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from hatwist.wire.auth import Keyring
    from hatwist.wire.message import Message


@frozen
class Sealing:
    """
    How outgoing messages are written.

    @ivar inner_auth: add the C{auth} field that C{msgfmt classic} has.
    @ivar compression: C{zlib} or C{bz2}.
    @ivar threshold: compress whole messages above this many bytes; None: never.
    """

    inner_auth: bool = True
    compression: str = "zlib"
    threshold: int | None = None


def seal(message: Message, keys: Keyring, how: Sealing = Sealing()) -> bytes:  # noqa: B008
    """Make a datagram of a message (protocol sections 2.2, 3.2, 3.4 and 4)."""
    raise NotImplementedError


def open_datagram(data: bytes, keys: Keyring) -> Message:
    """
    Make a message of a datagram, netstring or classic.

    @raise AuthenticationError: the signature is missing or wrong.
    @raise MalformedError: the format or a bound is broken.
    """
    raise NotImplementedError
