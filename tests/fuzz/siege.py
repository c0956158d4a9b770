"""
With the key: a cluster in which C{beta} says nonsense all the time, beside what is true.

C{alpha} is besieged.  What it sends, says and knows is looked at after each event.
"""

from __future__ import annotations

from collections import Counter
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from hatwist.cluster.actions import Log, Record, RunGroup, Stop, Transmit
from hatwist.cluster.events import (
    ClientAsked,
    ClientJoined,
    ClientLeft,
    ClientSpoke,
    DatagramReceived,
    DeadlinePassed,
    LeaveWanted,
    MessageWanted,
    StandbyWanted,
    TakeoverWanted,
)
from hatwist.cluster.names import GroupState, Holding
from hatwist.config.model import MessageFormat
from hatwist.errors import MalformedError
from hatwist.service.logline import Form, Line
from hatwist.wire import netstring
from hatwist.wire.envelope import Sealing, open_datagram, seal
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, CF, ETH0, ETH1, FAILBACK_OFF, KEYS, LEGACY, SQL, WEB, Cluster
from tests.fuzz import raw, reasons, ward
from tests.fuzz.nonsense import TYPES, nonsense, sense, standard, written_by_a_program
from tests.fuzz.state import size

if TYPE_CHECKING:
    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event
    from hatwist.config.model import NodeName

PLAIN: Final = Sealing(inner_auth=False)

CONFIGURATIONS: Final = (
    CF,
    FAILBACK_OFF,
    LEGACY,
    evolve(CF, msgfmt=MessageFormat.NETSTRING),
    evolve(FAILBACK_OFF, traditional_compression=True, compression_threshold=200),
)

MAX_LOG: Final = 1000
"""Characters of one line of the core."""

MAX_SIZE: Final = 6000
"""What a node may hold, in elements of its containers; the history has 500 messages."""

PEACE: Final = 200.0
"""Seconds in which a cluster settles again when nobody says nonsense any more."""

POISON: Final = 1 << 40
"""A generation that no restart of C{beta} will ever reach."""

_FORM: Final = Form("alpha", 4711)


class Breach(AssertionError):
    """Nonsense did harm."""


