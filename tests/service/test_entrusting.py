# -*- test-case-name: tests.service.test_entrusting -*-
"""
What the guardian is told around a start and a stop, in which order.
"""

from __future__ import annotations

from ipaddress import ip_address

from attrs import Factory, define
from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import PushDeadline
from hatwist.cluster.adoption import Inheritance
from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import ResourceGroup, Seconds
from hatwist.interfaces import IGuardian
from hatwist.resources.kept import SharedNetwork
from hatwist.resources.lifetimes import Lifetimes
from hatwist.resources.network import Held, Link
from hatwist.service.entrusting import REFUSED, Entrusting
from tests.cluster.builders import SQL
from tests.resources.fakes import LogBook, MemoryNetwork, group

ADDRESS = group("IPaddr::10.0.0.1", "apache")
IP = ip_address("10.0.0.1")
DONE = (Outcome.OK, "")


@implementer(IGuardian)
@define
class Guardian:
    """
    Writes down what it is told.

    @ivar answer: whether something may be started.
    """

    said: list[str]
    answer: Deferred[bool] = Factory(lambda: succeed(True))
    armed: Seconds = 0.0

    def attach(self) -> Inheritance:
        raise NotImplementedError

    def push(self, at: Seconds, solo: bool) -> None:
        self.said.append(f"push {at} {solo}")

    def entrust(self, group: ResourceGroup) -> Deferred[bool]:
        self.said.append(f"entrust {group.key}")
        return self.answer

    def release(self, key: str) -> None:
        self.said.append(f"release {key}")

    def give_up(self, key: str) -> None:
        self.said.append(f"give up {key}")

    def close(self) -> None:
        raise NotImplementedError


class EntrustingTests(SynchronousTestCase):
    """L{Entrusting}."""

    def setUp(self) -> None:
        self.said: list[str] = []
        self.result: tuple[Outcome, str] = DONE
        self.clock = MemoryReactorClock()
        self.network = MemoryNetwork(Link(1, "lo"))
        self.network.addresses = [Held(IP, 32, 1)]
        self.lifetimes = Lifetimes(self.clock, LogBook())
        self.patch(self.lifetimes, "network", lambda: self.network)
        self.addCleanup(self.lifetimes.close)
        self.guardian = Guardian(self.said)
        self.entrusting = Entrusting(self.run_freely, self.guardian, self.lifetimes)

    def run_freely(self, group: ResourceGroup, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """Carry out an order."""
        self.said.append(f"{verb.value} {group.key}")
        return succeed(self.result)

    def order(self, verb: Verb, group: ResourceGroup = SQL) -> tuple[Outcome, str]:
        """Let an order be carried out."""
        return self.successResultOf(self.entrusting.run(group, verb))

    @property
    def lifetime(self) -> int | None:
        """The lifetime of the address."""
        return self.network.addresses[0].lifetime

    def test_the_double_keeps_its_promise(self) -> None:
        """What stands for the guardian here is one."""
        self.assertTrue(verifyObject(IGuardian, self.guardian))

    def test_before_a_start(self) -> None:
        """Nothing is started before the guardian knows of it."""
        for verb in (Verb.START, Verb.RECOVER):
            self.said.clear()
            self.guardian.answer = Deferred()
            result = self.entrusting.run(SQL, verb)
            self.assertEqual(self.said, [f"entrust {SQL.key}"])
            self.assertNoResult(result)
            self.guardian.answer.callback(True)
            self.assertEqual(self.successResultOf(result), DONE)
            self.assertEqual(self.said, [f"entrust {SQL.key}", f"{verb.value} {SQL.key}"])

    def test_refused(self) -> None:
        """What the guardian does not take on is not started."""
        self.guardian.answer = succeed(False)
        self.assertEqual(self.order(Verb.START), (Outcome.FAILED, REFUSED))
        self.assertEqual(self.said, [f"entrust {SQL.key}"])

    def test_after_a_stop(self) -> None:
        """It is told when nothing runs any more, not when something may."""
        self.assertEqual(self.order(Verb.STOP), DONE)
        self.assertEqual(self.said, [f"stop {SQL.key}", f"release {SQL.key}"])
        self.said.clear()
        self.result = (Outcome.FAILED, "busy")
        self.assertEqual(self.order(Verb.STOP), self.result)
        self.assertEqual(self.said, [f"stop {SQL.key}"])

    def test_a_stop_that_fails(self) -> None:
        """With a watchdog this host is given up, unless the administrator wants it otherwise."""
        self.result = (Outcome.FAILED, "busy")
        self.guardian.armed = 5.0
        self.order(Verb.STOP)
        self.assertEqual(self.said, [f"stop {SQL.key}", f"give up {SQL.key}"])
        self.entrusting.reset = False
        self.said.clear()
        self.order(Verb.STOP)
        self.assertEqual(self.said, [f"stop {SQL.key}"])

    def test_a_start_that_fails(self) -> None:
        """Something of it may run: it stays entrusted."""
        self.result = (Outcome.FAILED, "no disk")
        self.assertEqual(self.order(Verb.START), self.result)
        self.assertEqual(self.said, [f"entrust {SQL.key}", f"start {SQL.key}"])

    def test_a_look(self) -> None:
        """The guardian need not know."""
        self.result = (Outcome.STOPPED, "")
        self.assertEqual(self.order(Verb.STATUS), self.result)
        self.assertEqual(self.said, [f"status {SQL.key}"])

    def test_an_announcement(self) -> None:
        """It is entrusted, in case it was never, and does not wait for the answer."""
        self.guardian.answer = Deferred()
        self.assertEqual(self.order(Verb.ANNOUNCE), DONE)
        self.assertEqual(self.said[0], f"entrust {SQL.key}")
        self.assertEqual(len(self.said), 2)

    def test_lifetimes(self) -> None:
        """Its addresses are renewed from the start until it is stopped."""
        self.entrusting.push(PushDeadline(30.0, solo=True))
        self.assertEqual(self.said, ["push 30.0 True"])
        self.assertIsNone(self.lifetime)
        self.order(Verb.START, ADDRESS)
        self.assertEqual(self.lifetime, 29)
        self.order(Verb.STOP, ADDRESS)
        self.entrusting.push(PushDeadline(10.0))
        self.assertEqual(self.lifetime, 29)

    def test_inherited(self) -> None:
        """What a former life has entrusted goes on until its deadline; nothing else does."""
        self.entrusting.inherit(Inheritance(until=30.0), (ADDRESS,))
        self.assertIsNone(self.lifetimes.until)
        self.assertIsNone(self.lifetime)
        self.entrusting.inherit(Inheritance(frozenset({ADDRESS.key}), until=20.0), (SQL, ADDRESS))
        self.assertEqual(self.lifetime, 19)
        self.assertEqual(self.said, [])

    def test_the_network_is_lent(self) -> None:
        """Lifetimes own the network that others are lent."""
        self.assertIsInstance(Lifetimes(self.clock, LogBook()).network, SharedNetwork)
