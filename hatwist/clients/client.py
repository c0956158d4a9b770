# -*- test-case-name: tests.clients.test_client -*-
"""
One client that has signed on: what it wants to hear, and how it is told.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from attrs import define

from hatwist.clients.answers import EINVAL, EPERM, BadRequest
from hatwist.cluster.names import Delivery
from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from hatwist.cluster.actions import Deliver
    from hatwist.config.model import NodeName
    from hatwist.unix import Credentials
    from hatwist.wire.message import Message

QUEUE: Final = 64
"""Messages that may wait for a client that does not read."""

MAX_QUEUE: Final = 1024
"""As many as a client can ask for."""

DEBUGGING: Final = 0x3E
"""Bits of the filter that are for root and the daemon's own user."""

KNOWN: Final = 0x3F


@define
class Client:
    """
    @ivar name: its name, or its process id as text.
    @ivar casual: it has no name, and may not speak to the cluster.
    @ivar filter: the kinds of news it hears (L{Delivery}), as bits.
    @ivar signal: what it is sent along with each message; 0: nothing.
    @ivar queue: messages that may wait for it.
    """

    name: str
    casual: bool
    peer: Credentials
    filter: int = Delivery.NEWS.value
    signal: int = 0
    queue: int = QUEUE

    def wants(self, news: Deliver, here: NodeName) -> bool:
        """Say whether it is told of a message."""
        message = news.message
        if not news.delivery.value & self.filter:
            return False
        if message.has("to_id") and message.get("to_id") != self.name:
            return False
        # What this node sent to another one is looped back, but not for us.
        return not (news.own and message.get("dest", here) != here)

    def set_filter(self, request: Message, own_uid: int) -> None:
        """
        Let it hear other kinds of news.

        @param own_uid: whom this daemon runs as.
        @raise BadRequest: no such kinds, or not for this client.
        """
        try:
            wanted = int(request.get("fmask"), 16)
        except ValueError:
            raise BadRequest(EINVAL) from None
        if wanted < 0 or not wanted & KNOWN:
            raise BadRequest(EINVAL)
        if wanted & DEBUGGING and self.peer.uid not in (0, own_uid):
            raise BadRequest(EPERM)
        self.filter = wanted & KNOWN

    def set_signal(self, request: Message) -> None:
        """
        Let it be sent a signal along with each message.

        @raise BadRequest: no such signal.
        """
        try:
            wanted = int(request.get("signal"))
        except ValueError:
            raise BadRequest from None
        if not 0 <= wanted < signal.NSIG:
            raise BadRequest(EINVAL)
        self.signal = wanted

    def set_queue(self, request: Message) -> None:
        """Let more messages wait for it, or fewer; what is no such number changes nothing."""
        try:
            wanted = request.decimal("sendqlen") or 0
        except MalformedError:
            return
        if wanted:
            self.queue = min(wanted, MAX_QUEUE)
