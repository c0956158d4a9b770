# -*- test-case-name: tests.cluster.test_links -*-
"""
Whether each node is heard over each medium (protocol 7.3).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log
from hatwist.cluster.events import DeadlinePassed, LinkDown, LinkUp
from hatwist.cluster.facts import LinkChanged, PeerHeard
from hatwist.cluster.links import Links
from hatwist.cluster.names import Level, LinkStatus
from hatwist.cluster.patience import Patience
from hatwist.cluster.status import LinkView
from hatwist.config.model import LinkName
from tests.cluster.builders import ALPHA, BETA, CF, ETH0, ETH1, GAMMA, config, logged, medium


def links() -> Links:
    """Make the links of C{alpha}, with communication established."""
    return Links(config(), ALPHA, Patience(CF, starting=False))


class LinksTests(SynchronousTestCase):
    """Up when heard, dead when silent."""

    def test_begins_dead(self) -> None:
        """Before anything is heard every link is dead, and no time is waited for."""
        one = links()
        self.assertEqual(
            one.view(BETA, 5.0),
            (LinkView(ETH0, LinkStatus.DEAD, None), LinkView(ETH1, LinkStatus.DEAD, None)),
        )
        self.assertEqual(one.deadline(), inf)

    def test_no_medium_is_left(self) -> None:
        """It is said once more when the last one fails, in heartbeat's words."""
        one = links()
        gone = "send_to_all_media: No working comm channels to write to."
        self.assertEqual(len(one.handle(LinkDown(ETH0, "it is gone"), 1.0)), 1)
        self.assertEqual(logged(one.handle(LinkDown(ETH1, "it is gone"), 2.0))[1:], [gone])
        one.handle(LinkUp(ETH0), 3.0)
        self.assertEqual(len(one.handle(LinkDown(ETH1, "it is gone"), 4.0)), 1)

    def test_two_media_of_one_link(self) -> None:
        """They fail and come back each for itself."""
        one = Links(config(evolve(CF, media=(medium(ETH0, "ucast"),) * 2)), ALPHA, Patience(CF))
        self.assertEqual(len(one.handle(LinkDown(ETH0, "it is gone"), 1.0)), 1)
        self.assertEqual(len(one.handle(LinkDown(ETH0, "it is gone"), 2.0)), 2)
        one.handle(LinkUp(ETH0), 3.0)
        self.assertEqual(len(one.handle(LinkDown(ETH0, "it is gone"), 4.0)), 2)

    def test_a_change_is_told(self) -> None:
        """Whoever follows links hears of each change once, with the words for the log."""
        one = links()
        up = [Log(Level.INFO, "Link beta:eth1 up."), LinkChanged(BETA, ETH1, LinkStatus.UP)]
        dead = [Log(Level.INFO, "Link beta:eth1 dead."), LinkChanged(BETA, ETH1, LinkStatus.DEAD)]
        self.assertEqual(one.handle(PeerHeard(BETA, ETH1), 1.0), up)
        self.assertEqual(one.handle(PeerHeard(BETA, ETH1), 1.5), [])
        self.assertEqual(one.handle(DeadlinePassed(), 11.5), dead)

    def test_heard_is_up(self) -> None:
        """The first message over a medium brings that link up, and no other; it is said once."""
        one = links()
        self.assertEqual(logged(one.handle(PeerHeard(BETA, ETH1), 1.0)), ["Link beta:eth1 up."])
        self.assertEqual(one.handle(PeerHeard(BETA, ETH1), 2.0), [])
        self.assertEqual(
            one.view(BETA, 2.5),
            (LinkView(ETH0, LinkStatus.DEAD, None), LinkView(ETH1, LinkStatus.UP, 0.5)),
        )

    def test_silent_link_dies_alone(self) -> None:
        """A link is dead after its node's deadtime of silence over it, though the node is heard elsewhere."""
        one = links()
        one.handle(PeerHeard(BETA, ETH0), 1.0)
        one.handle(PeerHeard(BETA, ETH1), 1.0)
        one.handle(PeerHeard(BETA, ETH1), 8.0)
        self.assertEqual(one.deadline(), 11.0)
        self.assertEqual(one.handle(DeadlinePassed(), 10.9), [])
        self.assertEqual(
            logged(one.handle(DeadlinePassed(), 11.0)),
            ["Link beta:eth0 dead.", "node beta is not heard over eth0 any more, only over eth1"],
        )
        self.assertEqual(one.handle(DeadlinePassed(), 12.0), [])
        self.assertEqual(one.deadline(), 18.0)

    def test_what_is_left(self) -> None:
        """Not what was last heard in the same beat, for the node is dead; nor a medium of ours that fails."""
        one = links()
        one.handle(PeerHeard(BETA, ETH0), 1.0)
        one.handle(PeerHeard(BETA, ETH1), 1.005)
        self.assertEqual(logged(one.handle(DeadlinePassed(), 11.0)), ["Link beta:eth0 dead."])
        one = links()
        one.handle(PeerHeard(BETA, ETH0), 1.0)
        one.handle(PeerHeard(BETA, ETH1), 8.0)
        one.handle(LinkDown(ETH1, "cable out"), 9.0)
        self.assertEqual(logged(one.handle(DeadlinePassed(), 11.0)), ["Link beta:eth0 dead."])

    def test_dead_link_comes_up_again(self) -> None:
        """A link that was dead is up with the next message."""
        one = links()
        one.handle(PeerHeard(BETA, ETH0), 1.0)
        one.handle(DeadlinePassed(), 20.0)
        self.assertEqual(logged(one.handle(PeerHeard(BETA, ETH0), 21.0)), ["Link beta:eth0 up."])

    def test_our_own_links_never_time_out(self) -> None:
        """What comes back of our own shows our link up for good."""
        one = links()
        self.assertEqual(logged(one.handle(PeerHeard(ALPHA, ETH0), 1.0)), ["Link alpha:eth0 up."])
        self.assertEqual(one.deadline(), inf)
        self.assertEqual(one.handle(DeadlinePassed(), 1000.0), [])

    def test_unknown_links_are_passed_over(self) -> None:
        """Over a medium or of a node that is not configured nothing is noted."""
        one = links()
        self.assertEqual(one.handle(PeerHeard(BETA, LinkName("eth9")), 1.0), [])
        self.assertEqual(one.handle(PeerHeard(GAMMA, ETH0), 1.0), [])

    def test_pings_are_no_links_of_nodes(self) -> None:
        """A ping medium carries no node."""
        cf = evolve(CF, media=(medium(ETH0), medium(LinkName("192.0.2.1"), "ping")))
        one = Links(config(cf), ALPHA, Patience(cf))
        self.assertEqual([view.link for view in one.view(BETA, 0.0)], [ETH0])

    def test_our_media_are_said_to_fail(self) -> None:
        """A medium of ours that does not carry is an error in the log, its return a line; no link changes."""
        one = links()
        self.assertEqual(
            one.handle(LinkDown(ETH0, "Network is down"), 1.0),
            [Log(Level.ERROR, "medium eth0 does not carry: Network is down")],
        )
        self.assertEqual(one.handle(LinkUp(ETH0), 2.0), [Log(Level.INFO, "medium eth0 carries again.")])
        self.assertEqual(one.view(BETA, 2.0)[0], LinkView(ETH0, LinkStatus.DEAD, None))
