# -*- test-case-name: tests.config.test_check -*-
"""
Rules across directives, and between ha.cf and haresources.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.check import Seen, check_groups, check_hacf
from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.model import node_name

GOOD = "logfile /var/log/ha-log\nauto_failback on\nbcast eth0 eth1\nnode alpha beta\n"


class RuleTestCase(SynchronousTestCase):
    """Applies the rules to a text."""

    def check(self, text: str, resources: str = "alpha httpd\n", seen: Seen | None = None) -> list[str]:
        """Return gravity, code and place of what the rules find, each file's own problems left out."""
        seen = seen or Seen(node_name("alpha"))
        reading = read_hacf(text, "ha.cf", Findings(), seen.node)
        findings = Findings()
        check_hacf(reading, seen, findings)
        check_groups(
            parse_haresources(resources, "haresources", Findings()), reading, seen, "haresources", findings
        )
        self.texts = [f"{one.text} ({one.remedy})" for one in findings.problems]
        return [f"{one.gravity.value} {one.code} {one.where}" for one in findings.problems]


class NodeTests(RuleTestCase):
    """Who is in the cluster."""

    def test_good(self) -> None:
        """A good file has no finding."""
        self.assertEqual(self.check(GOOD), [])

    def test_no_nodes(self) -> None:
        """Without a node nothing can start; if its line is bad that is said already."""
        text = GOOD.replace("node alpha beta", "")
        self.assertEqual(self.check(text), ["error no-nodes ha.cf"])
        self.assertEqual(self.check(text + "node " + "x" * 200), [])

    def test_not_a_node(self) -> None:
        """This host must be listed; the near name is offered and pointed at."""
        found = self.check(GOOD, seen=Seen(node_name("beta1")))
        self.assertEqual(found, ["error not-a-node ha.cf:4:12"])
        self.assertIn("did you mean beta?", self.texts[0])
        self.assertEqual(self.check(GOOD, seen=Seen(node_name("zz"))), ["error not-a-node ha.cf:4:6"])

    def test_number_of_nodes(self) -> None:
        """Two nodes are meant."""
        self.assertEqual(self.check(GOOD.replace(" beta", "")), ["warning one-node ha.cf:4:6"])
        self.assertEqual(self.check(GOOD + "node c\n"), ["error many-nodes ha.cf:5:6"])

    def test_home_nodes(self) -> None:
        """A group is at home at a listed node, not at a ping node."""
        found = self.check(GOOD + "ping gw\n", "alph a\nzzz b\ngw c\n")
        self.assertEqual(found, [f"error unknown-node haresources:{line}:1" for line in (1, 2, 3)])
        self.assertIn("did you mean alpha?", self.texts[0])
        self.assertIn("the nodes are alpha and beta", self.texts[1])
        self.assertIn("a ping node cannot own anything", self.texts[2])

    def test_home_node_is_this_unlisted_host(self) -> None:
        """That this host is not listed is said once, not again for each of its groups."""
        found = self.check(GOOD, "alpha1 x\nbeta y\n", Seen(node_name("alpha1")))
        self.assertEqual(found, ["error not-a-node ha.cf:4:6"])

    def test_home_nodes_are_none_of_the_nodes(self) -> None:
        """Where ha.cf and haresources know other nodes, every line of haresources is named."""
        found = self.check(GOOD, "alpha1 x\nbeta1 y\n", Seen(node_name("alpha1")))
        expected = [f"error unknown-node haresources:{line}:1" for line in (1, 2)]
        self.assertEqual(found, ["error not-a-node ha.cf:4:6", *expected])

    def test_no_groups(self) -> None:
        """Without a group there is nothing to move, which is noted."""
        self.assertEqual(self.check(GOOD, ""), ["note no-groups haresources"])


