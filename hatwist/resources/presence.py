# -*- test-case-name: tests.resources.test_build -*-
"""
What all built-in addresses of a node share: who announces them, who watches over them.
"""

from __future__ import annotations

from attrs import frozen
from twisted.internet.interfaces import IReactorFDSet, IReactorTime

from hatwist.config.model import Seconds
from hatwist.errors import AgentError
from hatwist.resources.announce import Announcer, PacketSender
from hatwist.resources.ears import Ears
from hatwist.resources.kept import SharedNetwork
from hatwist.resources.network import IPAddress, Link
from hatwist.resources.reporting import Log
from hatwist.resources.rivals import Rivals


@frozen
class Presence:
    """
    The addresses of this node, on the network.

    @ivar network: lends the host's network.
    """

    network: SharedNetwork
    announcer: Announcer
    rivals: Rivals

    def close(self) -> None:
        """Announce nothing any more, and hear of nobody; the addresses stay."""
        self.announcer.close()
        self.rivals.close()
        self.network.close()


def make_presence(
    reactor: object, log: Log, refresh: Seconds, network: SharedNetwork | None = None
) -> Presence:
    """
    Make what the addresses of a node share, in the name space we run in.

    @param reactor: provides C{IReactorTime} and, to hear who else claims an address,
        C{IReactorFDSet}.
    @param refresh: see L{Announcer}.
    @param network: lends the host's network; by default a new one.
    """
    clock = IReactorTime(reactor)
    network = network or SharedNetwork()

    def is_held(link: Link, ip: IPAddress) -> bool:
        try:
            with network() as lent:
                return any(one.index == link.index for one in lent.at(ip))
        except (AgentError, OSError):
            return False

    def own() -> frozenset[bytes]:
        try:
            with network() as lent:
                return lent.hardware()
        except (AgentError, OSError):
            return frozenset()

    rivals = Rivals(clock, own, log)
    announcer = Announcer(clock, is_held, PacketSender(), log, rivals, refresh)
    rivals.defend = announcer.once_more
    if IReactorFDSet.providedBy(reactor):
        rivals.listen = Ears(reactor, rivals.take, log).listen
    return Presence(network, announcer, rivals)
