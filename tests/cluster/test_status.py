# -*- test-case-name: tests.cluster.test_status -*-
"""
The values that a picture of a node is made of.
"""

from __future__ import annotations

from attrs.exceptions import FrozenInstanceError
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import LinkStatus, NodeStatus
from hatwist.cluster.status import LinkView, NodeView
from tests.cluster.builders import BETA, ETH0


class StatusTests(SynchronousTestCase):
    """Pictures can be compared and handed to anybody."""

    def test_compare_by_value(self) -> None:
        """Two pictures of the same are equal, those of different things are not."""
        link = LinkView(ETH0, LinkStatus.UP, 0.5)
        self.assertEqual(link, LinkView(ETH0, LinkStatus.UP, 0.5))
        self.assertNotEqual(link, LinkView(ETH0, LinkStatus.UP, 0.6))
        self.assertEqual(
            NodeView(BETA, NodeStatus.UP, 3, None, 10.0, (link,)),
            NodeView(BETA, NodeStatus.UP, 3, None, 10.0, (LinkView(ETH0, LinkStatus.UP, 0.5),)),
        )

    def test_frozen(self) -> None:
        """Nobody who gets a picture can change it."""
        link = LinkView(ETH0, LinkStatus.UP, 0.5)
        with self.assertRaises(FrozenInstanceError):
            link.status = LinkStatus.DEAD  # type: ignore[misc]
