# -*- test-case-name: tests.cli.test_text -*-
"""
A report in words.
"""

from __future__ import annotations

from datetime import timedelta, timezone

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.text import age, event_line, group_lines, one_line, status_lines, troubles
from hatwist.cluster.names import GroupState, Holding, LinkStatus, NodeStatus
from hatwist.cluster.status import Status
from hatwist.config.model import LinkName, NodeName
from hatwist.control.report import report
from tests.control.fakes import STATUS

GROUP = STATUS.groups[0]
PEER = STATUS.nodes[1]
LIVING = evolve(
    PEER,
    status=NodeStatus.ACTIVE,
    heard=0.5,
    links=tuple(evolve(link, status=LinkStatus.UP, heard=0.5) for link in PEER.links),
)
WELL = evolve(STATUS, nodes=(STATUS.nodes[0], LIVING), counters={"copy": 3})


class WordTests(SynchronousTestCase):
    """Ages, lines and times."""

    def test_ages(self) -> None:
        """An age is written in its two largest units."""
        written = [age(seconds) for seconds in (0.04, 9.94, 59.9, 125, 3723, 93784)]
        self.assertEqual(written, ["0.0 s", "9.9 s", "59 s", "2 min 5 s", "1 h 2 min", "1 d 2 h"])

    def test_one_line(self) -> None:
        """What peers and scripts wrote stays on its line and steers no terminal."""
        self.assertEqual(one_line("first\nsecond\r\n\x1b[31mred\tend"), "first | second | ?[31mred?end")

    def test_event(self) -> None:
        """An event is one line with its local time and its kind."""
        zone = timezone(timedelta(hours=2))
        line = event_line("decision", "takeover x\non node02", 1767225600.25, zone)
        self.assertEqual(line, "2026-01-01 02:00:00.250 decision takeover x | on node02")


