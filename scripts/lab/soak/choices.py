# -*- test-case-name: tests.lab.test_soak_choices -*-
"""
What a cluster under test is made of; pure.

It has two groups: one is just an address, at home on node01, the other an address
and a script, at home on node02.  A group is called by its home.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import product
from types import MappingProxyType
from typing import Final, Self

from scripts.lab.configuration import Configuration, ha_cf
from scripts.lab.plan import VIRTUAL

NODES: Final = ("node01", "node02")
ADDRESSES: Final[Mapping[str, str]] = MappingProxyType({"node01": VIRTUAL, "node02": "172.16.0.211"})
"""The address of each group."""
FLAG: Final = "/run/flag"
"""A file that is there while the script of node02's group runs."""

KEEPALIVE: Final = "250ms"
DEADTIME: Final = 2.0
"""Seconds."""
INITDEAD: Final = "8000ms"
"""So long a daemon may take to start on a busy machine."""


class Medium(Enum):
    """How the nodes reach each other, in the words of ha.cf."""

    BCAST = "bcast eth1"
    MCAST = "mcast eth1 225.0.0.75 694 1 0"
    UCAST = "ucast eth1 172.16.20.208\nucast eth1 172.16.20.209"


class Auth(Enum):
    """How they sign, in the words of authkeys."""

    CRC = "1 crc"
    MD5 = "1 md5 only-for-the-lab"
    SHA1 = "1 sha1 only-for-the-lab"


class Failback(Enum):
    """What becomes of a group when its home is back, in the words of ha.cf."""

    ON = "on"
    OFF = "off"
    LEGACY = "legacy"

    @property
    def nice(self) -> bool:
        """Tell whether nodes speak of what they hold, and know standby."""
        return self is not Failback.LEGACY


class Daemon(Enum):
    """What a node runs."""

    HATWIST = "hatwist"
    HEARTBEAT = "heartbeat"


MIXED: Final = ((Daemon.HATWIST, Daemon.HEARTBEAT), (Daemon.HEARTBEAT, Daemon.HATWIST))
"""One of each; node01 is the primary: the home of the group that is just an address."""
PAIR: Final = ((Daemon.HATWIST, Daemon.HATWIST),)
REFERENCE: Final = ((Daemon.HEARTBEAT, Daemon.HEARTBEAT),)

Daemons = tuple[Daemon, Daemon]


@dataclass(frozen=True)
class Choice:
    """
    One cluster.

    @ivar daemons: what node01 and node02 run.
    """

    medium: Medium
    auth: Auth
    failback: Failback
    daemons: Daemons

    @property
    def name(self) -> str:
        """Its name for people and for the command line, as C{bcast,crc,on,hatwist+heartbeat}."""
        words = (self.medium.name.lower(), self.auth.name.lower(), self.failback.value)
        return ",".join((*words, "+".join(daemon.value for daemon in self.daemons)))

    @classmethod
    def parse(cls, name: str) -> Self:
        """
        Return the choice with a name.

        @raise ValueError: when there is none.
        """
        words = name.split(",")
        if len(words) != 4:
            raise ValueError(f"not medium,auth,failback,daemons: {name}")
        try:
            one, two = (Daemon(word) for word in words[3].split("+"))
            return cls(Medium[words[0].upper()], Auth[words[1].upper()], Failback(words[2]), (one, two))
        except KeyError as error:
            raise ValueError(f"not a medium or a signature: {error}") from None

    def configuration(self) -> Configuration:
        """Return the files of its nodes."""
        one, two = ADDRESSES.values()
        text = ha_cf(
            self.medium.value,
            auto_failback=self.failback.value,
            keepalive=KEEPALIVE,
            deadtime=f"{1000 * DEADTIME:.0f}ms",
            initdead=INITDEAD,
        )
        groups = f"node01 IPaddr2::{one}/24/eth0\nnode02 IPaddr2::{two}/24/eth0 flag\n"
        return Configuration(text, groups, f"auth 1\n{self.auth.value}\n", {"flag": _SCRIPT})


def every(daemons: tuple[Daemons, ...]) -> list[Choice]:
    """Return every combination for some pairs of daemons."""
    return [Choice(*values) for values in product(Medium, Auth, Failback, daemons)]


def peer(node: str) -> str:
    """Return the other node."""
    one, two = NODES
    return two if node == one else one


_SCRIPT: Final = f"""\
#!/bin/sh
case $1 in
    start) touch {FLAG} ;;
    stop) rm -f {FLAG} ;;
    status) if [ -e {FLAG} ]; then echo running; else echo stopped; exit 3; fi ;;
    *) exit 1 ;;
esac
"""
