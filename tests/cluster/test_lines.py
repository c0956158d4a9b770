# -*- test-case-name: tests.cluster.test_lines -*-
"""
The lines that log watchers, CTS and administrators look for, in the words of
heartbeat 3.0.6, as far as the core says them.

A change of words is noticed here.  Each line is C{entity LEVEL: text}, and the
entity is left out where it is the daemon itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import DeadlinePassed, Event, LinkDown, LinkUp, Started
from hatwist.cluster.history import MAX_HISTORY
from hatwist.cluster.node import Node
from hatwist.sim.script import Script
from hatwist.sim.transcript import describe
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.message import Message
from tests.cluster.builders import CF, ETH0, ETH1, GAMMA, THREE, datagram, from_peer, node, status

PAIR = """\
nodes alpha beta keepalive=1 deadtime=5 warntime=3 initdead=10 auto_failback={}
group alpha 10.0.0.5 www
group beta 10.0.0.6 mail
boot all
run 15
"""

ON, OFF, LEGACY = (PAIR.format(mode) for mode in ("on", "off", "legacy"))

START = ON
DEATH = ON + "crash alpha\nrun 10\nboot alpha\nrun 20\n"
THEIRS = OFF + "crash alpha\nrun 10\nboot alpha\nrun 20\n"
ONE_GROUP = ON.replace("group beta 10.0.0.6 mail\n", "")
GOODBYE = ON + "leave alpha\nrun 10\n"
SPLIT = ON + "cut alpha|beta\nrun 10\nheal\nrun 10\n"
STANDBY = OFF + "standby alpha all\nrun 5\ntakeover alpha local\nrun 5\n"
REFUSED = OFF + "standby alpha local\nstandby alpha local\nrun 5\nstandby alpha local\nrun 5\n"
UNANSWERED = OFF + "cut alpha>beta\nstandby alpha local\nrun 20\n"
TAKER_DIES = OFF + "pace alpha 2\nstandby alpha local\nrun 1\ncrash beta\nrun 20\n"
ASKED = LEGACY + "crash beta\nrun 10\nboot beta\nrun 10\nstandby alpha all\n"
KILLED = ON + "kill alpha\nboot alpha\nrun 20\n"
LATE = ON + "pause alpha 4\nrun 10\nnetwork loss=30%\nrun 60\n"
PAUSED = ON + "pause alpha 7\nrun 20\n"
IN_TAKEOVER = ON + "pace beta 6\ncrash alpha\nrun 6\nboot alpha\nrun 20\n"
BOTH_LEAVE = ON + "pace alpha 2\nleave alpha\nleave beta\nleave beta\nrun 10\n"
BUSY = OFF + "pace alpha 2\nstandby alpha all\nrun 1\nleave alpha\nrun 20\n"
BLOCKED = ON + "agent alpha 10.0.0.5 stop fail\nleave alpha\nrun 20\n"

STORIES = (
    START,
    DEATH,
    THEIRS,
    ONE_GROUP,
    GOODBYE,
    SPLIT,
    STANDBY,
    REFUSED,
    UNANSWERED,
    TAKER_DIES,
    ASKED,
    KILLED,
    LATE,
    PAUSED,
    IN_TAKEOVER,
    BOTH_LEAVE,
    BUSY,
    BLOCKED,
)

MEMBERSHIP = (
    r"info: Local status now set to: 'up'",
    r"info: Comm_now_up\(\): updating status to active",
    r"info: Local status now set to: 'active'",
    r"info: Link beta:eth0 up\.",
    r"info: Link beta:eth0 dead\.",
    r"info: Status update for node beta: status init",
    r"info: Status update for node beta: status up",
    r"info: Status update for node beta: status active",
    r"WARN: node beta: is dead",
    r"WARN: Late heartbeat: Node alpha: interval \d+ ms",
    r"WARN: Late heartbeat: Node beta: interval \d+ ms",
    r"CRIT: Late heartbeat: Node alpha: interval \d+ ms \(> deadtime\)",
    r"info: Heartbeat restart on node alpha",
    r"CRIT: Cluster node beta returning after partition\.",
    r"info: For information on cluster partitions, See URL: http://linux-ha\.org/wiki/Split_Brain",
    r"WARN: Deadtime value may be too small\.",
    r"info: See FAQ for information on tuning deadtime\.",
    r"info: URL: http://linux-ha\.org/wiki/FAQ#Heavy_Load",
    r"WARN: \d+ lost packet\(s\) for \[beta\] \[\d+:\d+\]",
    r"info: No pkts missing from beta!",
)

RESOURCES = (
    r"info: Initial resource acquisition complete \(T_RESOURCES\(us\)\)",
    r"info: Initial resource acquisition complete \(T_RESOURCES\(them\)\)",
    r"info: Initial resource acquisition complete \(req_our_resources\)",
    r"info: remote resource transition completed\.",
    r"info: local resource transition completed\.",
    r"info: Local Resource acquisition completed\.",
    r"info: Local Resource acquisition completed\. \(none\)",
    r"info: No local resources \[.*beta\] to acquire\.",
    r"info: Resources being acquired from alpha\.",
    r"info: mach_down takeover complete\.",
    r"info: Received shutdown notice from 'alpha'\.",
    r"info: Dead node alpha gave up resources\.",
    r"info: Cancelling pending standby operation",
    r"WARN: No STONITH device configured\.",
    r"WARN: Shared disks are not protected\.",
    r"info: Resource takeover cancelled - shutdown in progress\.",
    r"ERROR: Both machines own our resources!",
    r"ERROR: Both machines own foreign resources!",
    r"info: alpha wants to go standby \[all\]",
    r"info: standby: beta can take our all resources",
    r"info: give up all HA resources \(standby\)\.",
    r"info: all HA resource release completed \(standby\)\.",
    r"info: Local standby process completed \[all\]\.",
    r"info: standby: acquire \[all\] resources from alpha",
    r"info: acquire all HA resources \(standby\)\.",
    r"info: all HA resource acquisition completed \(standby\)\.",
    r"info: Standby resource acquisition done \[all\]\.",
    r"info: Other node completed standby takeover of all resources\.",
    r"WARN: No reply to standby request\.  Standby request cancelled\.",
    r"WARN: standby message \[local\] from alpha ignored\.  .*\.",
    r"info: Heartbeat shutdown in progress\. \(\d+\)",
    r"info: Heartbeat shutdown already underway\.",
    r"info: Giving up all HA resources\.",
    r"info: All HA resources relinquished\.",
    r"info: alpha Heartbeat shutdown complete\.",
    r"WARN: T_STARTING received during takeover\.",
    r"WARN: Shutdown delayed until current resource activity finishes\.",
)

SCRIPTS = (
    r"harc\(default\) info: Running /etc/ha\.d//rc\.d/status status",
    r"harc\(default\) info: Running /etc/ha\.d//rc\.d/ip-request ip-request",
    r"harc\(default\) info: Running /etc/ha\.d//rc\.d/ip-request-resp ip-request-resp",
    r"harc\(default\) info: Running /etc/ha\.d//rc\.d/hb_takeover hb_takeover",
    r"ip-request-resp\(default\) received ip-request-resp 10\.0\.0\.5 OK yes",
    r"mach_down\(default\) info: Taking over resource group 10\.0\.0\.5",
    r"mach_down\(default\) info: \S+: nice_failback: foreign resources acquired",
    r"mach_down\(default\) info: mach_down takeover complete for node alpha\.",
    r"hb_standby\(default\) Going standby \[all\]\.",
    r"ResourceManager\(default\) WARN: Resource 10\.0\.0\.5 is active, and should not be!  .*",
    r"ResourceManager\(default\) CRIT: Resource STOP failure.*",
)

SEGMENT = (
    r"ERROR: process_status_message: bad node \[stranger\] in message .*",
    r"WARN: string2msg_ll: node \[beta\] failed authentication .*",
    r"ERROR: should_drop_message: attempted replay attack \[beta\]\? \[gen = 2, curgen = 3\]",
    r"ERROR: lost a lot of packets!",
    r"ERROR: Irretrievably lost packet: node beta seq 2",
    r"ERROR: Cannot rexmit pkt \d+ for beta: seqno too low",
    r"WARN: nodename beta uuid changed to [0-9a-f]{32}",
    r"info: flow control disabled due to different version heartbeat",
    r"info: hb_add_one_node: Adding new node\[gamma\] to configuration\.",
    r"info: Removing node \[gamma\] from configuration\.",
    r"ERROR: medium eth0 does not carry: Network is down",
    r"CRIT: send_to_all_media: No working comm channels to write to\.",
    r"info: medium eth0 carries again\.",
    r"WARN: Rexmit of seq 9999 requested\. \d+ is max\.",
    r"WARN: Message hist queue is filling up \(\d+ messages in queue\)",
    r"info: all clients are now paused",
    r"info: all clients are now resumed",
)


def told(story: str, *names: str) -> Iterator[str]:
    """Let a story happen, and return what these nodes log, in its order."""
    script = Script()
    for order in story.splitlines():
        script.order(order)
    return (line[19:] for line in script.take() if line[10:18].rstrip() in names)


def absent(expected: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Return the expressions that no line matches; each line must match as a whole."""
    said = "\n".join(lines)
    return [one for one in expected if re.search(f"(?m)^{one}$", said) is None]


