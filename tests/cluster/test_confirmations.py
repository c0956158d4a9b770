# -*- test-case-name: tests.cluster.test_confirmations -*-
"""
What a status says of what was heard.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.confirmations import HEARD_FIELD, confirmed, heard_text
from hatwist.errors import MalformedError
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, GAMMA


def said(text: str) -> Message:
    """Make a status that says it."""
    return Message.of(t="status").with_field(HEARD_FIELD, text)


class ConfirmationTests(SynchronousTestCase):
    """The field, written and read."""

    def test_round_trip(self) -> None:
        """Each peer finds its own newest status."""
        message = said(heard_text([(ALPHA, (0x5F, 26)), (BETA, (1, 0))]))
        self.assertEqual(message.get(HEARD_FIELD), "alpha:5f:1a,beta:1:0")
        self.assertEqual(confirmed(message, ALPHA), (0x5F, 26))
        self.assertEqual(confirmed(message, BETA), (1, 0))

    def test_nothing_heard(self) -> None:
        """Who is not named was not heard; that nobody was is said, too."""
        self.assertEqual(confirmed(said(heard_text([])), ALPHA), (0, 0))
        self.assertEqual(confirmed(said("beta:1:2"), GAMMA), (0, 0))

    def test_heartbeat(self) -> None:
        """A node that has no such field confirms nothing."""
        self.assertIsNone(confirmed(Message.of(t="status"), ALPHA))

    def test_nonsense(self) -> None:
        """What makes no sense is malformed, if it is about us."""
        for text in ("alpha:x:1", "alpha:1:", "alpha::", "alpha", "alpha:1"):
            self.assertRaises(MalformedError, confirmed, said(text), ALPHA)
        for text in (":", ",,", "beta", "beta:1"):
            self.assertEqual(confirmed(said(text), ALPHA), (0, 0))
