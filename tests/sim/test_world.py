# -*- test-case-name: tests.sim.test_world -*-
"""
Time, hosts, and what passes between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, evolve, field
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import RunGroup
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, LeaveWanted, StandbyWanted, Started
from hatwist.cluster.names import Holding, Ticket, Verb
from hatwist.config.model import LinkName, Settings
from hatwist.sim.auditor import Auditor, Violation
from hatwist.sim.transcript import Tracing
from hatwist.sim.world import MAX_BACKLOG, World
from tests.sim.builders import ALPHA, BETA, SQL, WEB, make_world, node_of, running_world

if TYPE_CHECKING:
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact
    from hatwist.sim.host import Host


@define(eq=False)
class Witness(Auditor):
    """Writes down what it is shown, and objects when it is told to."""

    sees: ClassVar[tuple[type, ...]] = (Started,)
    seen: list[str] = field(factory=list)
    objects: bool = False

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """See an item."""
        self.seen.append(f"{host.name} {type(item).__name__}")
        if self.objects:
            raise Violation("I object")

    def check(self, world: World, host: Host) -> None:
        """See the world."""
        self.seen.append(f"{host.name} checked")


class TimeTests(SynchronousTestCase):
    """The heap of events."""

    def test_order(self) -> None:
        """Things happen in the order of time; at one time, in the order in which they were told."""
        world, happened = make_world(), list[str]()
        for name, when in (("late", 2.0), ("first", 1.0), ("second", 1.0), ("never", 4.0)):
            world.at(when, lambda name=name: happened.append(f"{name} {world.time}"))  # type: ignore[misc]
        world.run(3)
        self.assertEqual((happened, world.time), (["first 1.0", "second 1.0", "late 2.0"], 3.0))

    def test_not_before_now(self) -> None:
        """What should have happened happens now."""
        world, happened = make_world(), list[float]()
        world.run(5)
        world.at(1.0, lambda: happened.append(world.time))
        world.run(0)
        self.assertEqual(happened, [5.0])

    def test_alarms(self) -> None:
        """A node is woken at the time it asks for, by its own clock, or late."""
        world = make_world(groups=(), settings="keepalive=2")
        alpha = world.hosts[ALPHA]
        alpha.offset, alpha.drift, alpha.lateness = 300.0, 0.5, 0.3
        world.boot(ALPHA)
        self.assertEqual(node_of(alpha).next_deadline(), 302.0)
        events = world.events
        world.run(1.6)
        self.assertEqual(world.events, events)
        world.run(0.1)
        self.assertEqual(world.events, events + 1)

    def test_never_woken(self) -> None:
        """A node that does not ask to be woken is a violation."""
        world = running_world()
        alpha = world.hosts[ALPHA]
        node_of(alpha)._expected = float("inf")
        error = self.assertRaises(Violation, world._arm, alpha)
        self.assertIn("alpha never wants to be woken", str(error))


class DaemonTests(SynchronousTestCase):
    """Daemons start, end, and stand still."""

    def lines(self, world: World) -> list[str]:
        """Return what happened, without the time."""
        return [line[10:] for line in world.transcript.take()]

    def test_boot(self) -> None:
        """A daemon is started once, and audited."""
        witness = Witness()
        world = make_world([witness])
        world.boot(ALPHA)
        world.boot(ALPHA)
        self.assertEqual(self.lines(world).count("alpha    *** boot"), 1)
        self.assertEqual(witness.seen, ["alpha Started", "alpha checked"])

    def test_objection_passes(self) -> None:
        """What an auditor objects to reaches whoever plays."""
        world = make_world([Witness(objects=True)])
        error = self.assertRaises(Violation, world.boot, ALPHA)
        self.assertEqual(str(error), "I object")

    def test_exception_is_a_violation(self) -> None:
        """A core that raises is a violation that names the event."""
        world = running_world()
        error = self.assertRaises(Violation, world.feed, world.hosts[ALPHA], DeadlinePassed(), float("inf"))
        self.assertRegex(str(error), r"^at 15\.000: alpha raised .* at DeadlinePassed\(\)$")

    def test_crash(self) -> None:
        """A crash ends the daemon, and everything that ran, and what was about to end."""
        world = running_world()
        alpha = world.hosts[ALPHA]
        world.feed(alpha, LeaveWanted())
        world.crash(ALPHA)
        self.assertEqual((alpha.node, alpha.agents.running), (None, []))
        world.transcript.take()
        world.run(0.1)
        self.assertEqual(self.lines(world), [])

    def test_kill(self) -> None:
        """The programs of a daemon that is killed go on to their end, and tell nobody."""
        world = running_world()
        alpha = world.hosts[ALPHA]
        world.feed(alpha, StandbyWanted(Holding.LOCAL))
        world.run(0.01)
        world.kill(ALPHA)
        self.assertEqual((alpha.node, alpha.agents.running), (None, [WEB]))
        world.transcript.take()
        world.run(0.1)
        self.assertEqual(self.lines(world), [f"alpha    *** stop {WEB} done"])
        self.assertEqual(alpha.agents.running, [])

    def test_nobody_to_feed(self) -> None:
        """Who does not run hears nothing."""
        world = make_world()
        world.feed(world.hosts[ALPHA], Started())
        self.assertEqual(world.events, 0)

    def test_leave(self) -> None:
        """A daemon that has left does not run any more."""
        world = running_world()
        world.feed(world.hosts[ALPHA], LeaveWanted())
        world.run(3)
        self.assertIsNone(world.hosts[ALPHA].node)
        self.assertIn("alpha    stop: operator asked it to", self.lines(world))
        self.assertEqual(world.hosts[BETA].agents.running, [SQL, WEB])

    def test_failing_program(self) -> None:
        """A program that fails is written down as failed."""
        world = make_world()
        world.hosts[ALPHA].agents.broken.add((WEB, Verb.START))
        world.boot(ALPHA)
        world.run(25)
        self.assertIn(f"alpha    *** start {WEB} failed", self.lines(world))


class PauseTests(SynchronousTestCase):
    """A daemon of which nothing runs for a while."""

    def setUp(self) -> None:
        """Pause alpha for five seconds."""
        self.world = running_world()
        self.alpha = self.world.hosts[ALPHA]
        self.world.pause(ALPHA, 5)
        self.world.transcript.take()

    def test_waits(self) -> None:
        """What comes meanwhile waits, and is heard afterwards, after the alarm that is due."""
        events = self.world.events
        self.world.feed(self.alpha, LeaveWanted())
        self.assertEqual(self.world.events, events)
        self.world.run(5)
        lines = self.world.transcript.take()
        self.assertEqual(lines[0], "   20.000 alpha    *** resume")
        self.assertIn("   20.000 alpha    decide leave alpha: operator asked it to", lines)
        self.assertEqual((self.alpha.backlog, self.alpha.resumed), ([], 20.0))

    def test_socket_is_full(self) -> None:
        """A socket holds only so many datagrams; what else happens is not lost."""
        datagram = DatagramReceived(LinkName("eth0"), b"###")
        for _ in range(MAX_BACKLOG + 1):
            self.world.feed(self.alpha, datagram)
        self.world.feed(self.alpha, LeaveWanted())
        self.assertEqual(self.alpha.backlog, [datagram] * MAX_BACKLOG + [LeaveWanted()])

    def test_once(self) -> None:
        """Who is paused is not paused again, nor who does not run."""
        self.world.pause(ALPHA, 50)
        self.world.crash(BETA)
        self.world.pause(BETA, 50)
        self.world.run(5)
        self.assertFalse(self.alpha.paused)
        self.assertFalse(self.world.hosts[BETA].paused)

    def test_killed_meanwhile(self) -> None:
        """The end of a pause does not concern the next daemon."""
        self.world.kill(ALPHA)
        self.world.boot(ALPHA)
        self.world.pause(ALPHA, 50)
        self.world.run(10)
        self.assertTrue(self.alpha.paused)


class TalkTests(SynchronousTestCase):
    """Datagrams."""

    def test_every_link(self) -> None:
        """What a node sends arrives over every link, at the others and not at itself."""
        world = running_world(settings="links=eth0,eth1")
        for name, other in ((ALPHA, BETA), (BETA, ALPHA)):
            node = node_of(world.hosts[name])
            up = [view.status.value for view in node.links.view(other, world.time)]
            self.assertEqual(up, ["up", "up"])
            self.assertEqual([view.heard for view in node.links.view(name, world.time)], [None, None])

    def test_trace(self) -> None:
        """What nodes say is written on request."""
        world = running_world()
        world.transcript.take()
        world.trace.which = Tracing.ON
        world.feed(world.hosts[ALPHA], StandbyWanted(Holding.LOCAL))
        said = [line for line in world.transcript.take() if " > " in line]
        self.assertEqual(said, ["   15.000 alpha    > ask_resources rsc_hold=local info=me"])

    def test_note(self) -> None:
        """What no node did is written as well."""
        world = make_world()
        world.note("*** heal")
        self.assertEqual(world.transcript.take(), ["    0.000 -        *** heal"])


class GuardTests(SynchronousTestCase):
    """The guardian of a host."""

    def test_a_start_without_a_deadline(self) -> None:
        """A node that starts what it may not have is found out."""
        world = make_world()
        world.config = evolve(world.config, settings=Settings(guardian=True))
        host = world.hosts[ALPHA]
        host.config = world.config
        order = RunGroup(Ticket(1), world.config.groups[0], Verb.START)
        error = self.assertRaises(Violation, world._perform, host, order)
        self.assertIn("after its deadline", str(error))