class WordsTests(SynchronousTestCase):
    """Each line is said in heartbeat's words."""

    def test_two_nodes(self) -> None:
        """What the lives of two nodes make them say, from start to end."""
        lines = [line for story in STORIES for line in told(story, "alpha", "beta")]
        self.assertEqual(absent((*MEMBERSHIP, *RESOURCES, *SCRIPTS), lines), [])

    def test_the_segment(self) -> None:
        """What others send, or do not receive, and what the operator does with nodes."""
        self.assertEqual(absent(SEGMENT, [*_besieged(), *_behind(), *_membership()]), [])


def _words(one: Node, *happened: Event, now: float) -> list[str]:
    return [describe(action) for event in happened for action in one.handle(event, now)]


def _besieged() -> list[str]:
    """Let a node hear what is not right."""
    one = node()
    wrong = Keyring(1, (Key(1, "sha1", b"another"),))
    beat = status()
    heard: list[Event] = [
        datagram(from_peer(beat, seq=1, uuid=b"b" * 16)),
        datagram(from_peer(beat, seq=3)),
        datagram(from_peer(Message.of(t="NS_nak_rexmit", dest="alpha", firstseq="2", info="seqno too low"))),
        datagram(from_peer(beat, seq=4, uuid=b"c" * 16)),
        datagram(from_peer(beat, seq=5, hg=2)),
        datagram(from_peer(beat, seq=5000)),
        datagram(from_peer(beat, seq=5001), keys=wrong),
        datagram(from_peer(beat, seq=1, src="stranger")),
        datagram(from_peer(beat.without("protocol"), seq=5001)),
        LinkDown(ETH1, "Network is down"),
        LinkDown(ETH0, "Network is down"),
        LinkUp(ETH0),
    ]
    lines = _words(one, Started(), *heard, now=0.0)
    for second in range(MAX_HISTORY):
        one.handle(DeadlinePassed(), second + 1.0)
    for number in ("1", "9999"):
        asked = Message.of(t="NS_rexmit", dest="alpha", firstseq=number, lastseq=number)
        lines += _words(one, datagram(from_peer(asked)), now=MAX_HISTORY + 1.0)
    return lines