@define
class Siege(Cluster):
    """
    Two nodes; all that C{beta} sends is numbered anew, so that nonsense fits in between.

    @ivar sent: what C{alpha} sent, one of each shape.
    @ivar tally: how many messages of each type were thrown.
    @ivar recorded: what both said, and when, for somebody without the key.
    """

    rng: Random = field(factory=Random)
    number: int = 0
    generation: int = 7
    sent: dict[object, bytes] = field(factory=dict)
    tally: Counter[str] = field(factory=Counter)
    recorded: list[tuple[float, bytes]] = field(factory=list)

    def throw(self) -> None:
        """Let C{alpha} hear nonsense."""
        self.generation = max(self.generation, self._believed())
        number = self.number + self.rng.choice((1, 1, 1, 1, 1, 1, 2, 3, 0, -1, -20, 40, 300))
        one = nonsense(self.rng, max(0, number), self.generation)
        data = raw.signed(one.body, KEYS)
        before, is_reason = self._claims(), reasons.is_reason(data, self._believed())
        actions = self.feed(
            ALPHA, DatagramReceived(self.rng.choice((ETH0, ETH0, ETH1)), data, "192.0.2.2:694")
        )
        self.tally[one.kind] += 1
        track = self.nodes[ALPHA].reception._tracks.get(BETA)
        self.number = (
            max(self.number, track.last or 0) if track and track.generation == self.generation else 0
        )
        if not is_reason:
            self._judge(one, actions, before)

    def throw_often(self) -> None:
        """Let C{alpha} hear one message a hundred times, as new each time."""
        self.generation = max(self.generation, self._believed())
        kind = self.rng.choice(tuple(TYPES))
        own = sense(self.rng, kind)
        for _ in range(100):
            self.number += 1
            common = standard(self.rng, kind, self.number, self.generation)
            data = raw.signed(raw.body([*own, *common]), KEYS)
            self.feed(ALPHA, DatagramReceived(ETH0, data, "192.0.2.2:694"))
        self.tally[kind] += 100

    def replay(self) -> None:
        """
        Let C{alpha} hear what was recorded of anybody: nothing moves.

        Only one that has not heard its peer yet cannot know what is old.
        """
        if not self.recorded or self._believed() < self.generation:
            return
        before = self._claims()
        for _ in range(5):
            at, one = self.rng.choice(self.recorded)
            if self.now - at < 0.01:
                # It has not arrived yet.
                continue
            actions = self.feed(ALPHA, DatagramReceived(self.rng.choice((ETH0, ETH1)), one, "192.0.2.66:694"))
            self.tally["recorded"] += 1
            self._judge(f"the recorded {one[:1000]!r}", actions, before)

    def speak(self) -> None:
        """Let a program of C{alpha}'s host say nonsense."""
        try:
            message = netstring.decode(written_by_a_program(self.rng))
        except MalformedError:
            return
        client = self.rng.choice(("ipfail", "dopd", "a\nb", "\x13", "x" * 3000, ""))
        self.feed(
            ALPHA,
            self.rng.choice(
                (
                    MessageWanted(message),
                    MessageWanted(message),
                    ClientSpoke(client, message),
                    ClientSpoke(client, message),
                    ClientJoined(client),
                    ClientLeft(client, self.rng.choice(("EOF", "\n", "x" * 100))),
                    ClientAsked(BETA, client, client),
                )
            ),
        )

    def order(self) -> None:
        """Let an operator, or fate, do something."""
        which = self.rng.choice((Holding.LOCAL, Holding.FOREIGN, Holding.ALL))
        match self.rng.randrange(10):
            case 0 | 1:
                self._tell(ALPHA, StandbyWanted(which))
            case 2:
                self._tell(BETA, StandbyWanted(which))
            case 3:
                self._tell(self.rng.choice((ALPHA, BETA)), TakeoverWanted(which))
            case 4:
                self.crash(BETA)
            case 5 | 6:
                self.restart(BETA)
            case 7:
                self.script = self.rng.choice((0.1, 1.0, 15.0))
            case 8:
                self.unfit = set() if self.unfit else {(ALPHA, self.rng.choice((WEB, SQL)).key)}
            case _:
                self._tell(ALPHA, LeaveWanted())

    def _tell(self, name: NodeName, event: Event) -> None:
        if name in self.up:
            self.feed(name, event)

    def restart(self, name: NodeName) -> None:
        """Give a host a new daemon, of a generation that is believed."""
        self.generation = max(self.generation, self._believed()) + 1
        self.number = 0
        self.reboot(name, self.generation)

    def _believed(self) -> int:
        track = self.nodes[ALPHA].reception._tracks.get(BETA)
        return track.generation if track is not None and track.generation < POISON else 0

    def feed(self, name: NodeName, event: Event) -> list[Action]:
        """Let something happen, and look whether all is well."""
        actions = super().feed(name, event)
        self.done.clear()
        node = self.nodes[name]
        if node.check():
            raise Breach(f"{name} is not sound: {node.check()}")
        if not isfinite(node.next_deadline()):
            raise Breach(f"{name} waits for nothing")
        if isinstance(event, DeadlinePassed) and node.next_deadline() <= self.now:
            raise Breach(f"{name} waits for what has passed")
        return actions

    def measure(self) -> None:
        """Look how much the besieged node holds."""
        held = size(self.nodes[ALPHA])
        if held > MAX_SIZE:
            raise Breach(f"it holds {held} things")

    def recover(self) -> None:
        """
        Look whether the cluster settles when the nonsense ends.

        A peer whose generation was poisoned never comes back, in heartbeat either.
        """
        if (
            BETA in self.nodes[ALPHA].roster.members
            and self.nodes[ALPHA].reception.generation(BETA) >= POISON
        ):
            return
        self.unfit, self.script = set(), 0.1
        if ALPHA not in self.up:
            self.reboot(ALPHA, self.nodes[ALPHA].identity.generation + 1)
        self.feed(ALPHA, MessageWanted(Message.of(t="addnode", nodelist="alpha beta")))
        self.restart(BETA)
        for _ in range(20):
            trouble = self._trouble()
            if not trouble:
                return
            self.run(PEACE / 20)
        raise Breach(f"in peace {trouble}")

    def _trouble(self) -> str:
        for one in (WEB, SQL):
            owners = [name for name in self.nodes if one.key in self.running[name]]
            if len(owners) != 1 and not self._given_up(one.key):
                return f"{one.key} runs on {owners}"
        return "".join(f"{name} finds no rest" for name in self.up if not self.nodes[name].status().stable)

    def _given_up(self, key: str) -> bool:
        """Say whether its start failed; it is tried again on order only."""
        states = [one.state for name in self.up for one in self.nodes[name].status().groups if one.key == key]
        return GroupState.FAILED in states

    def _claims(self) -> tuple[object, ...]:
        ledger = self.nodes[ALPHA].ledger
        return (ledger.ours, ledger.theirs, ledger.their_stable, ledger.phase, ledger.standby, ledger.jobs)

    def _judge(self, one: object, actions: list[Action], before: tuple[object, ...]) -> None:
        """What cannot be a reason to move something must not have moved anything."""
        orders = [action for action in actions if isinstance(action, RunGroup | Stop)]
        if orders or self._claims() != before:
            raise Breach(f"{one} caused {orders}, and claims went from {before} to {self._claims()}")

    def _perform(self, name: NodeName, action: Action) -> None:
        match action:
            case Transmit(data):
                if name == BETA:
                    self._renumber(data)
                    return
                self._look_at(data)
                self.recorded.append((self.now, data))
                if b"(0)t=NS_rexmit," in data:
                    # Beta never had what nonsense left out.
                    return
            case Log(level, text, entity):
                _is_one_line(Line(0.0, level, text, entity))
            case Record(decision, subject, _, causes):
                if max(map(len, (decision, subject, *causes))) > MAX_LOG:
                    raise Breach(f"a record of {len(str(action))} characters: {action!r:.500}")
            case _:
                pass
        super()._perform(name, action)

    def _look_at(self, data: bytes) -> None:
        fields = ward.survives(data)
        ward.is_standard(fields, ALPHA.encode())
        shape = tuple((kind, field_name) for kind, field_name, _ in fields)
        self.sent.setdefault((shape, fields[0][2][:20]), data)

    def _renumber(self, data: bytes) -> None:
        message = open_datagram(data, KEYS)
        if message.has("seq"):
            self.number += 1
            message = message.with_field("seq", f"{self.number:x}")
        message = message.with_field("hg", f"{self.generation:x}").without("auth")
        sealed = seal(message, KEYS, PLAIN)
        self.recorded.append((self.now, sealed))
        if not self.cut:
            self._later(0.001, ALPHA, DatagramReceived(ETH0, sealed))