class StatusTests(SynchronousTestCase):
    """What an operator sees."""

    def troubles(self, status: Status) -> list[str]:
        """Return what is wrong."""
        return troubles(report(status))

    def test_whole_text(self) -> None:
        """What is wrong comes first, then this node, all nodes, all groups, and what was counted."""
        self.assertEqual(
            status_lines(report(STATUS)),
            [
                "! Node node02 is dead, heard 1 h 2 min ago.",
                "! We hear no other node: it may be we who are cut off, and they may serve the same groups.",
                "! 3 messages could not be read since the start, the last 4.0 s ago: see ha-log; "
                "does something else send to our port?",
                "",
                "This is node node01: active, has the groups at home here.",
                "  mode:          compatibility: node02 speaks as heartbeat does",
                "  auto_failback: on",
                "  generation:    12, uuid 00112233-4455-6677-8899-aabbccddeeff",
                "",
                "Nodes:",
                "  node01  active, this node",
                "  node02  dead, heard 1 h 2 min ago",
                "      over eth1: dead, heard 1 h 2 min ago",
                "      over /dev/ttyS0: dead, never heard",
                "",
                "Groups:",
                "  IPaddr::172.16.0.210/24/eth0 httpd",
                "      on this node, its home: running, for 2 min 5 s",
                "      why: takeover: node02 is dead",
                "",
                "Counted since the start: malformed 3",
            ],
        )

    def test_all_is_well(self) -> None:
        """When nothing is wrong the first line says so."""
        lines = status_lines(report(WELL))
        self.assertEqual(lines[0], "All is well.")
        self.assertIn("  node02  active, heard 0.5 s ago, dead after 30 s of silence", lines)

    def test_what_the_daemon_says(self) -> None:
        """What the daemon wants to be looked at is a line of its own, whatever stands in it."""
        lines = status_lines(report(WELL, ["authkeys cannot be used\nat all"]))
        self.assertEqual(lines[:2], ["! authkeys cannot be used | at all", ""])

    def test_guardian(self) -> None:
        """How long what runs here is safe from the guardian."""
        lines = status_lines(report(evolve(WELL, deadline=0.84)))
        self.assertIn("  guardian:      releases what runs here in 0.8 s, if it hears no more", lines)

    def test_promises(self) -> None:
        """What a node of the cluster does not promise stands below the mode."""
        lines = status_lines(report(evolve(WELL, voided=("what was cut heals", "what died is buried"))))
        self.assertIn("  mode:          compatibility: node02 speaks as heartbeat does", lines)
        after = lines.index("  mode:          compatibility: node02 speaks as heartbeat does") + 1
        expected = ["      not kept there: what was cut heals", "      not kept there: what died is buried"]
        self.assertEqual(lines[after : after + 2], expected)

    def test_refused_messages(self) -> None:
        """Messages that a wrong key, a wrong name or another program sent are worth a sentence each."""
        counters = {"not authentic": 62, "unknown node": 1, "our name": 2, "malformed": 0, "copy": 9}
        newest = {"not authentic": 2.0, "unknown node": 125.0, "our name": 0.5}
        self.assertEqual(
            self.troubles(evolve(WELL, counters=counters, newest=newest)),
            [
                "62 messages failed authentication since the start, the last 2.0 s ago: see ha-log; "
                "is authkeys the same on both nodes?",
                "1 message came from a node that is not in ha.cf since the start, the last 2 min 5 s ago:"
                " see ha-log; "
                "does another cluster use this port and key?",
                "2 messages came from another host with the name of this node since the start,"
                " the last 0.5 s ago: see ha-log; "
                "names of nodes must differ",
            ],
        )

    def test_noise_on_a_line(self) -> None:
        """A little is no trouble, more may be another key."""
        for number, lines in ((9, 0), (10, 1)):
            counted = evolve(WELL, counters={"not authentic on a line": number})
            self.assertEqual(len(self.troubles(counted)), lines)

    def test_old_trouble(self) -> None:
        """What was counted ten minutes ago and more is no trouble now."""
        status = evolve(WELL, counters={"malformed": 7}, newest={"malformed": 600.0})
        self.assertEqual(self.troubles(status), [])
        self.assertEqual(status_lines(report(status))[-1], "Counted since the start: malformed 7")

    def test_a_peer_that_was_stopped(self) -> None:
        """That is no fault, but nobody takes over; whatever its silence looks like."""
        for status in (NodeStatus.ACTIVE, NodeStatus.DEAD):
            nodes = (WELL.nodes[0], evolve(WELL.nodes[1], status=status, left=True, heard=8.0, unheard=99))
            (trouble,) = self.troubles(evolve(WELL, nodes=nodes))[:1]
            text = "Node node02 was stopped in order, heard 8.0 s ago: it takes nothing over."
            self.assertEqual(trouble, text)

    def test_a_peer_that_does_not_hear_us(self) -> None:
        """It is heard, and acknowledges nothing."""
        self.assertEqual(
            self.troubles(evolve(WELL, nodes=(STATUS.nodes[0], evolve(LIVING, unheard=26)))),
            [
                "Node node02 has acknowledged none of our last 26 messages: it seems not to hear us.",
            ],
        )
        self.assertEqual(self.troubles(evolve(WELL, nodes=(STATUS.nodes[0], evolve(LIVING, unheard=25)))), [])

    def test_dead_link_of_a_living_peer(self) -> None:
        """A peer that is heard over one link only is worth a sentence."""
        peer = evolve(LIVING, links=(LIVING.links[0], evolve(PEER.links[1], heard=31.0)))
        self.assertEqual(
            self.troubles(evolve(WELL, nodes=(STATUS.nodes[0], peer))),
            ["The link to node node02 over /dev/ttyS0 is dead, heard 31 s ago."],
        )

    def test_a_medium_of_ours(self) -> None:
        """What does not carry here is said of this node, with the reason; in JSON it is dead."""
        mine = evolve(STATUS.nodes[0], links=(evolve(PEER.links[0], trouble="Network is down"),))
        status = evolve(WELL, nodes=(mine, LIVING))
        self.assertEqual(self.troubles(status), ["Medium eth1 of this node does not carry: Network is down."])
        self.assertEqual(report(status)["nodes"][0]["links"][0]["status"], "dead")
        fine = evolve(STATUS.nodes[0], links=(PEER.links[0],))
        self.assertEqual(report(evolve(WELL, nodes=(fine, LIVING)))["nodes"][0]["links"][0]["status"], "up")

    def test_both_have_a_group(self) -> None:
        """It is said as soon as both claim it, and nothing moves; not of the dead."""
        text = f"Both nodes say that they have group {GROUP.key}: clients may reach either."
        twice = evolve(WELL, holding=Holding.LOCAL, peer_holding=Holding.ALL)
        self.assertEqual(self.troubles(twice), [text])
        self.assertNotIn(text, self.troubles(evolve(twice, stable=False)))
        self.assertNotIn(text, self.troubles(evolve(twice, nodes=STATUS.nodes)))
        away = evolve(GROUP, home=PEER.name)
        foreign = evolve(twice, groups=(away,), holding=Holding.FOREIGN, peer_holding=Holding.LOCAL)
        self.assertIn(text, self.troubles(foreign))

    def test_nobody_is_heard(self) -> None:
        """Then the others may be well; with a ping node that answers it is they who are gone."""
        gate = evolve(PEER, name=NodeName("gw"), links=(evolve(PEER.links[0], link=LinkName("gw")),))
        alone = evolve(WELL, nodes=(STATUS.nodes[0], PEER, gate))
        self.assertEqual(
            self.troubles(alone),
            [
                "Node node02 is dead, heard 1 h 2 min ago.",
                "Ping node gw does not answer, heard 1 h 2 min ago.",
                "We hear no other node and no ping node: it may be we who are cut off,"
                " and they may serve the same groups.",
            ],
        )
        up = evolve(gate.links[0], status=LinkStatus.UP)
        answers = evolve(gate, status=NodeStatus.PING, links=(up,))
        self.assertEqual(len(self.troubles(evolve(alone, nodes=(STATUS.nodes[0], PEER, answers)))), 1)

    def test_how_well_a_link_carries(self) -> None:
        """What is known of it stands behind it; of a dead one nothing."""
        good, dead = (evolve(one, loss=0.25, jitter=0.0012) for one in (LIVING.links[0], PEER.links[1]))
        peer = evolve(LIVING, links=(evolve(good, delay=0.0004), good, dead, LIVING.links[0]))
        lines = status_lines(report(evolve(WELL, nodes=(STATUS.nodes[0], peer))))
        self.assertEqual(
            [line.strip() for line in lines if line.startswith("      over")],
            [
                "over eth1: up, heard 0.5 s ago, 25 % lost, 0.4 ms there and back, 1.2 ms early or late",
                "over eth1: up, heard 0.5 s ago, 25 % lost, 1.2 ms early or late",
                "over /dev/ttyS0: dead, never heard",
                "over eth1: up, heard 0.5 s ago",
            ],
        )

    def test_own_links_are_not_shown(self) -> None:
        """Links to ourselves are dead on many media, and that is nothing to worry about."""
        mine = evolve(STATUS.nodes[0], links=(evolve(PEER.links[0]),))
        status = evolve(WELL, nodes=(mine, LIVING))
        self.assertEqual(self.troubles(status), [])
        self.assertNotIn("      over eth1: dead", "\n".join(status_lines(report(status))))

    def test_this_node(self) -> None:
        """A node that starts, moves resources or leaves says so first."""
        self.assertEqual(
            self.troubles(evolve(WELL, status=NodeStatus.UP)), ["This node is not active yet, but up."]
        )
        self.assertEqual(
            self.troubles(evolve(WELL, stable=False)),
            ["Resources are moving, or it is not agreed yet who has them."],
        )
        self.assertEqual(
            self.troubles(evolve(WELL, leaving=True, stable=False)), ["This node is leaving the cluster."]
        )

    def test_troubled_groups(self) -> None:
        """A group that failed, is blocked, or belongs to nobody is named."""
        failed = "could not be started here: a resource failed, and the group was stopped again"
        blocked = "could not be stopped here: parts of it may still run, and it is started nowhere"
        cases = {GroupState.FAILED: failed, GroupState.BLOCKED: blocked}
        for state, words in cases.items():
            status = evolve(WELL, groups=(evolve(GROUP, state=state),))
            self.assertEqual(self.troubles(status), [f"Group IPaddr::172.16.0.210/24/eth0 {words}."])
        for failures, times in ((1, "once"), (3, "3 times")):
            shaky = evolve(WELL, groups=(evolve(GROUP, failures=failures),))
            text = (
                f"Something of group IPaddr::172.16.0.210/24/eth0 failed here {times}, and was started again."
            )
            self.assertEqual(self.troubles(shaky), [text])
        orphan = evolve(WELL, groups=(evolve(GROUP, owner=None, state=GroupState.STOPPED),))
        self.assertEqual(
            self.troubles(orphan), ["Nobody is known to have group IPaddr::172.16.0.210/24/eth0."]
        )

    def test_where_groups_are(self) -> None:
        """A group is here or there, at home or not, or with nobody."""
        away = evolve(GROUP, owner=NodeName("node02"), state=GroupState.STOPPED, since=None, why="")
        orphan = evolve(away, owner=None, since=3.0)
        self.assertEqual(
            group_lines(report(evolve(STATUS, groups=(away, orphan)))),
            [
                "  IPaddr::172.16.0.210/24/eth0 httpd",
                "      on node02, away from its home node01; stopped here",
                "  IPaddr::172.16.0.210/24/eth0 httpd",
                "      has no owner, stopped here, for 3.0 s; at home on node01",
            ],
        )

    def test_no_groups(self) -> None:
        """Without resources the text says why there are none."""
        self.assertEqual(
            group_lines(report(evolve(STATUS, groups=()))), ["  none: haresources names no resources"]
        )
