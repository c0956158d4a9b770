# -*- test-case-name: tests.media.test_registry -*-
"""
Which directive makes which medium.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.errors import MediumError
from hatwist.interfaces import IMediumFactory
from hatwist.media.registry import factories, find


class RegistryTests(SynchronousTestCase):
    """Finding a medium by its directive."""

    def setUp(self) -> None:
        self.known = factories(lambda level, text: None)

    def test_each_is_found_by_its_name(self) -> None:
        """Every built-in factory is one, under its own name."""
        for name, factory in self.known.items():
            self.assertTrue(verifyObject(IMediumFactory, factory))
            self.assertIs(find(name, self.known), factory)
            self.assertEqual(factory.name, name)
        self.assertEqual(
            sorted(self.known),
            ["bcast", "mcast", "mcast6", "ping", "ping6", "ping_group", "serial", "ucast", "ucast6"],
        )

    def test_unknown_names_the_known(self) -> None:
        """An unknown directive is refused with those there are."""
        problem = self.assertRaises(MediumError, find, "pigeon", self.known)
        self.assertEqual(
            str(problem), f"no medium is called 'pigeon'; there are: {', '.join(sorted(self.known))}"
        )
