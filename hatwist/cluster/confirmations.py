# -*- test-case-name: tests.cluster.test_confirmations -*-
"""
What a status says of the statuses that its sender has heard (safety 1).

Each status of a hatwist node names, for every peer that it holds for alive, the generation and
the sequence of the newest status of it.  That is a confirmation, and a promise: not to take
over from that peer earlier than a deadtime after it.  heartbeat ignores the field.

A node that holds groups is told so at once besides, by a message of its own (C{NS_heard}): the
sooner it knows, the later its deadline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatwist.cluster.ledger import Number
    from hatwist.config.model import NodeName
    from hatwist.wire.message import Message

HEARD_FIELD: Final = "hatwist_heard"

HEARD_NOTE: Final = "NS_heard"
"""The message that says it at once."""

_NOTHING: Final = "-"
"""How the field reads that names nobody: an empty one is none."""


def heard_text(newest: Iterable[tuple[NodeName, Number]]) -> str:
    """Write the field: C{NAME:GENERATION:SEQUENCE} for each peer, in hexadecimal."""
    return (
        ",".join(f"{name}:{generation:x}:{sequence:x}" for name, (generation, sequence) in newest) or _NOTHING
    )


def confirmed(message: Message, me: NodeName) -> Number | None:
    """
    Read what a status confirms of ours.

    @return: None if it is by a node that confirms nothing, as heartbeat does; (0, 0) if
        it has heard nothing of us.
    @raise MalformedError: when it makes no sense.
    """
    text = message.get(HEARD_FIELD)
    if not text:
        return None
    for entry in text.split(","):
        name, *number = entry.rsplit(":", 2)
        if name == me:
            return _number(number)
    return 0, 0


def _number(words: list[str]) -> Number:
    try:
        generation, sequence = (int(word, 16) for word in words)
    except ValueError as error:
        raise MalformedError(f"not a confirmation: {':'.join(words)!r:.40}") from error
    return generation, sequence
