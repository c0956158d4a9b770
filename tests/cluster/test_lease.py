# -*- test-case-name: tests.cluster.test_lease -*-
"""
Until when this node may answer for what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log, PushDeadline, Record, Stop
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.confirmations import HEARD_FIELD, HEARD_NOTE
from hatwist.cluster.events import DeadlinePassed, DeadlineRefused
from hatwist.cluster.facts import (
    Adopted,
    HoldingsChanged,
    LeaseOver,
    MessageDelivered,
    NodeRemoved,
    PeerDied,
    PeerHeard,
    PeerRestarted,
    Send,
    Swept,
)
from hatwist.cluster.identity import Identity
from hatwist.cluster.lease import EARLY, MAX_SENT, Lease
from hatwist.cluster.names import GroupState, Holding
from hatwist.cluster.patience import Patience
from hatwist.config.guardian import margin
from hatwist.config.model import HaConfig, Settings
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, CF, ETH0, GAMMA, KEYS, UUIDS, settled_ledger

GENERATION = 7
CONFIG = HaConfig(CF, KEYS, (), Settings(guardian=True))
MARGIN = margin(CF, ())
LIMIT = CF.deadtime - MARGIN


class LeaseTestCase(SynchronousTestCase):
    """alpha's lease; beta lives and confirms."""

    def setUp(self) -> None:
        self.states: list[GroupState] = [GroupState.RUNNING]
        self.ledger = settled_ledger()
        self.ledger.native = True
        self.patience = Patience(CF, starting=False)
        self.number = 0
        self.one = self.lease()

    def lease(self, config: HaConfig = CONFIG, **more: object) -> Lease:
        """Make one."""
        identity = Identity(ALPHA, UUIDS[ALPHA], GENERATION)
        states = self.states
        return Lease(
            config,
            identity,
            self.ledger,
            self.patience,
            Complaints(),
            lambda: iter(states),
            **more,  # type: ignore[arg-type]
        )

    def beat(self, now: float) -> list[object]:
        """Let alpha send a status."""
        self.number += 1
        message = Message.of(t="status", hg=f"{GENERATION:x}", seq=f"{self.number:x}")
        return list(self.one.handle(MessageDelivered(ALPHA, message, own=True), now))

    def hear(self, now: float, heard: str | None = "", **fields: str) -> list[object]:
        """Let beta's status arrive, which confirms alpha's newest one by default."""
        text = f"alpha:{GENERATION:x}:{self.number:x}" if heard == "" else heard
        message = Message.of(**{"t": "status", "dt": "2710", "hg": "1", "seq": "1", **fields})
        if text is not None:
            message = message.with_field(HEARD_FIELD, text)
        return list(self.one.handle(MessageDelivered(BETA, message), now))


def pushed(outcomes: Sequence[object]) -> list[float]:
    """Return the deadlines that are pushed, to the millisecond."""
    return [round(one.at, 3) for one in outcomes if isinstance(one, PushDeadline)]


