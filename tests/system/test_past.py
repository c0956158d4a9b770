# -*- test-case-name: tests.system.test_past -*-
"""
Two whole daemons in memory, and what can be asked of them about the past.
"""

from __future__ import annotations

import stat

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Holding, Verb
from hatwist.control.entries import read_journal
from hatwist.errors import ControlError
from tests.service.host import WALL, WEB
from tests.system.cluster import Cluster


class JournalTests(SynchronousTestCase):
    """node01 has started its group, and loses its power."""

    def setUp(self) -> None:
        self.cluster = Cluster(self, "off")
        self.one = self.cluster.one
        self.cluster.start(self.one, self.cluster.two)
        self.cluster.run(30)
        self.before = self.one.decisions
        self.generation = self.one.status.generation
        self.cluster.crash(self.one)
        self.cluster.run(20)

    def test_it_is_on_disk(self) -> None:
        """Every decision stands there, in order, for nobody else to read."""
        path = self.one.directory / "own" / "journal"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        entries, strange = read_journal(str(path))
        self.assertEqual(([one.words for one in entries], strange), (self.before, 0))
        self.assertEqual({(one.generation, one.when) for one in entries}, {(self.generation, WALL)})
        self.assertEqual([one.number for one in entries], list(range(1, len(entries) + 1)))

    def test_the_next_life_knows_it(self) -> None:
        """It is in the journal and among the events that are shown, before those of the new life."""
        self.cluster.start(self.one)
        self.cluster.run(30)
        both = [*self.before, *self.one.decisions]
        self.assertEqual([one.words for one in self.one.node.journal("", 500)], both)
        shown = [
            text for kind, text, _ in self.one.node.listeners[0].happenings.recent() if kind == "decision"
        ]
        self.assertEqual(shown, both)
        about = [one.words for one in self.one.node.journal(WEB, 500)]
        self.assertEqual(about, [text for text in both if WEB in text])

    def test_why(self) -> None:
        """A group about which this life has decided nothing yet is explained by a former one."""
        self.cluster.start(self.one)
        self.cluster.run(1)
        newest = [text for text in self.before if WEB in text][-1]
        self.assertEqual(self.one.group(WEB).why, f"before this start, 2015-07-21T10:09:22.000Z: {newest}")
        self.assertEqual(self.one.group("mail").why, "")

    def test_a_disk_that_takes_nothing(self) -> None:
        """It keeps no node from its work, and is said where an operator looks."""
        path = self.one.directory / "own" / "journal"
        path.unlink()
        path.mkdir()
        self.cluster.start(self.one)
        self.cluster.run(30)
        self.one.node.takeover(Holding.LOCAL, "operator")
        self.cluster.run(20)
        self.assertEqual(self.one.runs, {WEB, "httpd"})
        words = f"{path}: decisions of this node are not written: Is a directory"
        assert self.one.built is not None
        self.one.built.journal.stop()
        self.assertEqual(list(self.one.node.troubles()), [words])
        self.cluster.run(1)
        self.assertEqual([line for line in self.one.lines if "not written" in line], [f"WARN: {words}"])


class OperationTests(SynchronousTestCase):
    """What was done to the resources of node01."""

    def test_a_start_that_fails(self) -> None:
        """It is there with its reason, and so is what was stopped because of it."""
        cluster = Cluster(self)
        one = cluster.one
        one.agent.fail("httpd", Verb.START)
        cluster.start(one, cluster.two)
        cluster.run(30)
        done = one.node.operations(WEB)[:4]
        expected = [(WEB, Verb.START), ("httpd", Verb.START), ("httpd", Verb.STOP), (WEB, Verb.STOP)]
        self.assertEqual([(each.resource, each.verb) for each in done], expected)
        self.assertEqual({(each.when, each.order) for each in done}, {(WALL, "start")})
        self.assertEqual(done[1].words, "start of httpd fails on order")
        self.assertEqual(list(one.node.operations("mail")), [])
        problem = self.assertRaises(ControlError, one.node.operations, "nothing")
        self.assertEqual(str(problem), f"no such group; the groups are {WEB}, mail")
