# -*- test-case-name: tests.sim.test_delivery -*-
"""
The auditor of deliveries, holes and acknowledgements.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.facts import MessageArrived, MessageDelivered, PeerDied, Send
from hatwist.cluster.sequence import MAX_LOST
from hatwist.config.model import LinkName
from hatwist.sim.auditor import Violation
from hatwist.sim.delivery import OnceEach
from hatwist.wire.message import Message
from tests.sim.builders import ALPHA, BETA, running_world, status


class OnceEachTests(SynchronousTestCase):
    """What arrives at alpha from beta."""

    def setUp(self) -> None:
        """Boot both, and give the auditor nothing but what the tests give it."""
        self.world = running_world()
        self.alpha = self.world.hosts[ALPHA]
        self.auditor = OnceEach()

    def arrive(self, message: Message) -> None:
        """Let a message arrive, and nothing more."""
        self.auditor.look(self.world, self.alpha, MessageArrived(LinkName("eth0"), BETA, message))

    def deliver(self, message: Message, own: bool = False) -> None:
        """Let a message be delivered."""
        self.auditor.look(self.world, self.alpha, MessageDelivered(BETA, message, own=own))

    def check(self) -> None:
        """Let the event end."""
        self.auditor.check(self.world, self.alpha)

    def take(self, *sequences: int, generation: int = 1) -> None:
        """Let heartbeats arrive as they should."""
        for sequence in sequences:
            self.arrive(status(sequence, generation))
            self.deliver(status(sequence, generation))
            self.check()

    def settled(self) -> None:
        """Look in peace."""
        self.auditor.settled(self.world)

    def test_twice(self) -> None:
        """A message that is acted on twice is a violation."""
        self.take(1, 2)
        error = self.assertRaises(Violation, self.deliver, status(2))
        self.assertIn("alpha acts twice on beta 1/2", str(error))

    def test_again_in_another_generation(self) -> None:
        """The numbers of a new generation begin again."""
        self.take(1, 2)
        self.take(1, 2, generation=2)

    def test_again_in_another_life(self) -> None:
        """A daemon that starts anew knows nothing of what was delivered to its former life."""
        self.take(1, 2)
        self.alpha.life += 2
        self.take(2)

    def test_our_own(self) -> None:
        """What is our own, or has no number, is not counted."""
        self.deliver(status(2), own=True)
        self.deliver(status(2), own=True)
        self.deliver(Message.of(t="NS_rexmit"))
        self.deliver(Message.of(t="NS_rexmit"))

    def test_held_back(self) -> None:
        """The newest message is delivered in the event that brings it."""
        self.take(1)
        self.arrive(status(2))
        error = self.assertRaises(Violation, self.check)
        self.assertIn("alpha holds back beta 1/2", str(error))
        self.check()

    def test_another_is_delivered(self) -> None:
        """Another message that is delivered meanwhile is no excuse."""
        self.take(1)
        self.arrive(status(2))
        self.deliver(status(7))
        self.assertRaises(Violation, self.check)

    def test_for_another(self) -> None:
        """What is addressed to another node is not delivered here."""
        self.arrive(status(1).with_field("dest", "beta"))
        self.check()

    def test_old(self) -> None:
        """A copy of an older message may be dropped."""
        self.take(1, 2)
        self.arrive(status(2))
        self.arrive(status(1))
        self.check()

    def test_new_generation(self) -> None:
        """Whatever comes first of a new generation is delivered; of an old one nothing has to be."""
        self.take(1, 2)
        self.arrive(status(3, 2, kind="resource"))
        self.assertRaises(Violation, self.check)
        self.arrive(status(9, 1))
        self.check()

    def test_first_of_all(self) -> None:
        """The first message of a peer is delivered, whatever it is."""
        self.arrive(status(3, kind="resource"))
        self.assertRaises(Violation, self.check)

    def test_hole_is_filled(self) -> None:
        """What was missing is delivered at once, too."""
        self.take(1, 3)
        self.arrive(status(2))
        self.assertRaises(Violation, self.check)
        self.settled()

    def test_hole_stays(self) -> None:
        """Nothing stays missing in peace."""
        self.take(1, 3)
        error = self.assertRaises(Violation, self.settled)
        self.assertIn("alpha still misses 2 of beta", str(error))

    def test_hole_of_another_life(self) -> None:
        """What a former life missed does not matter."""
        self.take(1, 3)
        self.alpha.life += 1
        self.settled()

    def test_hole_is_given_up(self) -> None:
        """What the peer no longer has is not missing."""
        self.take(1, 4)
        self.arrive(Message.of(t="NS_nak_rexmit", firstseq="2"))
        self.arrive(Message.of(t="NS_nak_rexmit", firstseq="3"))
        self.arrive(Message.of(t="NS_nak_rexmit"))
        self.arrive(Message.of(t="NS_rexmit"))
        self.settled()

    def test_hole_is_forgotten(self) -> None:
        """When a peer dies or restarts, what is missing is not asked for any more."""
        self.take(1, 3)
        self.auditor.look(self.world, self.alpha, PeerDied(BETA, 10.0, heard=True))
        self.settled()
        self.take(9, 11)
        self.take(1, generation=2)
        self.settled()

    def test_hole_too_large(self) -> None:
        """A hole of more than 250 messages is given up at once, and so is everything before it."""
        self.take(1, 3)
        self.take(3 + MAX_LOST + 2)
        self.settled()

    def test_acknowledged_too_much(self) -> None:
        """An acknowledgement never exceeds what was received."""
        self.take(1, 2)
        self.auditor.look(self.world, self.alpha, Send(Message.of(t="NS_ackmsg", dest="beta", ackseq="2")))
        self.auditor.look(self.world, self.alpha, Send(Message.of(t="status")))
        more = Send(Message.of(t="NS_ackmsg", dest="beta", ackseq="3"))
        error = self.assertRaises(Violation, self.auditor.look, self.world, self.alpha, more)
        self.assertIn("alpha acknowledges 3 of beta, which it never received", str(error))
