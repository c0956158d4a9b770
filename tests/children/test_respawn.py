# -*- test-case-name: tests.children.test_respawn -*-
"""
Children that are begun, begun again and ended, with programs in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProcessProtocol, IProcessTransport, IReactorProcess
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from hatwist.children.process import Account, own_account
from hatwist.children.respawn import KILL_GRACE, MAX_SHORT, PAUSE, SHORT, TERM_GRACE, Children
from hatwist.cluster.actions import Deliver
from hatwist.cluster.events import Event, LeaveWanted
from hatwist.cluster.names import Delivery
from hatwist.config.model import Position, Respawn
from hatwist.wire.message import Message
from tests.resources.fakes import KILL, TERM, MemoryChild, MemoryProcesses
from tests.service.fakes import LogBook

ACCOUNTS = {"root": Account(0, 0), "hacluster": Account(102, 105)}

AGENT = Respawn("hacluster", "/bin/agent -v", Position("ha.cf", 1))
CCM = Respawn("root", "/bin/ccm", Position("ha.cf", 2))
IPFAIL = Respawn("hacluster", "/usr/lib/heartbeat/ipfail", Position("ha.cf", 3))
NOBODY = Respawn("whoever", "/bin/x", Position("ha.cf", 4))
VITAL = Respawn("root", "/bin/vital", Position("ha.cf", 5), failfast=True)

ACTIVE = Deliver(Message.of(t="status", st="active"), Delivery.NEWS, own=True)
SHUTDONE = Deliver(Message.of(t="shutdone", st="dead"), Delivery.PROTOCOL, own=True)
NOT_YET = (
    Deliver(Message.of(t="status", st="up"), Delivery.NEWS, own=True),
    Deliver(Message.of(t="status", st="active"), Delivery.NEWS),
    Deliver(Message.of(t="shutdone", st="dead"), Delivery.PROTOCOL),
)


@implementer(IReactorProcess)
class ClockWithProcesses(Clock):
    """A reactor whose programs are in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.programs = MemoryProcesses()

    def spawnProcess(  # type: ignore[override]  # the interface names its first argument twice
        self,
        processProtocol: IProcessProtocol,
        executable: bytes | str,
        args: Sequence[bytes | str] = (),
        env: Mapping[str, str] | None = None,
        **others: object,
    ) -> IProcessTransport:
        return self.programs.spawnProcess(processProtocol, executable, args, env)


class ChildrenCase(SynchronousTestCase):
    """Some lines of ha.cf."""

    def make(self, *lines: Respawn) -> None:
        """Make the children of a daemon, whose node is not active yet."""
        self.reactor = ClockWithProcesses()
        self.log = LogBook()
        self.fed: list[Event] = []
        self.reboots: list[Callable[[OSError], None]] = []
        self.children = Children(
            lines,
            {"HA_debug": "0"},
            self.reactor,
            self.log,
            self.reboots.append,
            accounts=ACCOUNTS.get,
            kill_group=self.reactor.programs.kill_group,
        )
        self.children.open(self.fed.append)

    def begin(self, *lines: Respawn) -> list[MemoryChild]:
        """Make them, and let the node be active."""
        self.make(*lines)
        self.children.deliver(ACTIVE)
        return self.there

    @property
    def there(self) -> list[MemoryChild]:
        """Every program that was ever begun."""
        return self.reactor.programs.children

    def commands(self) -> list[str]:
        """Return what was begun."""
        return [str(one.args[-1]) for one in self.there]

    def said(self) -> list[str]:
        """Return what was logged since the last time."""
        lines, self.log.lines = self.log.lines, []
        return lines