def _is_one_line(line: Line) -> None:
    if len(line.text) > MAX_LOG:
        raise Breach(f"a line of {len(line.text)} characters: {line.text[:500]!r}")
    for form in (_FORM.logfile, _FORM.debugfile, _FORM.syslog):
        shown = form(line).replace("\t", " ")
        if not shown.isprintable():
            raise Breach(f"a line that is none: {shown[:500]!r}")


def besiege(seed: int, steps: int = 60) -> Siege:
    """
    Play a siege from its seed.

    @raise Breach: something did harm.
    @raise Harm: something was sent that harms a C node.
    """
    rng = Random(seed)
    siege = Siege(Cluster.of(rng.choice(CONFIGURATIONS)).nodes, rng=rng)
    siege.start(*rng.choice(((ALPHA,), (ALPHA, BETA), (ALPHA, BETA))))
    acts = (siege.throw, siege.throw_often, siege.replay, siege.speak, siege.order)
    for _ in range(steps):
        siege.run(rng.choice((0.0, 0.0, 0.001, 0.1, 0.3, 1.0, 3.0, 11.0)))
        if ALPHA not in siege.up:
            siege.reboot(ALPHA, siege.nodes[ALPHA].identity.generation + 1)
        for _ in range(rng.choice((1, 1, 2, 5))):
            (act,) = rng.choices(acts, weights=(50, 1, 10, 8, 8))
            act()
        siege.measure()
    siege.recover()
    return siege
