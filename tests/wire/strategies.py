"""
Messages of all kinds, for hypothesis.
"""

from __future__ import annotations

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st

from hatwist.wire.message import Field, FieldType, Message

QUICK: Final = settings(max_examples=150, deadline=None, database=None)
"""Examples enough for a machine that is shared; more are a matter of one number."""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _fields(names: st.SearchStrategy[str], values: dict[FieldType, object]) -> st.SearchStrategy[Field]:
    return st.one_of(
        [
            st.builds(Field, names, value, st.just(kind))  # type: ignore[arg-type]
            for kind, value in values.items()
        ]
    )


_ANY: Final = st.binary(max_size=40).map(lambda raw: _text(raw.replace(b"\0", b"")))
_NAMES: Final = st.one_of(
    st.sampled_from(["t", "src", "auth", "srcuuid", "seq", ">>>", "<<<", "###"]),
    st.binary(min_size=1, max_size=20)
    .map(lambda raw: raw.translate(None, b"\0\n=").lstrip(b"("))
    .filter(bool)
    .map(_text),
)
_ELEMENTS: Final = st.lists(_ANY.filter(bool), min_size=1, max_size=5).map(tuple)

# In classic form control bytes stand for newlines, and its marks for themselves.
_CONTROL: Final = bytes(byte for byte in range(32) if byte != 10)
_TAME: Final = st.binary(max_size=40).map(lambda raw: _text(raw.translate(None, _CONTROL)))
_TAME_LINE: Final = st.binary(max_size=40).map(lambda raw: raw.translate(None, _CONTROL + b"\n"))
_TAME_NAMES: Final = (
    _TAME_LINE.map(lambda raw: raw.translate(None, b"=").lstrip(b"(<>")).filter(bool).map(_text)
)
_TAME_ELEMENTS: Final = st.lists(_TAME_LINE.filter(bool).map(_text), min_size=1, max_size=5).map(tuple)


def messages() -> st.SearchStrategy[Message]:
    """Whatever the netstring form can say."""

    def grown(inner: st.SearchStrategy[Message]) -> st.SearchStrategy[Message]:
        return _messages(_NAMES, _ANY, _ELEMENTS, {FieldType.STRUCT: inner, FieldType.UNCOMPRESSED: inner})

    return st.recursive(_messages(_NAMES, _ANY, _ELEMENTS, {}), grown, max_leaves=6)


def classic_messages() -> st.SearchStrategy[Message]:
    """Whatever the classic form can say, but for control characters."""

    def grown(inner: st.SearchStrategy[Message]) -> st.SearchStrategy[Message]:
        return _messages(_TAME_NAMES, _TAME, _TAME_ELEMENTS, {FieldType.STRUCT: inner})

    return st.recursive(_messages(_TAME_NAMES, _TAME, _TAME_ELEMENTS, {}), grown, max_leaves=6)


def _messages(
    names: st.SearchStrategy[str],
    strings: st.SearchStrategy[str],
    elements: st.SearchStrategy[tuple[str, ...]],
    more: dict[FieldType, st.SearchStrategy[Message]],
) -> st.SearchStrategy[Message]:
    values: dict[FieldType, object] = {
        FieldType.STRING: strings,
        FieldType.BINARY: st.binary(max_size=40),
        FieldType.LIST: elements,
        FieldType.COMPRESSED: st.binary(max_size=40),
        **more,
    }
    return st.lists(_fields(names, values), min_size=1, max_size=6).map(lambda found: Message(found))