class MediumTests(RuleTestCase):
    """How they hear each other."""

    def test_no_medium(self) -> None:
        """Without a medium nothing can start; if its line is bad that is said already."""
        text = GOOD.replace("bcast eth0 eth1", "")
        self.assertEqual(self.check(text), ["error no-media ha.cf"])
        self.assertEqual(self.check(text + "bcast eth/0\n"), [])

    def test_loopback(self) -> None:
        """It is known by name that lo cannot broadcast."""
        self.assertEqual(self.check(GOOD.replace("eth0", "lo")), ["error unfit-interface ha.cf:3:7"])

    def test_two_media_on_one_interface(self) -> None:
        """They are one link, which is noted; peers of one kind are usual."""
        found = self.check(f"{GOOD}mcast eth1 225.0.0.1 694 1 0\n")
        self.assertEqual(found, ["note one-link ha.cf:5:7"])
        self.assertEqual(self.texts, ["mcast and bcast on eth1 are one link (bcast is in line 3)"])
        self.assertEqual(self.check(f"{GOOD}ucast eth2 10.0.0.1\nucast eth2 10.0.0.2\n"), [])

    def test_no_active_medium(self) -> None:
        """A medium that reaches no node is not enough."""
        text = GOOD.replace("bcast eth0 eth1", "ping 10.0.0.1")
        self.assertEqual(self.check(text), ["error no-media ha.cf:3:6"])

    def test_single_medium(self) -> None:
        """One way to the peer is a warning, also if two lines use it."""
        text = GOOD.replace("bcast eth0 eth1", "ucast eth0 10.0.0.1\nucast eth0 10.0.0.2")
        self.assertEqual(self.check(text), ["warning single-medium ha.cf:3:7"])

    def test_ping_names(self) -> None:
        """A ping node has no name that an interface, a line or a node has: it would be taken for it."""
        text = f"{GOOD}ping_group eth1 10.0.0.1\nping beta\nping_group eth2 10.0.0.1\n"
        self.assertEqual(self.check(text), ["error ping-name ha.cf:5:12", "error ping-name ha.cf:6:6"])
        self.assertIn("the name of a link (bcast is in line 3; choose another name)", self.texts[0])
        self.assertIn("ping beta has the name of a node", self.texts[1])

    def test_duplicate_medium(self) -> None:
        """The same medium twice is a warning."""
        self.assertEqual(self.check(GOOD + "bcast eth1\n"), ["warning duplicate-medium ha.cf:5:7"])

    def test_duplicate_line(self) -> None:
        """A serial line cannot be used twice."""
        text = GOOD + "serial /dev/ttyS0 /dev/ttyS1\nserial /dev/ttyS0\n"
        self.assertEqual(self.check(text), ["error duplicate-medium ha.cf:6:8"])
        self.assertIn("cannot lock line /dev/ttyS0 (it is in line 5 already)", self.texts[0])

    def test_slow_line(self) -> None:
        """A line on which heartbeats do not fit into keepalive is a warning, if keepalive is known."""
        text = GOOD + "baud 9600\nserial /dev/ttyS0\n"
        self.assertEqual(self.check(text + "keepalive 200ms\n"), ["warning slow-line ha.cf:6:8"])
        self.assertEqual(self.check(text + "keepalive soon\n"), [])

    def test_interfaces(self) -> None:
        """An interface must exist, if somebody has looked; serial lines have none."""
        seen = Seen(node_name("alpha"), frozenset({"eth1", "lo"}))
        found = self.check(GOOD + "serial /dev/ttyS0\n", seen=seen)
        self.assertEqual(found, ["error unknown-interface ha.cf:3:7"])
        self.assertIn("did you mean eth1?", self.texts[0])
        self.check(GOOD.replace("eth1", "").replace("eth0", "wan"), seen=seen)
        self.assertIn("this host has eth1 and lo", self.texts[-1])
        self.check(GOOD, seen=Seen(node_name("alpha"), frozenset()))
        self.assertIn("IP interface [eth0] does not exist ()", self.texts)

    def test_heartbeat_media(self) -> None:
        """Only active media that reach nodes carry heartbeats."""
        cf = read_hacf(GOOD + "ping a\nucast6 eth0 b\nserial /dev/x\n", "f", Findings(), node_name("a")).cf
        self.assertEqual([spec.link for spec in cf.heartbeat_media], ["eth0", "eth1", "/dev/x"])

    def test_reserved_port(self) -> None:
        """A port that belongs to another service is a warning."""
        seen = Seen(node_name("alpha"), services={7: "echo", 694: "ha-cluster"})
        self.assertEqual(self.check(GOOD + "udpport 7\n", seen=seen), ["warning port-reserved ha.cf:5:1"])
        self.assertEqual(self.check(GOOD + "udpport 694\n", seen=seen), [])
        self.assertEqual(self.check(GOOD, seen=Seen(node_name("alpha"), services={694: "x"})), [])