def _behind() -> list[str]:
    """Let a peer acknowledge nothing for long, and then everything."""
    one = node()
    lines = _words(one, Started(), now=0.0)
    for second in range(1, MAX_HISTORY):
        beat = datagram(from_peer(status(), seq=second))
        lines += _words(one, beat, DeadlinePassed(), now=float(second))
    everything = Message.of(t="NS_ackmsg", dest="alpha", ackseq=f"{MAX_HISTORY:x}")
    return lines + _words(one, datagram(from_peer(everything)), now=float(MAX_HISTORY))


def _membership() -> list[str]:
    """Let an operator take a node away and bring it back."""
    one = node(evolve(THREE, initdead=CF.deadtime))
    lines = _words(one, Started(), datagram(from_peer(status(), seq=1)), now=0.0)
    lines += _words(one, datagram(from_peer(status(), seq=2)), DeadlinePassed(), now=10.0)
    for number, kind in enumerate(("delnode", "addnode"), 3):
        order = from_peer(Message.of(t=kind, nodelist=GAMMA), seq=number)
        lines += _words(one, datagram(order), now=10.0)
    return lines


class OrderTests(SynchronousTestCase):
    """Typical sequences, as one node writes them; other lines may stand between."""

    def assertInOrder(self, story: str, name: str, expected: Iterable[str]) -> None:
        """These lines come in this order from one node."""
        lines = told(story, name)
        for one in expected:
            found = any(re.fullmatch(one, line) for line in lines)
            self.assertTrue(found, f"not said, or not in its place: {one}")

    def test_start(self) -> None:
        """Both start."""
        self.assertInOrder(
            START,
            "alpha",
            (
                r"info: Local status now set to: 'up'",
                r"info: Link beta:eth0 up\.",
                r"info: Status update for node beta: status (init|up)",
                r"harc.* status",
                r"info: Comm_now_up\(\): updating status to active",
                r"info: Local status now set to: 'active'",
                r"info: (remote|local) resource transition completed\.",
                r"info: Initial resource acquisition complete \(T_RESOURCES\(us\)\)",
                r"info: Local Resource acquisition completed\.",
                r"harc.* ip-request-resp",
                r"ip-request-resp\(default\) received ip-request-resp 10\.0\.0\.5 OK yes",
            ),
        )

    def test_the_peer_leaves(self) -> None:
        """The other is stopped in order."""
        self.assertInOrder(
            GOODBYE,
            "beta",
            (
                r"info: Received shutdown notice from 'alpha'\.",
                r"info: Resources being acquired from alpha\.",
                r"harc.* status",
                r"mach_down\(default\) info: Taking over resource group 10\.0\.0\.5",
                r"mach_down\(default\) info: mach_down takeover complete for node alpha\.",
                r"info: mach_down takeover complete\.",
                r"WARN: node alpha: is dead",
                r"info: Dead node alpha gave up resources\.",
                r"info: Link alpha:eth0 dead\.",
            ),
        )

    def test_the_peer_dies(self) -> None:
        """The other loses its power."""
        self.assertInOrder(
            DEATH,
            "beta",
            (
                r"WARN: node alpha: is dead",
                r"WARN: No STONITH device configured\.",
                r"WARN: Shared disks are not protected\.",
                r"info: Resources being acquired from alpha\.",
                r"harc.* status",
                r"mach_down\(default\) info: Taking over resource group 10\.0\.0\.5",
                r"mach_down\(default\) info: mach_down takeover complete for node alpha\.",
                r"info: mach_down takeover complete\.",
            ),
        )

    def test_leaving(self) -> None:
        """The node itself is stopped."""
        self.assertInOrder(
            GOODBYE,
            "alpha",
            (
                r"info: Heartbeat shutdown in progress\. \(\d+\)",
                r"info: Giving up all HA resources\.",
                r"info: All HA resources relinquished\.",
                r"info: alpha Heartbeat shutdown complete\.",
            ),
        )

    def test_split(self) -> None:
        """Nobody hears the other for a while."""
        self.assertInOrder(
            SPLIT,
            "alpha",
            (
                r"WARN: node beta: is dead",
                r"info: Resources being acquired from beta\.",
                r"info: mach_down takeover complete\.",
                r"CRIT: Cluster node beta returning after partition\.",
                r"info: For information on cluster partitions, .*",
                r"info: Link beta:eth0 up\.|info: Status update for node beta: status active",
            ),
        )

    def test_standby(self) -> None:
        """hb_standby all, on the node that gives and on the one that takes."""
        giver = (
            r"hb_standby\(default\) Going standby \[all\]\.",
            r"info: alpha wants to go standby \[all\]",
            r"info: standby: beta can take our all resources",
            r"info: give up all HA resources \(standby\)\.",
            r"info: all HA resource release completed \(standby\)\.",
            r"info: Local standby process completed \[all\]\.",
            r"info: Other node completed standby takeover of all resources\.",
        )
        taker = (
            r"info: alpha wants to go standby \[all\]",
            r"info: standby: acquire \[all\] resources from alpha",
            r"info: acquire all HA resources \(standby\)\.",
            r"info: all HA resource acquisition completed \(standby\)\.",
            r"info: Standby resource acquisition done \[all\]\.",
        )
        self.assertInOrder(STANDBY, "alpha", giver)
        self.assertInOrder(STANDBY, "beta", taker)
