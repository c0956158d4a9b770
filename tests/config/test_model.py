# -*- test-case-name: tests.config.test_model -*-
"""
The values that the files become.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import (
    Gravity,
    HaCf,
    LinkName,
    MediumSpec,
    Position,
    Problem,
    Resource,
    ResourceGroup,
    node_name,
)


class ModelTests(SynchronousTestCase):
    """Values compare by value and show themselves."""

    def test_position(self) -> None:
        """A position shows what is known of it."""
        self.assertEqual(str(Position("f", 3, 4)), "f:3:4")
        self.assertEqual(str(Position("f", 3)), "f:3")
        self.assertEqual(str(Position("f")), "f")

    def test_problem(self) -> None:
        """A problem names its place, gravity, text and remedy."""
        problem = Problem(Gravity.ERROR, Position("f", 3), "code", "wrong", "right")
        self.assertEqual(str(problem), "f:3: error: wrong (right)")
        self.assertEqual(str(Problem(Gravity.NOTE, Position("f"), "code", "known")), "f: note: known")

    def test_node_names_are_in_lower_case(self) -> None:
        """Only the letters of ASCII are folded, as the original does."""
        self.assertEqual(node_name("Node01.TEST-\u00c4"), "node01.test-\u00c4")

    def test_ping_nodes(self) -> None:
        """Ping nodes are named as written, in the order of the file."""
        where = Position("f", 1)
        media = tuple(
            MediumSpec(kind, LinkName(link), where)
            for kind, link in (
                ("bcast", "eth0"),
                ("ping", "10.0.0.1"),
                ("ping_group", "gw"),
                ("ping6", "::1"),
            )
        )
        self.assertEqual(HaCf(nodes=(), media=media).ping_nodes, ("10.0.0.1", "gw", "::1"))

    def test_resources_compare_without_their_place(self) -> None:
        """The same resource in another line is the same resource."""
        self.assertEqual(
            Resource("httpd", "httpd", (), Position("f", 1)), Resource("httpd", "httpd", (), Position("f", 2))
        )

    def test_key_of_a_group(self) -> None:
        """A group is called by its first resource, as written."""
        resources = (Resource("10.0.0.5", "IPaddr", ("10.0.0.5",)), Resource("httpd", "httpd"))
        self.assertEqual(ResourceGroup(node_name("a"), resources, Position("f", 1)).key, "10.0.0.5")
