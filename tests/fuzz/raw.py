"""
Messages as bytes, whatever is wrong with them, and their signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatwist.wire import netstring
from hatwist.wire.message import FieldType, Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatwist.wire.auth import Keyring

Raw = tuple[bytes, bytes, bytes]
"""Type, name and value of a field, as they are to be written."""


def written(one: Raw) -> bytes:
    """Write a field."""
    kind, name, value = one
    inside = b"(%b)%b=%b" % (kind, name, value)
    return b"%d:%b," % (len(inside), inside)


def body(fields: Iterable[Raw]) -> bytes:
    """Write a message without trailer."""
    return b"".join([netstring.START, *map(written, fields), netstring.END])


def signed(data: bytes, keys: Keyring) -> bytes:
    """Sign it, whatever it is."""
    return netstring.sign_off(data, keys.sign(data))


def taken(data: bytes) -> list[Raw]:
    """Take the fields of a body that is as it should be."""
    found = []
    for one in netstring.decode(data).fields:
        value = netstring.encode(Message([one]))
        _, _, rest = value.partition(b"=")
        name = one.name.encode("utf-8", "surrogateescape")
        found.append((b"%d" % one.type, name, rest[: -len(b",%%%\n")]))
    return found


def strings(**fields: str) -> list[Raw]:
    """Make string fields."""
    kind = b"%d" % FieldType.STRING
    return [(kind, name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in fields.items()]
