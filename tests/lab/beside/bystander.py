# -*- test-case-name: tests.lab.test_beside -*-
"""
A third host with heartbeat hears everything that two nodes with hatwist say, and is not heard.

What it does not like is in its log.
"""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import Final

from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import seal
from hatwist.wire.message import Field, FieldType, Message
from scripts.lab import plan
from scripts.lab.configuration import Configuration
from scripts.lab.nodes import HatwistNode, HeartbeatNode
from scripts.lab.rack import python
from scripts.lab.soak.cluster import LOST
from tests.lab.beside.pair import HOME, SETTLED, Pair, everything_on, groups, quick, until

KEYS: Final = {"crc": b"", "md5": b"only-for-the-lab", "sha1": b"only-for-the-lab"}

GHOST: Final = "node04"
"""A member of the third host's cluster that speaks once: see L{_wake}."""

_SEND: Final = """
import base64, socket, sys
place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
place.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
place.sendto(base64.b64decode(sys.argv[1]), (sys.argv[2], 694))
"""

HARMLESS: Final = "|".join(
    (
        r"Core dumps could be lost|Consider setting|may be too small|Logging daemon is disabled",
        r"Cannot lock ourselves into memory",
        r"No Previous generation",
        r"node node0\d: is dead|No STONITH device|Shared disks are not protected",
        r"Unable to send HBcomm packet|write failure on|Temporarily Suppressing write|cable unplugged",
        # Of resources it knows two nodes, not three.
        r"Received 'starting' message in state|Both machines own|Ignored standby message|Standby in progress",
        # Of a busy machine.
        r"took too long to execute|Late heartbeat|lost packet\(s\) for",
        r"flow control disabled due to different version",
    )
)
"""What it has to complain of that is not about any message."""


def bystander(method: str) -> None:
    """It finds nothing wrong in any message, from the start of the two nodes to their end."""
    with Pair(f"bystander {method}", HatwistNode, HatwistNode) as pair:
        keys = f"auth 1\n1 {method} {KEYS[method].decode()}\n"
        timing = quick() + "traditional_compression on\n"
        pair_files = groups(timing)
        files = Configuration(pair_files.ha_cf, pair_files.haresources, keys)
        third = HeartbeatNode(plan.node(pair.rack, 9))
        pair.others.append(third)
        third.host.power_on()
        third.host.do("iptables", "-A", "OUTPUT", "-o", "eth1", "-j", "DROP")
        more = f"{files.ha_cf}node node09\nnode {GHOST}\n"
        Configuration(more, "node09 IPaddr2::172.16.0.213/24/eth0\n", keys).write(third.host)
        third.start()
        pair.one.host.power_on()
        _wake(pair, method)
        pair.boot(files)
        third.await_log("Local status now set to: 'active'", SETTLED)
        _live(pair)
        third.await_log(f"node {pair.two.name}: is dead", SETTLED, times=2)
        reader = third.host.do("pgrep", "-f", "heartbeat: FIFO reader").strip()
        # What it says to itself through its FIFO may be lost there, see L{LOST}.
        wrong = [line for line in complaints(third) if not re.search(rf"\[{reader}\]: .*({LOST})", line)]
        assert not wrong, f"{method}: " + "\n".join(wrong)


def _wake(pair: Pair, method: str) -> None:
    """
    Say the one status that lets heartbeat become active without an answer.

    It is of another version, so heartbeat does without lists of nodes, and reads
    what is said about resources from then on.
    """
    message = Message.of(t="status", st="active", dt="7530", src=GHOST)
    more = [Field("srcuuid", b"a ghost's uuid..", FieldType.BINARY), Field("seq", "1"), Field("hg", "1")]
    message = message.plus([*more, Field("ts", "65f00001"), Field("ttl", "4")])
    data = seal(message, Keyring(1, (Key(1, method, KEYS[method]),)))
    until(
        lambda: pair.rack.hosts["node09"].run("pgrep", "-f", "heartbeat: read")[0] == 0, SETTLED, "it listens"
    )
    pair.one.host.do(python(), "-c", _SEND, base64.b64encode(data).decode(), "172.16.20.255")


def _live(pair: Pair) -> None:
    """Let the pair do everything that it does."""
    one, two = pair.one, pair.two
    assert isinstance(one, HatwistNode)
    for verb, which, then in (("standby", "all", everything_on(two.name)), ("takeover", "local", HOME)):
        status, text = one.control(verb, which)
        assert status == 0, text
        pair.settle(then)
    fields = "".join(f"f{number}={'hear this ' * 100}\n" for number in range(8))
    one.host.do("sh", "-c", f"printf '>>>\nt=largenews\n{fields}<<<\n' >/var/lib/heartbeat/fifo")
    two.cut_power()
    pair.settle(everything_on(one.name))
    two.boot()
    pair.settle(HOME)
    two.stop()
    pair.settle(everything_on(one.name))


def complaints(node: HeartbeatNode) -> list[str]:
    """Return the lines in which it warns of something else than is harmless."""
    lines = re.findall(r"(?m)^.*(?:WARN|ERROR|CRIT):.*$", node.log())
    return [line for line in lines if not re.search(HARMLESS, line)]


LABS = [partial(bystander, method) for method in KEYS]
