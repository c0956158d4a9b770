# -*- test-case-name: tests.resources.test_netlink -*-
"""
The form of rtnetlink, and conversations with a kernel that misbehaves.
"""

from __future__ import annotations

import errno
import socket
import struct

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import AgentError
from hatwist.resources.netlink import (
    NLM_F_DUMP_INTR,
    NLMSG_DONE,
    NLMSG_ERROR,
    Answer,
    ListChangedError,
    Netlink,
    attribute,
    attributes,
    decode,
    encode,
)

NEWADDR = 20
GETADDR = 22


class FormTests(SynchronousTestCase):
    """Messages and attributes."""

    def test_a_request(self) -> None:
        """A request is a header of 16 bytes, with the length of all, and the payload."""
        head = struct.pack("=IHHII", 20, NEWADDR, 5, 7, 0)
        self.assertEqual(encode(NEWADDR, 5, 7, b"abcd"), head + b"abcd")

    def test_several_answers(self) -> None:
        """One read may return several messages."""
        data = encode(NEWADDR, 2, 1, b"abcd") + encode(NLMSG_DONE, 2, 1, b"\0\0\0\0")
        self.assertEqual(
            list(decode(data)), [Answer(NEWADDR, 2, 1, b"abcd"), Answer(NLMSG_DONE, 2, 1, b"\0\0\0\0")]
        )

    def test_wrong_lengths(self) -> None:
        """A length that does not fit is an error, not an endless loop."""
        for length in (0, 15, 21):
            data = struct.pack("=IHHII", length, NEWADDR, 0, 1, 0) + b"abcd"
            self.assertRaises(AgentError, list, decode(data))
        for length in (0, 3, 9):
            self.assertRaises(AgentError, attributes, struct.pack("=HH", length, 1) + b"abcd")

    def test_attributes_are_padded(self) -> None:
        """An attribute's length does not count its padding; flags in its type are dropped."""
        row = attribute(3, b"eth0\0") + attribute(0x8000 | 4, b"abcd")
        self.assertEqual(row, b"\x09\0\x03\0eth0\0\0\0\0" + b"\x08\0\x04\x80abcd")
        self.assertEqual(attributes(row), {3: b"eth0\0", 4: b"abcd"})

    @given(some.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        """Whatever arrives is decoded or refused."""
        try:
            list(decode(data))
            attributes(data)
        except AgentError as problem:
            self.assertIn("netlink", str(problem))


class ConversationTests(SynchronousTestCase):
    """L{Netlink}, with answers that were prepared."""

    def setUp(self) -> None:
        self.kernel, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        ours.setblocking(False)
        self.netlink = Netlink(ours, timeout=0.0)
        self.addCleanup(self.kernel.close)
        self.addCleanup(self.netlink.__exit__, None, None, None)

    def answer(self, kind: int, payload: bytes, sequence: int = 1, flags: int = 0) -> None:
        """Prepare an answer."""
        self.kernel.send(encode(kind, flags, sequence, payload))

    def acknowledge(self, error: int = 0, sequence: int = 1) -> None:
        """Prepare the end of an answer."""
        self.answer(NLMSG_ERROR, struct.pack("=i", -error) + bytes(16), sequence)

    def test_ask(self) -> None:
        """A request is answered by payloads, then by an acknowledgement; strangers are ignored."""
        self.answer(NEWADDR, b"old", sequence=9)
        self.answer(NEWADDR, b"new")
        self.acknowledge()
        self.assertEqual(self.netlink.ask(GETADDR, b"what"), [b"new"])
        self.assertEqual(self.kernel.recv(100), encode(GETADDR, 0x005, 1, b"what"))

    def test_refusal(self) -> None:
        """The kernel's refusal is an OSError with its number and its name."""
        self.acknowledge(errno.EPERM)
        problem = self.assertRaises(OSError, self.netlink.ask, NEWADDR, b"")
        self.assertEqual(problem.errno, errno.EPERM)
        self.assertEqual(problem.strerror, "Operation not permitted (EPERM)")

    def test_silence(self) -> None:
        """Who does not answer in time is an AgentError."""
        problem = self.assertRaises(AgentError, self.netlink.ask, GETADDR, b"")
        self.assertEqual(str(problem), "netlink: no answer within 0.0 s")

    def test_a_list_that_changes_is_read_again(self) -> None:
        """A list that changed while it was read is asked for again."""
        self.answer(NEWADDR, b"torn", flags=NLM_F_DUMP_INTR)
        self.answer(NLMSG_DONE, b"\0\0\0\0")
        self.answer(NEWADDR, b"whole", sequence=2)
        self.answer(NLMSG_DONE, b"\0\0\0\0", sequence=2)
        self.assertEqual(self.netlink.dump(GETADDR, b""), [b"whole"])

    def test_a_list_that_never_rests(self) -> None:
        """A list that changes each time is given up."""
        for sequence in (1, 2, 3):
            self.answer(NLMSG_DONE, b"\0\0\0\0", sequence, NLM_F_DUMP_INTR)
        self.assertRaises(ListChangedError, self.netlink.dump, GETADDR, b"")