class BeginningTests(ChildrenCase):
    """When children are begun, and how."""

    def test_when_the_node_is_active(self) -> None:
        """Once, in the order of ha.cf; not what is built in."""
        self.make(AGENT, IPFAIL, CCM)
        for news in NOT_YET:
            self.children.deliver(news)
        self.assertEqual(self.there, [])
        self.children.deliver(ACTIVE)
        self.children.deliver(ACTIVE)
        self.assertEqual(self.commands(), ["exec /bin/agent -v", "exec /bin/ccm"])
        self.assertEqual(
            self.said(),
            [
                'info: Starting child client "/bin/agent -v" (102,105)',
                'info: Starting "/bin/agent -v" as uid 102  gid 105 (pid 1000)',
                'info: Starting child client "/bin/ccm" (0,0)',
                'info: Starting "/bin/ccm" as uid 0  gid 0 (pid 1001)',
            ],
        )

    def test_as_whom(self) -> None:
        """As the user of its line, with the environment of scripts."""
        (child,) = self.begin(AGENT)
        self.assertEqual(child.env, {"HA_debug": "0"})
        at = child.args.index("--reuid")
        self.assertNotEqual(own_account(), ACCOUNTS["hacluster"])
        self.assertEqual(child.args[at : at + 5], ["--reuid", "102", "--regid", "105", "--init-groups"])

    def test_a_user_that_is_not_there(self) -> None:
        """It is said, in the log and in the status; others are begun."""
        self.begin(NOBODY, CCM)
        self.assertEqual(self.commands(), ["exec /bin/ccm"])
        why = "Invalid uid [whoever] specified for client child"
        self.assertEqual(self.said()[0], f"ERROR: {why}")
        self.assertEqual(self.children.troubles(), [f"ha.cf:4: /bin/x is not run any more: {why}."])

    def test_no_process_to_be_had(self) -> None:
        """It is said; nothing else happens."""
        self.make(CCM)
        self.reactor.programs.refusal = OSError(11, "Resource temporarily unavailable")
        self.children.deliver(ACTIVE)
        self.assertEqual(
            self.said()[1:], ["ERROR: Cannot start client /bin/ccm: Resource temporarily unavailable"]
        )
        self.assertEqual(len(self.children.troubles()), 1)

    def test_they_are_not_clients_here(self) -> None:
        """What clients of the API are told does not concern them."""
        (child,) = self.begin(CCM)
        self.children.pause(True)
        self.assertEqual(child.signals, [])


class AgainTests(ChildrenCase):
    """What happens when one ends."""

    def test_after_a_long_life(self) -> None:
        """It is begun again at once."""
        (child,) = self.begin(CCM)
        self.reactor.advance(SHORT)
        self.said()
        child.exit(0)
        self.assertEqual(len(self.there), 2)
        self.assertEqual(
            self.said(),
            [
                "info: Managed /bin/ccm process 1000 exited with return code 0.",
                'ERROR: Respawning client "/bin/ccm":',
                'info: Starting child client "/bin/ccm" (0,0)',
                'info: Starting "/bin/ccm" as uid 0  gid 0 (pid 1001)',
            ],
        )

    def test_after_a_short_life(self) -> None:
        """It is begun again a second later, as heartbeat has it."""
        (child,) = self.begin(CCM)
        self.said()
        child.obey(KILL)
        self.assertEqual(
            self.said(),
            [
                "WARN: Managed /bin/ccm process 1000 killed by signal 9 [SIGKILL - Killed].",
                'ERROR: Respawning client "/bin/ccm":',
            ],
        )
        self.assertEqual(len(self.there), 1)
        self.reactor.advance(PAUSE)
        self.assertEqual(len(self.there), 2)

    def test_too_fast(self) -> None:
        """After more than ten short lives in a row it is given up, and the status says so."""
        self.begin(CCM)
        for _ in range(MAX_SHORT):
            self.there[-1].exit(1)
            self.reactor.advance(PAUSE)
        self.assertEqual(self.children.troubles(), [])
        self.there[-1].exit(1)
        why = 'Client /bin/ccm "respawning too fast"'
        self.assertEqual(self.said()[-1], f"ERROR: {why}")
        self.reactor.advance(3600)
        self.assertEqual(len(self.there), MAX_SHORT + 1)
        self.assertEqual(self.children.troubles(), [f"ha.cf:2: /bin/ccm is not run any more: {why}."])

    def test_a_long_life_forgives(self) -> None:
        """What came before it counts no more."""
        self.begin(CCM)
        for life in (*[1.0] * MAX_SHORT, SHORT, *[1.0] * MAX_SHORT):
            self.reactor.advance(life)
            self.there[-1].exit(1)
            self.reactor.advance(PAUSE)
        self.assertEqual(len(self.there), 2 * MAX_SHORT + 2)

    def test_a_polite_end(self) -> None:
        """With status 100 it does not want to be begun again, which is no trouble."""
        (child,) = self.begin(CCM)
        child.exit(100)
        self.reactor.advance(3600)
        self.assertEqual(len(self.there), 1)
        self.assertEqual(self.said()[-1], "WARN: Managed /bin/ccm process 1000 exited with return code 100.")
        self.assertEqual(self.children.troubles(), [])


