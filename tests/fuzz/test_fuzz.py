# -*- test-case-name: tests.fuzz.test_fuzz -*-
"""
A short share of what C{python -m tests.fuzz} does for as long as one likes.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Transmit
from hatwist.cluster.events import ClientJoined, ClientSpoke, DeadlinePassed, MessageWanted, Started
from hatwist.errors import MalformedError
from hatwist.wire import netstring
from tests.cluster.builders import ALPHA, node
from tests.fuzz import ward
from tests.fuzz.forgery import forge
from tests.fuzz.nonsense import TYPES, nonsense, written_by_a_program
from tests.fuzz.plumbing import refused
from tests.fuzz.siege import besiege

SEEDS = range(1, 4)
CAPTURES = ("netstring-msgfmt", "mcast6", "large-uncompressed", "join-crc-bcast")


class ForgeryTests(SynchronousTestCase):
    """Without the key."""

    def test_no_effect(self) -> None:
        """
        Nothing that can be made of recorded datagrams is known, done or sent.

        It is counted, and said in two lines a minute at most.
        """
        for name in CAPTURES:
            self.assertGreater(forge(1, name, each=1), 50)


class SiegeTests(SynchronousTestCase):
    """With the key."""

    def test_no_harm(self) -> None:
        """
        A node that hears nonsense goes on, and finds its peace afterwards.

        What it sends meanwhile, heartbeat's own library reads.
        """
        sent: list[bytes] = []
        for seed in SEEDS:
            sent += besiege(seed, steps=25).sent.values()
        self.assertEqual(refused(sent), [])

    def test_same_seed(self) -> None:
        """A seed says it all: the same one throws the same things."""
        first, second = ([nonsense(Random(5), number, 3) for number in range(50)] for _ in range(2))
        self.assertEqual(first, second)
        self.assertEqual({nonsense(Random(number), 1, 3).kind for number in range(500)}, set(TYPES))


class ProgramTests(SynchronousTestCase):
    """What programs of this host may make us say."""

    def test_everything_sent_can_be_read(self) -> None:
        """Whatever a client or a script writes, C nodes get a message that they survive, or none."""
        rng = Random(3)
        one = node()
        one.handle(Started(), 0.0)
        one.handle(DeadlinePassed(), 1.25)  # it has listened
        one.handle(ClientJoined("ipfail"), 1.25)
        sent = []
        for _ in range(1000):
            try:
                message = netstring.decode(written_by_a_program(rng))
            except MalformedError:
                continue
            for event in (MessageWanted(message), ClientSpoke("ipfail", message)):
                sent += [each.data for each in one.handle(event, 1.25) if isinstance(each, Transmit)]
        for data in sent:
            ward.is_standard(ward.survives(data), ALPHA.encode())
        self.assertGreater(len(sent), 300)
        self.assertEqual(refused(sent), [])
