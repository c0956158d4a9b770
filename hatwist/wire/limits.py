# -*- test-case-name: tests.wire.test_limits -*-
"""
Every bound on what a peer can make us hold or do (protocol section 1.1).

Lengths are bytes.  Where heartbeat has a bound of its own it is the same one;
the others are wide enough for anything a heartbeat ever writes.  One more, the
number of a signing method, stands in L{hatwist.wire.auth}.
"""

from __future__ import annotations

from typing import Final

MAX_MESSAGE: Final = 262144
"""A datagram, or a message on a serial line (heartbeat's MAXMSG)."""

MAX_DATAGRAM: Final = 65507
"""What UDP carries over IPv4; heartbeat tries to send longer ones, and nobody ever gets them."""

MAX_UNCOMPRESSED: Final = 2097152
"""A message after it was expanded (heartbeat's MAXUNCOMPRESSED)."""

MAX_WRITTEN: Final = 32768
"""
A message that a program of this host writes into the FIFO: with what is added
to it, it must still go into one datagram.
"""

MAX_FIELDS: Final = 4096
"""Fields of one message, those of nested messages counted with them."""

MAX_DEPTH: Final = 16
"""Messages inside messages: a field may lie this deep (heartbeat's MAXDEPTH)."""

MAX_NAME: Final = 255
"""The name of a field."""

MAX_LIST: Final = 1023
"""A packed list (heartbeat's MAXLENGTH, which it must stay below)."""

MAX_LENGTH_DIGITS: Final = 7
"""Digits of a length; C{MAX_UNCOMPRESSED} has as many."""

MAX_DIGITS: Final = 16
"""Digits of a number in a field."""

MAX_DIGEST: Final = 64
"""Digits of a digest; sha1 has 40."""

MAX_TRAILER: Final = MAX_DIGEST + 8
"""The trailer C{LEN:INDEX DIGEST,} of a datagram."""

MAX_CLAIM_SCAN: Final = 4096
"""How far the sender of an unauthentic datagram is looked for, for the log."""