class ConfirmedTests(LeaseTestCase):
    """A peer confirms."""

    def test_a_confirmation(self) -> None:
        """The deadline counts from when what was confirmed was sent."""
        self.hear(0.5, heard="-")
        self.beat(1.0)
        outcomes = self.hear(1.5)
        self.assertEqual(pushed(outcomes), [round(1.0 + LIMIT, 3)])
        self.assertIn(HoldingsChanged(), outcomes)
        self.assertTrue(self.ledger.leased)
        self.assertFalse(self.one.presumed)

    def test_what_is_not_confirmed(self) -> None:
        """A newer status changes nothing before it is confirmed; nor does one of a former life."""
        self.beat(1.0)
        self.hear(1.5)
        self.assertEqual(pushed(self.beat(2.0)), [])
        self.assertEqual(pushed(self.hear(2.5, heard="alpha:7:1")), [])
        self.assertEqual(pushed(self.hear(2.6, heard="alpha:6:2")), [])
        self.assertEqual(pushed(self.hear(2.7, heard="alpha:7:63")), [])
        self.assertEqual(pushed(self.hear(2.8, heard="alpha:7:2")), [round(2.0 + LIMIT, 3)])

    def test_at_once(self) -> None:
        """An owner's status is confirmed by a message of its own, and such a message counts."""
        self.ledger.theirs = Holding.LOCAL
        self.beat(1.0)
        outcomes = self.hear(1.5, hg="a", seq="1f")
        note = Message.of(t=HEARD_NOTE, dest=BETA).with_field(HEARD_FIELD, "beta:a:1f")
        self.assertIn(Send(note), outcomes)
        self.beat(2.0)
        said = Message.of(t=HEARD_NOTE, dest=ALPHA).with_field(HEARD_FIELD, "alpha:7:2")
        self.assertEqual(pushed(self.one.handle(MessageDelivered(BETA, said), 2.1)), [round(2.0 + LIMIT, 3)])

    def test_a_note_alone(self) -> None:
        """It may be a recording: it shows nobody alive."""
        self.beat(1.0)
        self.hear(1.5)
        for sender, text in ((GAMMA, "alpha:7:1"), (BETA, "alpha:6:1"), (BETA, "")):
            said = Message.of(t=HEARD_NOTE, dest=ALPHA)
            said = said.with_field(HEARD_FIELD, text) if text else said
            self.assertEqual(self.one.handle(MessageDelivered(sender, said), 2.0), [])

    def test_nonsense(self) -> None:
        """It is counted, and nothing else."""
        self.beat(1.0)
        outcomes = self.hear(1.5, heard="alpha:x:y")
        self.assertTrue(all(isinstance(one, Log | PushDeadline | HoldingsChanged) for one in outcomes))
        self.assertEqual(self.one.complaints.counters["malformed"], 1)

    def test_an_impatient_peer(self) -> None:
        """The shortest deadtime that is stated counts."""
        self.beat(1.0)
        self.assertEqual(pushed(self.hear(1.5, dt="1388")), [round(1.0 + 5.0 - MARGIN, 3)])

    def test_a_peer_that_states_none(self) -> None:
        """Then our own counts."""
        self.beat(1.0)
        self.assertEqual(pushed(self.hear(1.5, dt="0")), [round(1.0 + LIMIT, 3)])

    def test_a_restarted_peer(self) -> None:
        """What its former life confirmed it does not know."""
        self.beat(1.0)
        self.hear(1.5)
        self.beat(2.0)
        self.assertEqual(self.one.handle(PeerRestarted(BETA, 9), 2.5), [])
        self.assertEqual(self.one.handle(PeerRestarted(GAMMA, 9), 2.5), [])
        self.assertEqual(pushed(self.beat(3.0)), [])

    def test_heartbeat(self) -> None:
        """A peer that confirms nothing is believed to hear everything."""
        self.beat(1.0)
        self.hear(1.5, heard=None)
        self.assertEqual(pushed(self.beat(2.0)), [round(2.0 + LIMIT, 3)])

    def test_few_are_remembered(self) -> None:
        """What was sent long ago is confirmed in vain."""
        self.hear(0.0, heard="-")
        for number in range(MAX_SENT + 1):
            self.beat(number / 100)
        self.assertEqual(pushed(self.hear(5.0, heard="alpha:7:1")), [])

    def test_deaf(self) -> None:
        """A peer that says that it hears nothing of this life has more patience."""
        self.beat(1.0)
        self.hear(1.5, heard="-")
        self.assertEqual(self.patience.deadtime(BETA), CF.initdead)
        self.hear(1.6)
        self.assertEqual(self.patience.deadtime(BETA), CF.deadtime)


class SilenceTests(LeaseTestCase):
    """Nobody is heard."""

    def setUp(self) -> None:
        super().setUp()
        self.beat(1.0)
        self.hear(1.0)
        self.until = self.one.until

    def last_moment(self) -> list[object]:
        """Let the last moment come."""
        self.assertEqual(self.one.deadline(), self.until - EARLY * MARGIN)
        return list(self.one.handle(DeadlinePassed(), self.one.deadline()))

    def test_the_last_moment(self) -> None:
        """The survivor of a death goes by what it sent."""
        self.assertEqual(pushed(self.beat(5.0)), [])
        self.assertEqual(pushed(self.last_moment()), [round(5.0 + LIMIT, 3)])
        self.assertTrue(self.one.presumed)

    def test_heard_and_not_confirmed(self) -> None:
        """A peer that is heard and does not confirm does not hear us: it will take over."""
        self.beat(9.0)
        self.one.handle(PeerHeard(BETA, ETH0), 10.0)
        self.one.handle(PeerHeard(GAMMA, ETH0), 10.0)
        self.assertEqual(pushed(self.last_moment()), [])
        self.assertEqual(self.one.deadline(), self.until)
        self.assertFalse(self.one.is_over(self.until - 0.001))
        self.assertTrue(self.one.is_over(self.until))

    def test_a_dead_peer(self) -> None:
        """It confirms nothing any more: what was sent counts, and for as long as who boots then waits."""
        self.one.handle(PeerDied(BETA, 10.0, True), 11.0)
        self.assertEqual(pushed(self.beat(11.0)), [round(11.0 + CF.initdead - MARGIN, 3)])
        self.assertTrue(self.one.solo)

    def test_not_beside_heartbeat(self) -> None:
        """heartbeat waits for deadtime whatever it was told."""
        self.ledger.native = False
        self.one.handle(NodeRemoved(BETA), 11.0)
        self.assertEqual(pushed(self.beat(11.0)), [round(11.0 + LIMIT, 3)])

    def test_somebody_appears(self) -> None:
        """The deadline comes nearer, before that one knows that it is heard."""
        self.one.handle(PeerDied(BETA, 10.0, True), 11.0)
        self.beat(11.0)
        self.assertEqual(pushed(self.hear(12.0, heard="-")), [round(11.0 + LIMIT, 3)])
        self.assertFalse(self.one.solo)


