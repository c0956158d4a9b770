# -*- test-case-name: tests.wire.test_envelope -*-
"""
Between a message and a datagram: sign and seal, verify and open.

On the way out: inner C{auth}, compress, encode, sign.  On the way in: bound,
verify, decode, expand with a limit.  Nothing looks into a message before its
signature was found good.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire import classic, netstring
from hatwist.wire.compress import (
    PAYLOAD,
    compress_fields,
    compress_whole,
    encode_plain,
    expand_whole,
    needs_netstring,
)
from hatwist.wire.limits import MAX_CLAIM_SCAN, MAX_DATAGRAM, MAX_MESSAGE, MAX_TRAILER

if TYPE_CHECKING:
    from hatwist.wire.auth import Keyring
    from hatwist.wire.message import Message

_MAX_BODY: Final = MAX_DATAGRAM - MAX_TRAILER
"""What may be signed, whatever key signs it again later."""

_CLAIM: Final = re.compile(
    rb"(?<=\(0\)src=)[A-Za-z0-9._:-]{1,99}(?=,)|(?<=\nsrc=)[A-Za-z0-9._:-]{1,99}(?=\n)"
)


@frozen
class Sealing:
    """
    How outgoing messages are written.

    @ivar inner_auth: add the C{auth} field that C{msgfmt classic} has.
    @ivar compression: C{zlib} or C{bz2}.
    @ivar threshold: compress whole messages above this many bytes; None: only
        those that would be too long.
    """

    inner_auth: bool = True
    compression: str = "zlib"
    threshold: int | None = None


def seal(message: Message, keys: Keyring, how: Sealing = Sealing()) -> bytes:
    """
    Make a datagram of a message (protocol sections 2.2, 3.2, 3.4 and 4).

    @raise MalformedError: when a field cannot be written, when the message has
        the field of a compressed one, or when not even compressed it would go into
        L{MAX_DATAGRAM} bytes.
    """
    if message.has(PAYLOAD):
        # Whoever opens it would take what is in there for the message: anybody's, of any type.
        raise MalformedError(f"a message with a field {PAYLOAD!r} of its own")
    ready = _with_auth(message, keys) if how.inner_auth and not needs_netstring(message) else message
    ready = compress_fields(ready, how.compression, how.inner_auth)
    body = netstring.encode(ready)
    if _wants_compression(ready, body, how):
        plain = encode_plain(ready, how.inner_auth)
        body = netstring.encode(compress_whole(plain, how.compression))
    if len(body) > _MAX_BODY:
        raise MalformedError(f"a message of {len(body)} bytes, more than {_MAX_BODY}")
    return netstring.sign_off(body, keys.sign(body))


def seal_classic(message: Message, keys: Keyring) -> bytes:
    """
    Make what travels on a serial line (protocol section 7.2).

    @raise MalformedError: as L{seal}, and for a type 5 field.
    """
    return _bounded(classic.encode(_with_auth(message, keys)))


def sign_again(data: bytes, keys: Keyring) -> bytes:
    """
    Sign a datagram of our own with other keys; what is signed stays as it is.

    @param data: what L{seal} returned.
    """
    body, _ = netstring.split(data)
    return netstring.sign_off(body, keys.sign(body))


def sign_line_again(line: bytes, keys: Keyring) -> bytes:
    """
    Sign what travels on a serial line with other keys.

    @param line: what L{seal_classic} returned.
    """
    return seal_classic(classic.decode(line), keys)


def open_datagram(data: bytes, keys: Keyring) -> Message:
    """
    Make a message of a datagram, netstring or classic.

    @raise AuthenticationError: the signature is missing or wrong.
    @raise MalformedError: the format or a bound is broken.
    """
    _bounded(data)
    try:
        body = _verified(data, keys)
    except AuthenticationError as error:
        raise AuthenticationError(str(error), _claimed(data)) from error
    if data.startswith(netstring.START):
        return expand_whole(netstring.decode(body))
    return expand_whole(classic.decode(data))


def read_unverified(data: bytes) -> Message:
    """
    Make a message of a datagram whoever sent it.

    It is for people who look at captures; nothing is ever decided by it.

    @raise MalformedError: the format or a bound is broken.
    """
    _bounded(data)
    if data.startswith(classic.START):
        return expand_whole(classic.decode(data))
    end = data.rfind(netstring.END)
    return expand_whole(netstring.decode(data[: end + len(netstring.END)] if end >= 0 else data))


def _verified(data: bytes, keys: Keyring) -> bytes:
    """Return the bytes that were signed."""
    if data.startswith(netstring.START):
        body, token = netstring.split(data)
    elif data.startswith(classic.START):
        body, token = classic.split(data)
    else:
        raise MalformedError("no start mark")
    keys.verify(body, token)
    return body


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_MESSAGE:
        raise MalformedError(f"a datagram of {len(data)} bytes, more than {MAX_MESSAGE}")
    return data


def _with_auth(message: Message, keys: Keyring) -> Message:
    token = keys.sign(classic.signed_lines(message))
    return message.with_field(classic.AUTH, token.decode("ascii"))


def _wants_compression(message: Message, body: bytes, how: Sealing) -> bool:
    """Heartbeat estimates the length as if it wrote what C{msgfmt} says."""
    if len(body) > _MAX_BODY:
        return True
    return how.threshold is not None and len(encode_plain(message, how.inner_auth)) > how.threshold


def _claimed(data: bytes) -> str:
    found = _CLAIM.search(data, 0, MAX_CLAIM_SCAN)
    return found[0].decode("ascii") if found else ""