class FailfastTests(ChildrenCase):
    """A child without which the host is worth nothing."""

    def test_an_abnormal_end(self) -> None:
        """The host is restarted, whatever the status; also after 100, as by heartbeat 3.0.6."""
        for status in (3, 100, None):
            (child,) = self.begin(VITAL)
            if status is None:
                child.obey(KILL)
            else:
                child.exit(status)
            self.assertEqual(self.said()[-1], "EMERG: Rebooting system.  Reason: /bin/vital")
            self.assertEqual(len(self.reboots), 1)
            self.reactor.advance(3600)
            self.assertEqual(len(self.there), 1)

    def test_an_ordinary_end(self) -> None:
        """It is begun again."""
        (child,) = self.begin(VITAL)
        child.exit(0)
        self.reactor.advance(PAUSE)
        self.assertEqual((len(self.there), self.reboots), (2, []))

    def test_a_host_that_cannot_be_restarted(self) -> None:
        """The node leaves in order instead, so that the other has what stood on the child."""
        (child,) = self.begin(VITAL)
        child.exit(1)
        self.reboots[0](OSError(1, "Operation not permitted"))
        self.assertEqual(
            self.said()[-1],
            "ERROR: The host cannot be restarted (Operation not permitted); the node leaves instead.",
        )
        self.assertEqual(self.fed, [LeaveWanted("the death of /bin/vital")])


class EndTests(ChildrenCase):
    """How children are ended when the node leaves."""

    def close(self) -> Deferred[None]:
        """Let the daemon close what there is for programs."""
        return self.children.close()

    def test_in_reverse_order(self) -> None:
        """Each gets SIGTERM when the one after it has ended."""
        agent, ccm = self.begin(AGENT, CCM)
        agent.deaf, ccm.deaf = {TERM}, {TERM}
        self.said()
        self.children.deliver(SHUTDONE)
        self.assertEqual((agent.signals, ccm.signals), ([], [TERM]))
        closed = self.close()
        ccm.exit(0)
        self.assertEqual(agent.signals, [TERM])
        self.assertNoResult(closed)
        agent.exit(1)
        self.successResultOf(closed)
        self.reactor.advance(3600)
        self.assertEqual(len(self.there), 2)
        self.assertEqual(
            self.said(),
            [
                "info: killing /bin/ccm process group 1001 with signal 15",
                "info: Managed /bin/ccm process 1001 exited with return code 0.",
                "info: killing /bin/agent -v process group 1000 with signal 15",
                "info: Managed /bin/agent -v process 1000 exited with return code 1.",
            ],
        )

    def test_without_a_word(self) -> None:
        """A node that may say nothing ends them all the same, when everything is closed."""
        (child,) = self.begin(CCM)
        self.successResultOf(self.close())
        self.assertEqual(child.signals, [TERM])
        self.successResultOf(self.close())

    def test_one_that_does_not_heed(self) -> None:
        """It gets SIGKILL; what not even that ends is left."""
        agent, ccm = self.begin(AGENT, CCM)
        ccm.deaf = {TERM, KILL}
        closed = self.close()
        self.reactor.advance(TERM_GRACE)
        self.assertEqual(ccm.signals, [TERM, KILL])
        self.assertEqual(agent.signals, [])
        self.reactor.advance(KILL_GRACE)
        self.assertEqual(agent.signals, [TERM])
        self.successResultOf(closed)
        self.assertIn("ERROR: Client /bin/ccm (pid=1001) does not end.", self.said())
        ccm.exit(0)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_killed_in_time(self) -> None:
        """Whatever SIGKILL ends is not complained of."""
        (ccm,) = self.begin(CCM)
        ccm.deaf = {TERM}
        closed = self.close()
        self.reactor.advance(TERM_GRACE)
        self.successResultOf(closed)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_one_that_pauses(self) -> None:
        """It is not begun again."""
        (child,) = self.begin(CCM)
        child.exit(1)
        self.successResultOf(self.close())
        self.reactor.advance(3600)
        self.assertEqual(len(self.there), 1)

    def test_out_of_turn(self) -> None:
        """One that ends before it was told to is not told."""
        agent, ccm = self.begin(AGENT, CCM)
        ccm.deaf = {TERM}
        closed = self.close()
        agent.exit(0)
        ccm.exit(0)
        self.successResultOf(closed)
        self.assertEqual(agent.signals, [])

    def test_a_vital_one(self) -> None:
        """Its end at the end restarts nothing."""
        self.begin(VITAL)
        self.successResultOf(self.close())
        self.assertEqual(self.reboots, [])

    def test_before_the_beginning(self) -> None:
        """A node that was never active has none to end, and begins none after the end."""
        self.make(CCM)
        self.successResultOf(self.close())
        self.children.deliver(ACTIVE)
        self.assertEqual(self.there, [])
