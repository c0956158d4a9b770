# -*- test-case-name: tests.lab.test_clone -*-
"""
A host that is a copy of another one: its daemon does not start, nothing moves,
and the logs say why.
"""

from __future__ import annotations

from hatwist.service.daemon import REFUSED
from scripts.lab.configuration import Configuration, address_only, ha_cf
from scripts.lab.host import Card
from scripts.lab.nodes import HatwistNode
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase
from tests.lab.beside.copies import STATE, copy_state


class CloneTests(TwoNodesTestCase):
    """node01 and node02 serve, and a copy is switched on."""

    def clone(self) -> HatwistNode:
        """Put in a further host, with cards of its own."""
        cards = {
            "eth0": Card("public", "172.16.0.222/24"),
            "eth1": Card("private", "172.16.20.222/24"),
        }
        return HatwistNode(self.rack.host("copy", cards))

    def start_as_node02(self, copy: HatwistNode, configuration: Configuration) -> None:
        """Start it under the name of the machine that it is a copy of."""
        configuration.write(copy.host)
        copy.host.write("/etc/ha.d/nodeinfo", "node02\n")
        copy.start()

    def assert_ends(self, copy: HatwistNode) -> None:
        """Wait until its daemon has ended by itself, and told whoever started it."""
        process = copy.process
        assert process is not None
        until(lambda: not process.alive(), SETTLED, "the copy's daemon ends")
        copy.process = None
        self.assertEqual(process.wait(SETTLED), REFUSED)
        said = [line for line in process.text().splitlines() if line.startswith("Heartbeat not started: ")]
        self.assertEqual(len(said), 1, process.text())

    def test_same_name_and_uuid(self) -> None:
        """The copy of a whole machine, then one that has made a uuid of its own."""
        configuration = address_only(ha_cf(auto_failback="off"))
        self.boot(configuration)
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        copy = self.clone()
        copy.host.power_on()
        copy_state(self.two.host, copy.host, "hb_uuid", "hb_generation")
        self.start_as_node02(copy, configuration)
        self.assert_ends(copy)
        copy.await_log("another machine uses our name node02 and our uuid.*does not start", SETTLED)
        self.two.await_log("another machine uses our name node02 and our uuid.*does not start", SETTLED)

        copy.host.do("rm", f"{STATE}/hb_uuid")
        self.start_as_node02(copy, configuration)
        self.assert_ends(copy)
        copy.await_log("another machine uses our name node02 .on.*does not start", SETTLED)

        self.assertEqual(self.one.count("node node02: is dead"), 0)
        self.assertEqual(self.two.count("node node01: is dead"), 0)
        self.assertOwner("node01")

    def test_another_name_with_our_uuid(self) -> None:
        """node02 comes back from a copy of node01's disk: it does not start, and node01 goes on."""
        configuration = address_only(ha_cf())
        self.boot(configuration)
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.two.stop()
        copy_state(self.one.host, self.two.host, "hb_uuid")
        self.two.start()
        self.assert_ends(self.two)
        self.two.await_log("node node01 uses the uuid of this node.*does not start", SETTLED)
        self.one.await_log("node node02 uses the uuid of this node", SETTLED)
        self.assertOwner("node01")
