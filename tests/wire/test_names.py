# -*- test-case-name: tests.wire.test_names -*-
"""
The historical spellings.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire.message import Message
from hatwist.wire.names import UNSEQUENCED_PREFIX, FieldName, MessageType


class NameTests(SynchronousTestCase):
    """Names of types and fields."""

    def test_name_stands_for_its_spelling(self) -> None:
        """A name can be used wherever the wire's spelling can."""
        message = Message.of(t="NS_ackmsg", ackseq="1f")
        self.assertEqual(message.get(FieldName.TYPE), MessageType.ACK)
        self.assertEqual(message.hexadecimal(FieldName.ACK_SEQUENCE), 31)

    def test_unsequenced_types(self) -> None:
        """Four types go without a sequence number."""
        found = {one for one in MessageType if one.startswith(UNSEQUENCED_PREFIX)}
        expected = {MessageType.ACK, MessageType.REXMIT, MessageType.NAK_REXMIT, MessageType.PING_STATUS}
        self.assertEqual(found, expected)
