# -*- test-case-name: tests.cluster.test_captured -*-
"""
What real heartbeats said to each other, heard by a node of ours.

C{captured/NAME/ha.cf} is the ha.cf of the run; the traffic and the keys are with
the tests of the encodings.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import RunGroup
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, GroupFinished, Started
from hatwist.cluster.identity import Identity
from hatwist.cluster.names import NodeStatus, Outcome, Verb
from hatwist.cluster.node import Node
from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.model import HaConfig, NodeName
from hatwist.wire.envelope import open_datagram
from hatwist.wire.stream import Stream
from tests.wire.captures import CAPTURES, DIRECTIONS, SERIAL, keyring, payloads, serial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatwist.cluster.events import Event
    from hatwist.wire.message import Message

NODE01: Final = NodeName("node01")
NODE02: Final = NodeName("node02")

FOLDER: Final = Path(__file__).parent / "captured"

BAD: Final = ("malformed", "not authentic", "our name", "replay", "unknown node")
"""Counters that traffic of a healthy cluster must not move."""


def configuration(name: str) -> HaConfig:
    """Return what node01 was told in a run."""
    findings = Findings()
    cf = read_hacf((FOLDER / name / "ha.cf").read_text("ascii"), "ha.cf", findings, NODE01).cf
    groups = parse_haresources((FOLDER / "haresources").read_text("ascii"), "haresources", findings)
    return HaConfig(cf, keyring(name), groups)


def traffic(name: str) -> Iterator[tuple[float, bytes]]:
    """Return all messages of a run and when, in seconds, they came."""
    if name == SERIAL:
        for direction in DIRECTIONS:
            for data in Stream().feed(serial(direction)):
                yield float(open_datagram(data, keyring(name)).hexadecimal("ts") or 0), data
        return
    for one in payloads(name):
        yield (one.when or 0) / 1e9, one.data


@define
class Listener:
    """
    A node called node01 that takes what node02 says for real.

    Its groups start and stop at once.
    """

    node: Node
    now: float
    statuses: list[NodeStatus] = field(factory=list)

    def feed(self, event: Event) -> None:
        """Let something happen, and answer its orders."""
        for action in self.node.handle(event, self.now):
            if isinstance(action, RunGroup):
                outcome = Outcome.STOPPED if action.verb in (Verb.STATUS, Verb.SEARCH) else Outcome.OK
                self.feed(GroupFinished(action.ticket, outcome))
        peer = self.node.status().nodes[1].status
        if not self.statuses or self.statuses[-1] is not peer:
            self.statuses.append(peer)

    def wait(self, until: float) -> None:
        """Let time pass."""
        while self.node.next_deadline() <= until:
            self.now = max(self.now, self.node.next_deadline())
            self.feed(DeadlinePassed())
        self.now = max(self.now, until)


def listen(name: str) -> Listener:
    """Let a node hear all that node02 said in a run."""
    config = configuration(name)
    keys = config.keys
    heard = sorted(traffic(name), key=lambda one: one[0])
    messages: list[tuple[float, bytes, Message]] = [
        (when, data, open_datagram(data, keys)) for when, data in heard
    ]
    [ours, *_] = [message for _, _, message in messages if message.get("src") == NODE01]
    identity = Identity(NODE01, ours.binary("srcuuid") or b"", ours.hexadecimal("hg") or 0)
    begin = messages[0][0]
    listener = Listener(Node(config, identity, Random(name), begin), begin)
    listener.feed(Started())
    link = next(one.link for one in config.cf.media if not one.kind.startswith("ping"))
    for when, data, message in messages:
        if message.get("src") == NODE02:
            listener.wait(when)
            listener.feed(DatagramReceived(link, data))
    return listener


class CapturedTests(SynchronousTestCase):
    """Nothing that a real peer says is taken amiss."""

    def hear(self, name: str) -> Listener:
        """Listen to a run, and look for what must never be."""
        listener = listen(name)
        counters = listener.node.status().counters
        self.assertEqual({kind: counters[kind] for kind in BAD if kind in counters}, {}, name)
        self.assertEqual(listener.node.check(), (), name)
        self.assertIn(NodeStatus.ACTIVE, listener.statuses, name)
        return listener


def _make(name: str) -> None:
    def test(self: CapturedTests) -> None:
        self.hear(name)

    test.__doc__ = f"{name}: everything is understood, and the peer becomes active."
    setattr(CapturedTests, "test_" + name.replace("-", "_"), test)


for _name in (*CAPTURES, SERIAL):
    _make(_name)
