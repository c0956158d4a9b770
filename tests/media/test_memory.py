# -*- test-case-name: tests.media.test_memory -*-
"""
The cable in memory: the suite of every medium, and what only it can do.
"""

from __future__ import annotations

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.interfaces import IMediumFactory
from hatwist.media.memory import Hub
from tests.media.conformance import Cable, Ear, End, MediumConformance

SPEC = MediumSpec("bcast", LinkName("cable0"), Position("ha.cf"), interface="cable0", port=694)
NOWHERE = MediumSpec("bcast", LinkName("nowhere0"), Position("ha.cf"), interface="nowhere0", port=694)


class MemoryCable(Cable):
    """Two ends of a hub."""

    source = "alpha"

    def __init__(self, echo: bool = False) -> None:
        self.echo = echo
        self.reactor = MemoryReactorClock()
        self.hub = Hub(echo)
        self.alpha = self.plug("alpha")
        self.beta = self.plug("beta")

    def plug(self, node: str, spec: MediumSpec = SPEC) -> End:
        ear = Ear()
        return End(self.hub.plug(node).make(spec, self.reactor, ear), ear)

    def without_interface(self) -> End:
        self.hub.unplug("gamma")
        return self.plug("gamma", NOWHERE)

    def unplug(self) -> None:
        self.hub.unplug("alpha")

    def replug(self) -> None:
        self.hub.replug("alpha")


class MemoryConformance(MediumConformance, SynchronousTestCase):
    """The suite, on a cable without echo, as C{ucast}."""

    def make_cable(self) -> MemoryCable:
        return MemoryCable()


class MemoryEchoConformance(MediumConformance, SynchronousTestCase):
    """The suite, on a cable where senders hear themselves, as C{bcast}."""

    def make_cable(self) -> MemoryCable:
        return MemoryCable(echo=True)


class HubTests(SynchronousTestCase):
    """Losing and cutting on order."""

    def setUp(self) -> None:
        self.cable = MemoryCable()
        self.cable.alpha.start()
        self.cable.beta.start()

    def test_factory_is_one(self) -> None:
        """An end's factory provides all of IMediumFactory."""
        self.assertTrue(verifyObject(IMediumFactory, self.cable.hub.plug("alpha")))

    def test_nothing_arrives_at_once(self) -> None:
        """A datagram is heard in a later turn, so nobody is entered twice."""
        self.cable.alpha.send(b"later")
        self.assertEqual(self.cable.beta.ear.heard, [])
        self.cable.reactor.advance(0)
        self.assertEqual(self.cable.beta.ear.heard, [b"later"])

    def test_as_many_are_lost_as_ordered(self) -> None:
        """The next datagrams are lost, those after them arrive."""
        self.cable.hub.losses = 2
        for number in range(4):
            self.cable.alpha.send(b"%d" % number)
        self.cable.reactor.advance(0)
        self.assertEqual(self.cable.beta.ear.heard, [b"2", b"3"])

    def test_a_cut_has_one_direction(self) -> None:
        """The cut direction is silent, the other is not, and nobody is told."""
        self.cable.hub.cut("alpha", "beta")
        self.cable.alpha.send(b"unheard")
        self.cable.beta.send(b"heard")
        self.cable.reactor.advance(0)
        self.assertEqual(self.cable.beta.ear.heard, [])
        self.assertEqual(self.cable.alpha.ear.heard, [b"heard"])
        self.assertEqual(self.cable.alpha.ear.reports, [])

    def test_a_healed_cable_carries(self) -> None:
        """After heal both directions work and nothing more is lost."""
        self.cable.hub.cut("alpha", "beta")
        self.cable.hub.losses = 7
        self.cable.hub.heal()
        self.cable.alpha.send(b"heard")
        self.cable.reactor.advance(0)
        self.assertEqual(self.cable.beta.ear.heard, [b"heard"])

    def test_an_unplugged_node_hears_nothing(self) -> None:
        """Whoever has no interface hears nothing."""
        self.cable.hub.unplug("beta")
        self.cable.alpha.send(b"unheard")
        self.cable.reactor.advance(0)
        self.assertEqual(self.cable.beta.ear.heard, [])

    def test_stopping_while_hearing(self) -> None:
        """A receiver that stops its medium hears nothing more in that turn."""
        ear = self.cable.beta.ear

        class Stopping(Ear):
            def datagramReceived(inner, link: LinkName, data: bytes, source: str) -> None:
                ear.heard.append(data)
                medium.stop()

        medium = self.cable.hub.plug("gamma").make(SPEC, self.cable.reactor, Stopping())
        self.cable.beta.medium.stop()
        medium.start()
        self.cable.alpha.send(b"first")
        self.cable.alpha.send(b"second")
        self.cable.reactor.advance(0)
        self.assertEqual(ear.heard, [b"first"])
