# -*- test-case-name: tests.cluster.test_membership_peers -*-
"""
What is known of the peers, and when they are dead (protocol 6.2, 9.4, 9.7).
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log
from hatwist.cluster.events import DeadlinePassed, Started
from hatwist.cluster.facts import (
    MessageDelivered,
    PeerDied,
    PeerRestarted,
    PeerReturned,
    PeerStatusChanged,
    Send,
)
from hatwist.cluster.names import Level, NodeStatus
from hatwist.wire.message import Message
from tests.cluster.builders import (
    BETA,
    CF,
    THREE,
    from_peer,
    logged,
    sent,
    status,
)
from tests.cluster.test_membership import active, hear, membership


class StatusTests(SynchronousTestCase):
    """The heartbeats of peers (protocol 6.2)."""

    def test_new_status(self) -> None:
        """A new word is logged and told, once."""
        one = active()
        self.assertEqual(
            hear(one, status("up"), 7.0),
            [
                Log(Level.INFO, "Status update for node beta: status up"),
                PeerStatusChanged(BETA, NodeStatus.UP),
                Log(Level.INFO, "Running /etc/ha.d//rc.d/status status", "harc(default)"),
            ],
        )
        self.assertEqual(hear(one, status("up"), 8.0), [])
        self.assertEqual(hear(one, status("UP"), 8.5), [])

    def test_other_words(self) -> None:
        """What is no status of a node is malformed; it does not keep the peer alive."""
        for word in ("dead", "ping", "", "x" * 500):
            one = active()
            [line] = logged(hear(one, status(word), 7.0))
            self.assertTrue(line.startswith("Bad message from beta: not a status: "))
            self.assertLess(len(line), 100)
            self.assertEqual(one.peers[BETA].heard, 6.0)

    def test_malformed_deadtime(self) -> None:
        """A status with a deadtime that is no number is malformed as a whole."""
        one = active()
        self.assertEqual(
            logged(hear(one, status("up", dt="soon"), 7.0)),
            ["Bad message from beta: field 'dt' is not a number: 'soon'"],
        )
        self.assertEqual(one.peers[BETA].status, NodeStatus.ACTIVE)

    def test_its_own_deadtime(self) -> None:
        """A peer says how patient to be with it, in hexadecimal milliseconds; without a word it is ours."""
        one = active()
        hear(one, status(dt="7d00"), 7.0)
        self.assertEqual(one.patience.deadtime(BETA), 32.0)
        hear(one, status().without("dt"), 8.0)
        hear(one, status(dt="0"), 9.0)
        self.assertEqual(one.patience.deadtime(BETA), 32.0)
        one.patience.forget(BETA)
        hear(one, status().without("dt"), 10.0)
        self.assertEqual(one.patience.deadtime(BETA), 10.0)

    def test_stale(self) -> None:
        """A heartbeat that was lost and is sent again says nothing about now."""
        one = active()
        hear(one, status("active"), 7.0, seq=103)
        self.assertEqual(hear(one, status("up", dt="1"), 7.2, seq=102), [])
        self.assertEqual((one.peers[BETA].status, one.peers[BETA].heard), (NodeStatus.ACTIVE, 7.0))

    def test_late(self) -> None:
        """A heartbeat more than warntime after the one before is reported as late."""
        one = active()
        self.assertEqual(hear(one, status(), 11.0), [])
        self.assertEqual(
            hear(one, status(), 16.5), [Log(Level.WARN, "Late heartbeat: Node beta: interval 5500 ms")]
        )

    def test_later_than_deadtime(self) -> None:
        """A judge that was late himself spares a peer, and says how late it was."""
        one = active()
        one.patience.woke(10.0, 16.0)
        late = Log(Level.CRIT, "Late heartbeat: Node beta: interval 11000 ms (> deadtime)")
        self.assertEqual(hear(one, status(), 17.0), [late])

    def test_not_late_while_starting(self) -> None:
        """While the cluster starts nobody is late."""
        one = membership(THREE)
        one.handle(Started(), 0.0)
        hear(one, status("up"), 1.0)
        self.assertEqual(hear(one, status("up"), 20.0), [])

    def test_not_late_after_a_restart(self) -> None:
        """The first heartbeat after a restart is not late, the next one may be."""
        one = active()
        one.handle(PeerRestarted(BETA, 4), 14.0)
        again = MessageDelivered(BETA, from_peer(status("init"), seq=1, hg=4))
        self.assertEqual(logged(one.handle(again, 14.0))[0], "Status update for node beta: status init")
        later = MessageDelivered(BETA, from_peer(status("init"), seq=2, hg=4))
        self.assertEqual(logged(one.handle(later, 20.0)), ["Late heartbeat: Node beta: interval 6000 ms"])

    def test_other_messages(self) -> None:
        """Messages of other types are no heartbeat."""
        one = active()
        self.assertEqual(hear(one, Message.of(t="starting"), 9.0), [])
        self.assertEqual(one.peers[BETA].heard, 6.0)


class DeathTests(SynchronousTestCase):
    """Declared dead, and back again (protocol 9.4, 9.7)."""

    def test_dies_once(self) -> None:
        """A peer silent for its deadtime is declared dead, and only once."""
        one = active()
        self.assertNotIn("node beta: is dead", logged(one.handle(DeadlinePassed(), 15.9)))
        self.assertEqual(
            one.handle(DeadlinePassed(), 16.0)[:2],
            [Log(Level.WARN, "node beta: is dead"), PeerDied(BETA, 10.0, heard=True)],
        )
        self.assertNotIn("node beta: is dead", logged(one.handle(DeadlinePassed(), 30.0)))

    def test_deadline(self) -> None:
        """The node wants to be woken when the next peer would be dead."""
        one = active(evolve(CF, keepalive=4.0))
        one.handle(DeadlinePassed(), 14.0)
        self.assertEqual(one.deadline(), 16.0)

    def test_asked_for_more_patience(self) -> None:
        """A peer that asked for more lives longer; after its death that is forgotten."""
        one = active()
        hear(one, status(dt="7d00"), 6.0, seq=900)
        self.assertNotIn("node beta: is dead", logged(one.handle(DeadlinePassed(), 37.9)))
        self.assertIn(PeerDied(BETA, 32.0, heard=True), one.handle(DeadlinePassed(), 38.0))
        self.assertEqual(one.patience.deadtime(BETA), 10.0)

    def test_comes_back(self) -> None:
        """A dead peer that is heard again is told of by its new status."""
        one = active()
        one.handle(DeadlinePassed(), 16.0)
        self.assertEqual(
            hear(one, status("init"), 40.0)[:2],
            [
                Log(Level.INFO, "Status update for node beta: status init"),
                PeerStatusChanged(BETA, NodeStatus.INIT),
            ],
        )

    def test_returns_after_a_partition(self) -> None:
        """A peer that was never dead is a critical message, and told after its status."""
        one = active()
        one.handle(DeadlinePassed(), 16.0)
        outcomes = hear(one, status(), 20.0, returned=True)
        self.assertEqual(outcomes[0], Log(Level.CRIT, "Cluster node beta returning after partition."))
        self.assertEqual(logged(outcomes)[2], "Deadtime value may be too small.")
        self.assertEqual(
            [outcome for outcome in outcomes if not isinstance(outcome, Log)],
            [PeerStatusChanged(BETA, NodeStatus.ACTIVE), *map(Send, sent(outcomes)), PeerReturned(BETA)],
        )

    def test_running_all_the_time(self) -> None:
        """A dead peer that is active at its first word was apart from us, though it was never heard."""
        one = membership()
        one.handle(Started(), 0.0)
        one.handle(DeadlinePassed(), 30.0)
        self.assertEqual(hear(one, status("active"), 40.0)[-1], PeerReturned(BETA))

    def test_restarted_apart(self) -> None:
        """So was one that has a new generation: it has restarted while it was apart."""
        one = active()
        one.handle(DeadlinePassed(), 16.0)
        one.handle(PeerRestarted(BETA, 4), 40.0)
        outcomes = hear(one, status("active"), 40.0)
        self.assertEqual(outcomes[-1], PeerReturned(BETA))
        self.assertNotIn("Cluster node beta returning after partition.", logged(outcomes))

    def test_active_again(self) -> None:
        """A living peer that is active at last does not return."""
        one = active()
        hear(one, status("up"), 7.0)
        self.assertNotIn(PeerReturned(BETA), hear(one, status("active"), 8.0))

    def test_back_and_joining(self) -> None:
        """A dead peer that says it is up first joins."""
        for word in ("init", "up"):
            one = active()
            one.handle(DeadlinePassed(), 16.0)
            self.assertNotIn(PeerReturned(BETA), hear(one, status(word), 40.0))

    def test_second_death(self) -> None:
        """When a peer that returned dies again it is told again, as one that was heard."""
        one = active()
        one.handle(DeadlinePassed(), 16.0)
        hear(one, status(), 20.0, returned=True)
        self.assertIn(PeerDied(BETA, 10.0, heard=True), one.handle(DeadlinePassed(), 30.0))
