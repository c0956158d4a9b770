# -*- test-case-name: tests.lab.test_hostile -*-
"""
Somebody on the segment of the heartbeats who does not belong there; needs root.
"""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Final

from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import seal
from hatwist.wire.limits import MAX_DATAGRAM
from hatwist.wire.message import Message
from scripts.lab import thrower
from scripts.lab.configuration import KEYS, address_only, ha_cf
from scripts.lab.host import Card, Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node
from scripts.lab.plan import VIRTUAL
from scripts.lab.rack import python
from scripts.lab.watch import until
from tests.fuzz import raw
from tests.fuzz.mutants import mutants
from tests.fuzz.nonsense import nonsense
from tests.lab.base import SETTLED, NodesTestCase, require

FILE: Final = "/var/lib/hatwist/datagrams"
PORT: Final = "694"
EVERY: Final = "1"

THEIRS: Final = Keyring(1, (Key(1, "sha1", KEYS.split()[-1].encode()),))
"""The key of the lab."""

OTHER: Final = Keyring(1, (Key(1, "sha1", b"not-that-one"),))


def heartbeat(source: str, keys: Keyring) -> bytes:
    """Make what looks like a heartbeat."""
    beat = Message.of(t="status", st="active", dt="5dc", protocol="1", src=source, seq="7", hg="7", ts="7")
    return seal(beat, keys)


def forged() -> list[bytes]:
    """Make what somebody without the key can make."""
    rng = Random(1)
    samples = [heartbeat("node02", OTHER), heartbeat("node01", OTHER), heartbeat("node03", OTHER)]
    return [one for sample in samples for one in mutants(sample, rng, each=10)]


def signed(generation: int) -> list[bytes]:
    """
    Make what somebody with the key may say who is nobody, or speaks out of turn for node02.

    @param generation: of node02.
    """
    rng = Random(2)
    strange = [raw.signed(nonsense(rng, number, generation).body, THEIRS) for number in range(300)]
    for name, values in (
        ("NS_ackmsg", {"ackseq": "ffffff"}),
        ("NS_ackmsg", {"ackseq": "-1"}),
        ("NS_rexmit", {"firstseq": "1", "lastseq": "9999999999"}),
        ("NS_rexmit", {"firstseq": "x", "lastseq": "1" * 30}),
        ("NS_nak_rexmit", {"firstseq": "ffff", "info": "\x1b[2J"}),
        ("NS_what", {"info": "a\nb"}),
    ):
        # What says to be older than the peer's first heartbeat counts as a recording.
        now = f"{int(time.time()):x}"
        fields = raw.strings(t=name, dest="node01", **values, src="node02", hg=f"{generation:x}", ts=now)
        strange += [raw.signed(raw.body(fields), THEIRS)] * 5
    return strange


class HostileTests(NodesTestCase[Node]):
    """node01 runs hatwist, node02 heartbeat 3.0.6; the stranger speaks to node01 only."""

    def node(self, host: Host) -> Node:
        """One of each."""
        return HeartbeatNode(host) if host.name == "node02" else HatwistNode(host)

    def setUp(self) -> None:
        """Build the rack, with one host more."""
        require(HeartbeatNode.obstacle())
        super().setUp()
        self.stranger = self.rack.host("stranger", {"eth1": Card("private", "172.16.20.66/24")})

    def counters(self) -> dict[str, int]:
        """Ask node01 what it counted."""
        assert isinstance(self.one, HatwistNode)
        counted: dict[str, int] = self.one.status()["counters"]
        return counted

    def throw(self, datagrams: list[bytes]) -> None:
        """Let the stranger send them all."""
        self.stranger.write(FILE, "".join(f"{one[:MAX_DATAGRAM].hex()}\n" for one in datagrams))
        script = str(Path(thrower.__file__))
        said = self.stranger.do(python(), "-I", "-S", script, FILE, "172.16.20.208", PORT, EVERY)
        self.assertEqual(said.strip(), str(len(datagrams)))

    def test_nothing_moves(self) -> None:
        """Whatever it sends, with and without the key, is counted, and everything stays where it is."""
        self.boot(address_only(ha_cf(deadtime="5000ms", initdead="8000ms"), "IPaddr2"))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.stranger.power_on()
        self.calm()
        before = len(self.decisions())

        self.throw(forged())
        until(lambda: self.counters().get("not authentic", 0) > 100, SETTLED, "forgeries are counted")
        until(lambda: self.counters().get("malformed", 0) > 10, SETTLED, "so is what is no message")
        self.throw(signed(int(self.two.host.read("/var/lib/heartbeat/hb_generation"))))
        until(lambda: self.counters().get("unknown node", 0) > 50, SETTLED, "and what nobody says")
        until(lambda: self.counters().get("strange acknowledgement", 0) > 0, SETTLED, "and acknowledgements")

        self.calm()
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())
        self.assertEqual(len(self.decisions()), before)
        self.one.check()
        self.two.check()
        self.assertEqual(self.one.count("Traceback|The core failed"), 0)
        self.assertEqual(self.two.count("node node01: is dead"), 0)
        for line in ("failed authentication", "Bad message", "bad node"):
            self.assertLessEqual(self.one.count(line), 5, self.one.log())

    def decisions(self) -> list[str]:
        """Return the decisions that node01 has written down."""
        return [line for line in self.one.log().splitlines() if "decision:" in line]
