# -*- test-case-name: tests.cluster.test_storm -*-
"""
Whatever comes in, a node goes on.
"""

from __future__ import annotations

from math import isfinite

from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import RunGroup
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, Event, GroupFinished, Started
from hatwist.cluster.names import Outcome
from hatwist.cluster.node import Node
from hatwist.config.model import HaCf
from hatwist.wire.envelope import Sealing, seal
from hatwist.wire.message import Message
from tests.cluster.builders import CF, ETH0, KEYS, LEGACY, THREE, datagram, from_peer, node, status
from tests.cluster.strategies import QUICK, commands, messages

PLAIN = Sealing(inner_auth=False)
"""Without an inner signature every value can be written."""

Step = tuple[float, Message | Event | Outcome]
"""So many seconds later: a message comes, something happens, or an order ends so."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.1, 1.0, 12.0, 31.0]),
        st.one_of(
            messages("beta", "beta", "beta", "gamma", "alpha", "delta"),
            messages("beta"),
            messages("beta"),
            commands(),
            st.sampled_from(Outcome),
        ),
    ),
    max_size=40,
)


@define
class Sailor:
    """A node at sea, and the orders it has given."""

    test: SynchronousTestCase
    node: Node
    now: float = 0.0
    orders: list[RunGroup] = field(factory=list)

    def feed(self, event: Event) -> None:
        """Let something happen, and look whether all is well."""
        actions = self.node.handle(event, self.now)
        self.orders.extend(action for action in actions if isinstance(action, RunGroup))
        self.test.assertEqual(self.node.check(), ())
        if isinstance(event, DeadlinePassed):
            self.test.assertGreater(self.node.next_deadline(), self.now)
        self.test.assertTrue(isfinite(self.node.next_deadline()))

    def wait(self, seconds: float) -> None:
        """Let time pass, and every deadline that comes."""
        until = self.now + seconds
        while self.node.next_deadline() <= until:
            self.now = max(self.now, self.node.next_deadline())
            self.feed(DeadlinePassed())
        self.now = until

    def take(self, what: Message | Event | Outcome) -> None:
        """Take one step."""
        if isinstance(what, Message):
            self.feed(DatagramReceived(ETH0, seal(what, KEYS, PLAIN)))
        elif not isinstance(what, Outcome):
            self.feed(what)
        elif self.orders:
            self.feed(GroupFinished(self.orders.pop(0).ticket, what, "so it was"))


class StormTests(SynchronousTestCase):
    """The promises of the core hold in any weather."""

    def sail(self, cf: HaCf, steps: list[Step]) -> None:
        """Take all steps."""
        sailor = Sailor(self, node(cf))
        sailor.feed(Started())
        for seconds, what in steps:
            sailor.wait(seconds)
            sailor.take(what)
        sailor.wait(35.0)

    @QUICK
    @given(STEPS)
    def test_nice(self, steps: list[Step]) -> None:
        """No authentic message raises or breaks an invariant, and the next deadline lies ahead."""
        self.sail(CF, steps)

    @QUICK
    @given(STEPS)
    def test_legacy(self, steps: list[Step]) -> None:
        """The same with C{auto_failback legacy}."""
        self.sail(LEGACY, steps)

    @QUICK
    @given(STEPS)
    def test_three(self, steps: list[Step]) -> None:
        """The same among three nodes."""
        self.sail(THREE, steps)

    @QUICK
    @given(st.lists(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda b: b"###\n" + b))))
    def test_noise(self, noise: list[bytes]) -> None:
        """Bytes that are not signed by us raise nothing, send nothing, and change only counters."""
        one = node()
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status(), seq=1)), 0.1)
        before = one.status()
        for data in noise:
            actions = one.handle(DatagramReceived(ETH0, data), 0.1)
            self.assertEqual([action for action in actions if isinstance(action, RunGroup)], [])
        after = one.status()
        self.assertEqual(evolve(after, counters=before.counters, newest={}), before)
        self.assertEqual(sum(after.counters.values()), sum(before.counters.values()) + len(noise))

    @QUICK
    @given(st.data())
    def test_damage(self, data: st.DataObject) -> None:
        """A heartbeat with any byte changed, or cut short, is noise too."""
        whole = seal(from_peer(status("up"), seq=2), KEYS)
        at = data.draw(st.integers(0, len(whole) - 1))
        other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
        one = node()
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status(), seq=1)), 0.1)
        before = one.status()
        # A byte after the signature is not part of the message.
        if at < len(whole.rstrip(b"\n")):
            one.handle(DatagramReceived(ETH0, whole[:at] + bytes([other]) + whole[at + 1 :]), 0.1)
        one.handle(DatagramReceived(ETH0, whole[:at]), 0.1)
        self.assertEqual(evolve(one.status(), counters=before.counters, newest={}), before)
