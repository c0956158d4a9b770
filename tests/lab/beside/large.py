# -*- test-case-name: tests.lab.test_beside -*-
"""
Large messages travel compressed, and arrive whole in the scripts of the other node.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Final

from tests.lab.beside.pair import HOME, MIXED, Pair, groups, quick

FIELDS: Final = {f"f{number}": f"hear this, number {number}: " * 18 for number in range(30)}
"""
More than a datagram carries in one piece, but not when it is compressed.

heartbeat cuts a line of its FIFO after some five hundred characters.
"""

HOOK: Final = f"""#!/bin/sh
printf %s {" ".join(f'"$HA_{name}"' for name in FIELDS)} | md5sum >/var/log/largenews-$HA_src
"""


def large(place: str, method: str, theirs: str) -> None:
    """
    What a script says on one node is read by a script on the other, either way.

    @param theirs: the method of the node with heartbeat; it changes to ours when it hears us.
    """
    with Pair(f"large, {method} and {theirs}, hatwist on {place}", *MIXED[place]) as pair:
        for node in pair.nodes:
            node.host.power_on()
            node.host.write("/etc/ha.d/rc.d/largenews", HOOK, 0o755)
            # Only what fits into one piece comes through.
            node.host.do("iptables", "-A", "INPUT", "-i", "eth1", "-f", "-j", "DROP")
            too_long = ("-m", "length", "--length", "1501:65535")
            node.host.do("iptables", "-A", "INPUT", "-i", "eth1", *too_long, "-j", "DROP")
        files = [
            groups(f"{quick()}traditional_compression on\ncompression {one}\n") for one in (method, theirs)
        ]
        pair.boot(*files)
        lines = "".join(f"{name}={text}\n" for name, text in FIELDS.items())
        message = f">>>\nt=largenews\n{lines}<<<\n"
        wanted = hashlib.md5("".join(FIELDS.values()).encode()).hexdigest()
        for node in pair.nodes:
            peer = pair.other(node)
            node.host.write("/etc/ha.d/message", message)
            node.host.do("sh", "-c", "cat /etc/ha.d/message >/var/lib/heartbeat/fifo")
            heard = f"/var/log/largenews-{node.name}"
            pair.await_(
                lambda peer=peer, heard=heard: peer.host.read(heard).startswith(wanted),  # type: ignore[misc]
                f"{peer.name} has read what {node.name} said",
            )
        pair.settle(HOME)
        pair.assert_blameless()


LABS = [
    partial(large, "node01", "zlib", "zlib"),
    partial(large, "node02", "bz2", "bz2"),
    partial(large, "node02", "bz2", "zlib"),
]
