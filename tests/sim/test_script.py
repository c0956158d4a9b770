# -*- test-case-name: tests.sim.test_script -*-
"""
Scenario files, and the orders in them.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.sim.script import Block, Script, ScriptError, read_blocks, write_blocks

FILE = """\
# It beats.
nodes alpha beta
boot alpha
----
    0.000 alpha    *** boot

run 1
----
"""


class BlockTests(SynchronousTestCase):
    """The file format."""

    def test_round_trip(self) -> None:
        """Orders, comments and records of a file are read, and written as they were."""
        blocks = read_blocks(FILE)
        first = ("# It beats.", "nodes alpha beta", "boot alpha")
        self.assertEqual(blocks[0], Block(first, ("    0.000 alpha    *** boot",)))
        self.assertEqual(blocks[1], Block(("run 1",), ()))
        self.assertEqual(write_blocks(blocks), FILE)

    def test_no_separator(self) -> None:
        """A block without a line of dashes is refused."""
        error = self.assertRaises(ScriptError, read_blocks, "nodes alpha\nboot alpha\n")
        self.assertEqual(str(error), "no line '----' after 'nodes alpha'")


class ScriptTests(SynchronousTestCase):
    """Orders that are given, and those that cannot be."""

    def setUp(self) -> None:
        """Make a script that nothing was said to."""
        self.script = Script()

    def objection(self, line: str) -> str:
        """Return what is wrong with an order."""
        return str(self.assertRaises(ScriptError, self.script.order, line))

    def test_play(self) -> None:
        """A block is played, and says what happened now."""
        first, second = (self.script.play(block) for block in read_blocks(FILE))
        self.assertEqual(first.orders, ("# It beats.", "nodes alpha beta", "boot alpha"))
        self.assertEqual(first.recorded[0], "    0.000 alpha    *** boot")
        self.assertEqual(len(first.recorded), 1)
        self.assertEqual(second, Block(("run 1",), ()))

    def test_digest(self) -> None:
        """A short name stands for everything that happened."""
        before = self.script.digest
        self.script.order("boot alpha")
        self.assertNotEqual(self.script.digest, before)

    def test_nothing_happened(self) -> None:
        """As long as there is no world nothing happens in it."""
        self.assertEqual(self.script.play(Block(("nodes alpha",), ("x",))), Block(("nodes alpha",), ()))

    def test_unknown_order(self) -> None:
        """An order that does not exist is answered by those that do."""
        said = self.objection("explode alpha")
        self.assertTrue(said.startswith("cannot do 'explode alpha': no such order; there are agent, agree,"))

    def test_wrong_words(self) -> None:
        """Too few and too many words are refused, quotes that do not end, and words that make no sense."""
        self.assertIn("scenario", self.objection("group alpha"))
        self.assertIn("missing a required argument: 'duration'", self.objection("run"))
        self.assertIn("too many positional arguments", self.objection("run 1 2"))
        self.assertIn("No closing quotation", self.objection("run '1"))
        self.assertIn("write seconds", self.objection("run long"))
        self.assertIn("not a set of resources", self.objection("standby alpha most"))

    def test_too_late_to_plan(self) -> None:
        """What the world is made of cannot be changed once it is made."""
        self.script.order("boot alpha")
        self.assertIn("the world is already made", self.objection("nodes alpha beta gamma"))
        self.assertIn("the world is already made", self.objection("group alpha www"))

    def test_hosts(self) -> None:
        """Hosts are named one by one or all together."""
        self.assertEqual([host.name for host in self.script.hosts("all")], ["alpha", "beta"])
        self.assertEqual([host.name for host in self.script.hosts("beta")], ["beta"])
        self.assertIn("no such node: gamma; there are alpha, beta", self.objection("boot gamma"))

    def test_links(self) -> None:
        """Without a name all links are meant."""
        self.script.order("nodes alpha beta links=eth0,eth1")
        self.assertEqual(self.script.links(()), ["eth0", "eth1"])
        self.assertEqual(self.script.links(("eth1",)), ["eth1"])
        self.assertIn("no such link: eth2; there are eth0, eth1", self.objection("cut alpha|beta eth2"))