class TimeTests(RuleTestCase):
    """How long they wait."""

    def test_bounds(self) -> None:
        """deadtime and deadping are more than twice keepalive, initdead at least deadtime."""
        self.assertEqual(self.check(GOOD + "deadtime 2\n"), ["error deadtime ha.cf:5:1"])
        self.assertEqual(
            self.texts,
            ["Dead time [2000] is too small compared to keeplive [1000] (more than twice keepalive)"],
        )
        self.assertEqual(self.check(GOOD + "initdead 29999ms\n"), ["error initdead ha.cf:5:1"])
        self.assertEqual(self.check(GOOD + "deadping 2\n"), ["error deadping ha.cf:5:1"])
        self.assertEqual(self.check(GOOD + "keepalive 15\n"), ["error deadtime ha.cf:5:1"])

    def test_deadping_beside_ipfail(self) -> None:
        """Where ipfail is, deadping above deadtime is noted: heartbeat's looks before it is over."""
        child = "respawn hacluster /x/ipfail\n"
        text = f"{GOOD}ping 192.0.2.1\ndeadtime 10\ndeadping 11\n"
        self.assertEqual(self.check(text), [])
        self.assertEqual(self.check(text + child), ["note deadping ha.cf:7:1"])
        self.assertEqual(self.check(text.replace("11", "10") + child), [])
        self.assertEqual(self.check(text.replace("deadtime 10", "deadtime x") + child), [])

    def test_initdead_advice(self) -> None:
        """Less than 10 seconds is a warning, less than twice deadtime a note, if it was written."""
        self.assertEqual(self.check(GOOD + "deadtime 3\ninitdead 9\n"), ["warning initdead ha.cf:6:1"])
        self.assertEqual(self.check(GOOD + "deadtime 8\ninitdead 12\n"), ["note initdead ha.cf:6:1"])
        self.assertEqual(self.check(GOOD + "deadtime 8\ninitdead 16\n"), [])

    def test_warntime(self) -> None:
        """warntime lies between keepalive and deadtime."""
        for value in ("1", "30"):
            self.assertEqual(self.check(GOOD + f"warntime {value}\n"), ["warning warntime ha.cf:5:1"])

    def test_bad_values_silence_the_rules(self) -> None:
        """A rule about a value that could not be read says nothing."""
        self.assertEqual(self.check(GOOD + "keepalive x\ndeadtime 500ms\ndeadping 1\nwarntime 40\n"), [])


class FailbackTests(RuleTestCase):
    """Ways home."""

    def test_legacy(self) -> None:
        """legacy is deprecated, by default as well; not said again for nice_failback or a bad value."""
        text = GOOD.replace("auto_failback on\n", "")
        self.assertEqual(self.check(text), ["warning legacy-failback ha.cf"])
        self.assertEqual(self.check(text + "auto_failback legacy\n"), ["warning legacy-failback ha.cf:4:1"])
        self.assertEqual(self.check(text + "nice_failback off\n"), [])
        self.assertEqual(self.check(text + "auto_failback maybe\n"), [])

    def test_autojoin(self) -> None:
        """Nodes cannot join by themselves."""
        self.assertEqual(self.check(GOOD + "autojoin any\n"), ["error autojoin ha.cf:5:1"])
        self.assertEqual(self.check(GOOD + "autojoin none\n"), [])


class LoggingTests(RuleTestCase):
    """Where messages go."""

    def test_no_log(self) -> None:
        """Without any log it is a note, an error if the daemon is refused as well."""
        text = GOOD.replace("logfile /var/log/ha-log\n", "")
        self.assertEqual(self.check(text), ["note logging ha.cf"])
        self.assertEqual(self.check(text + "use_logd no\n"), ["error logging ha.cf:4:1"])
        self.assertEqual(self.check(text + "use_logd yes\n"), [])

    def test_logd_and_files(self) -> None:
        """The daemon and files at once are a warning."""
        self.assertEqual(self.check(GOOD + "use_logd yes\n"), ["warning logging ha.cf:5:1"])

    def test_relative_path(self) -> None:
        """A path that is not full is a warning."""
        self.assertEqual(self.check(GOOD + "debugfile ha-debug\n"), ["warning logging ha.cf:5:1"])