class OverTests(LeaseTestCase):
    """The deadline passes."""

    def test_with_something(self) -> None:
        """The node begins anew, and says why."""
        self.beat(1.0)
        self.hear(1.0)
        for item in (LeaseOver(), DeadlineRefused(), LeaseOver(20.0)):
            outcomes = self.one.handle(item, 20.0)
            self.assertIsInstance(outcomes[0], Log)
            self.assertIsInstance(outcomes[1], Record)
            assert isinstance(outcomes[2], Stop)
            self.assertTrue(outcomes[2].again)

    def test_how_long(self) -> None:
        """What is left is shown, while anything runs here."""
        self.assertIsNone(self.one.left(0.0))
        self.beat(1.0)
        self.hear(1.0)
        self.assertAlmostEqual(self.one.left(2.0) or 0.0, LIMIT - 1.0)
        self.states.clear()
        self.assertIsNone(self.one.left(2.0))

    def test_with_nothing(self) -> None:
        """What is started next needs a new one."""
        self.beat(1.0)
        self.hear(1.0)
        self.states[:] = [GroupState.STOPPED, GroupState.FAILED]
        self.assertEqual(self.one.deadline(), inf)
        self.assertTrue(self.one.is_over(20.0))
        self.assertEqual(self.one.handle(LeaseOver(), 20.0), [])
        self.assertFalse(self.ledger.leased)
        self.beat(21.0)
        self.hear(21.1)
        self.assertTrue(self.ledger.leased)

    def test_how_late_a_daemon_may_be(self) -> None:
        """Half of deadtime, or all but two keepalives."""
        self.assertEqual(self.one.patience_with_us, 8.0)
        short = evolve(CONFIG, cf=evolve(CF, deadtime=3.0))
        self.assertEqual(self.lease(short).patience_with_us, 1.5)


class AdoptionTests(LeaseTestCase):
    """A former life has left something."""

    def test_nothing_is_pushed(self) -> None:
        """Until it is decided, the old deadline stands."""
        for over in (Adopted("www", "because"), Swept()):
            self.one = self.lease(adopting=True, until=6.0)
            self.assertTrue(self.ledger.leased)
            self.beat(1.0)
            self.assertEqual(pushed(self.hear(1.1)), [])
            self.assertEqual(pushed(self.one.handle(over, 2.0)), [round(1.0 + LIMIT, 3)])

    def test_a_solo_deadline(self) -> None:
        """Who is there now takes over sooner than that life believed."""
        self.one = self.lease(adopting=True, until=60.0, solo=True)
        self.beat(1.0)
        self.assertEqual(pushed(self.hear(1.1)), [round(1.0 + LIMIT, 3)])


class WithoutTests(LeaseTestCase):
    """There is no guardian."""

    def test_nothing_happens(self) -> None:
        """Nothing is pushed and nothing refused; others are confirmed all the same, in the status."""
        self.one = self.lease(evolve(CONFIG, settings=Settings()))
        self.ledger.theirs = Holding.LOCAL
        self.assertTrue(self.ledger.leased)
        self.assertEqual([*self.beat(1.0), *self.hear(1.1), *self.hear(1.2, heard="-")], [])
        self.assertEqual(self.one.deadline(), inf)
        self.assertFalse(self.one.is_over(100.0))
        self.assertEqual(self.patience.deadtime(BETA), CF.deadtime)
