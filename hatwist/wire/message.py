# -*- test-case-name: tests.wire.test_message -*-
"""
One heartbeat message: an ordered list of typed fields (protocol section 1).

Names and string values are C{str}.  Bytes that are not UTF-8 travel as
surrogate escapes, so whatever was received is sent on unchanged.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import field, frozen

from hatwist.errors import MalformedError
from hatwist.wire.limits import MAX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable


class FieldType(IntEnum):
    """How a value is written on the wire; the number is the wire's own."""

    STRING = 0
    BINARY = 1
    STRUCT = 2
    LIST = 3
    COMPRESSED = 4
    UNCOMPRESSED = 5


class Field(NamedTuple):
    """
    One field; a tuple, because a node makes more of them than of anything else.

    @ivar name: not empty, without C{=}.
    @ivar value: C{str} for STRING, C{bytes} for BINARY and COMPRESSED (as
        received), L{Message} for STRUCT and UNCOMPRESSED, a tuple of non-empty
        strings for LIST.
    """

    name: str
    value: str | bytes | Message | tuple[str, ...]
    type: FieldType = FieldType.STRING


REMEMBERED: Final = 256
"""Numbers that need not be read again."""

_DECIMAL: Final = "0123456789"
_HEXADECIMAL: Final = "0123456789abcdefABCDEF"


def _as_tuple(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(fields)


@frozen
class Message:
    """
    An ordered list of fields; a repeated name is kept, and the first one counts.
    """

    fields: tuple[Field, ...] = field(default=(), converter=_as_tuple)
    _index: dict[str, Field] | None = field(default=None, init=False, eq=False, repr=False)

    @classmethod
    def of(cls, **strings: str) -> Message:
        """Make a message of string fields, in the order of the arguments."""
        return cls(Field(name, value) for name, value in strings.items())

    def get(self, name: str, default: str = "") -> str:
        """
        Return the string called C{name}, or C{default}.

        As in heartbeat the first field of a name hides the others, also when it is
        no string: both must find the same in one message.
        """
        index = self._index
        one = (self._indexed() if index is None else index).get(name)
        if one is None:
            return default
        value = one.value
        return value if isinstance(value, str) else default

    def has(self, name: str) -> bool:
        """Say whether there is any field called C{name}."""
        index = self._index
        return name in (self._indexed() if index is None else index)

    def binary(self, name: str) -> bytes | None:
        """Return the binary field called C{name}, or None; as L{get}."""
        index = self._index
        one = (self._indexed() if index is None else index).get(name)
        return one.value if one is not None and isinstance(one.value, bytes) else None

    def hexadecimal(self, name: str) -> int | None:
        """
        Return the number in the field C{name}, written in hexadecimal.

        @return: 0 or more; None when the field is absent.
        @raise MalformedError: when it is not a hexadecimal number of at most
            sixteen digits.
        """
        return self._number(name, 16)

    def decimal(self, name: str) -> int | None:
        """Like L{hexadecimal}, for the few fields that are decimal."""
        return self._number(name, 10)

    def with_field(
        self, name: str, value: str | bytes | Message | tuple[str, ...], kind: FieldType = FieldType.STRING
    ) -> Message:
        """Replace the first field called C{name} where it stands, or append it."""
        made = Field(name, value, kind)
        for index, one in enumerate(self.fields):
            if one.name == name:
                return Message((*self.fields[:index], made, *self.fields[index + 1 :]))
        return Message((*self.fields, made))

    def with_fields(self, more: Iterable[Field]) -> Message:
        """Do as L{with_field}, one field after the other, but make one message only."""
        new = {one.name: one for one in more}
        return Message((*[new.pop(one.name, one) for one in self.fields], *new.values()))

    def without(self, name: str) -> Message:
        """Leave out every field called C{name}."""
        return Message(one for one in self.fields if one.name != name)

    def plus(self, more: Iterable[Field]) -> Message:
        """Append fields."""
        return Message((*self.fields, *more))

    def _indexed(self) -> dict[str, Field]:
        """Make the index of the first field of each name; a message is asked often, so it keeps it."""
        index = {one.name: one for one in reversed(self.fields)}
        object.__setattr__(self, "_index", index)
        return index

    def _number(self, name: str, base: int) -> int | None:
        index = self._index
        one = (self._indexed() if index is None else index).get(name)
        if one is None:
            return None
        value = one.value
        text = value if isinstance(value, str) else ""
        number = _number(text, base) if len(text) <= MAX_DIGITS else None
        if number is None:
            raise MalformedError(f"field {name!r} is not a number: {text[:MAX_DIGITS]!r}")
        return number


@lru_cache(maxsize=REMEMBERED)
def _number(text: str, base: int) -> int | None:
    """Read a number; None if it is none.  Each is read several times, and some come again and again."""
    if not text or text.strip(_HEXADECIMAL if base == 16 else _DECIMAL):
        return None
    return int(text, base)
