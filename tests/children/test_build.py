# -*- test-case-name: tests.children.test_build -*-
"""
What the service gets.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.children.build import make_children
from hatwist.cluster.names import Level
from hatwist.config.model import Position, Respawn
from hatwist.interfaces import IPrograms
from tests.service.fakes import HostReactor


class BuildTests(SynchronousTestCase):
    """L{make_children}."""

    def test_it_hears_what_programs_hear(self) -> None:
        """Nothing is begun by making them, and nothing is to be ended."""
        said: list[tuple[Level, str]] = []
        line = Respawn("root", "/bin/x", Position("ha.cf", 7))
        children = make_children([line], {}, HostReactor(), lambda *words: said.append(words))
        self.assertTrue(verifyObject(IPrograms, children))
        self.assertIsNone(self.successResultOf(children.close()))
        self.assertEqual(said, [])
