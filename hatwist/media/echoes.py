# -*- test-case-name: tests.media.test_echoes -*-
"""
The echo requests of one medium, and which packets answer them.

A raw socket hears every echo reply that reaches the host: those to other
programs, those to our other media, and whatever somebody sends who likes us to
believe that the network works.  So a reply counts only if it comes from where
a request went, brings back what that request carried, and is the first to do
so; heartbeat looks at the identifier only, and for groups at the first two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.errors import MalformedError
from hatwist.wire.icmp import MAX_NUMBER, Echo, decode_reply, encode_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.wire.icmp import Variant

MAX_ASKED: Final = 256
"""Requests that may still be answered, the latest; heartbeat remembers 128 of a group."""


class Echoes:
    """
    Numbers requests and recognises their replies.

    @ivar sources: the addresses that may answer, as the kernel writes them.
    @ivar identifier: ours; None where the kernel chooses one and gives us only
        the replies with it.
    @ivar stranger: told who gave the right answer without having been asked.
    """

    def __init__(
        self,
        variant: Variant,
        sources: frozenset[str],
        identifier: int | None,
        stranger: Callable[[str], None],
    ) -> None:
        self.sources = sources
        self.identifier = identifier
        self.stranger = stranger
        self._variant = variant
        self._next = 0
        self._asked: dict[int, bytes] = {}

    def request(self, payload: bytes) -> bytes:
        """
        Make the next request; a host may answer it from now on.

        @return: without an IP header.
        @raise MalformedError: the payload is too long.
        """
        number, identifier = self._next, self.identifier or 0
        packet = encode_request(self._variant, Echo(identifier, number, payload))
        self._next = (number + 1) & MAX_NUMBER
        self._asked.pop(number, None)
        self._asked[number] = payload
        if len(self._asked) > MAX_ASKED:
            del self._asked[next(iter(self._asked))]
        return packet

    def answer(self, packet: bytes, source: str) -> bytes | None:
        """
        Return the payload of a reply to a request of ours.

        @param packet: without an IP header.
        @return: None if it is none, or a second one, or from elsewhere.
        """
        try:
            echo = decode_reply(self._variant, packet)
        except MalformedError:
            return None
        if self.identifier is not None and echo.identifier != self.identifier:
            return None
        if self._asked.get(echo.number) != echo.payload:
            return None
        if source not in self.sources:
            self.stranger(source)
            return None
        del self._asked[echo.number]
        return echo.payload
