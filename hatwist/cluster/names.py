# -*- test-case-name: tests.cluster.test_names -*-
"""
The words of the core, with the wire's spelling as value.
"""

from __future__ import annotations

from enum import Enum, Flag
from typing import Final, NewType

from hatwist.errors import MalformedError

Ticket = NewType("Ticket", int)
"""The number of an order that takes time; unique in one life of a node."""


class NodeStatus(Enum):
    """What a node says of itself, and C{DEAD} and C{PING}, which others say of it."""

    INIT = "init"
    UP = "up"
    ACTIVE = "active"
    DEAD = "dead"
    PING = "ping"


class LinkStatus(Enum):
    """A link is up or dead."""

    UP = "up"
    DEAD = "dead"


class Holding(Flag):
    """
    Which groups: those at home here (local), those at home at the peer
    (foreign), both, or none.
    """

    NONE = 0
    LOCAL = 1
    FOREIGN = 2
    ALL = 3

    @property
    def word(self) -> str:
        """The wire's spelling."""
        return _WORDS[self]

    @property
    def swapped(self) -> Holding:
        """The same groups as the other node calls them."""
        return _SWAPPED[self]

    @classmethod
    def of(cls, word: str) -> Holding:
        """
        Read the wire's spelling.

        @raise MalformedError: for any other word.
        """
        for holding, spelling in _WORDS.items():
            if spelling == word:
                return holding
        raise MalformedError(f"not a set of resources: {word!r:.40}")


_WORDS: Final = {
    Holding.NONE: "none",
    Holding.LOCAL: "local",
    Holding.FOREIGN: "foreign",
    Holding.ALL: "all",
}
_SWAPPED: Final = {
    Holding.NONE: Holding.NONE,
    Holding.LOCAL: Holding.FOREIGN,
    Holding.FOREIGN: Holding.LOCAL,
    Holding.ALL: Holding.ALL,
}


class Verb(Enum):
    """What can be asked of a group or a resource."""

    START = "start"
    STOP = "stop"
    STATUS = "status"
    SEARCH = "search"
    "Ask every resource of a group; whatever runs of it counts."
    RECOVER = "recover"
    "Stop and start again the first resource that does not run, and all to its right."
    ANNOUNCE = "announce"
    "Tell the neighbours once more where its addresses are."

    @property
    def asks(self) -> bool:
        """Whether it only looks: C{RUNNING} and C{STOPPED} answer it."""
        return self in (Verb.STATUS, Verb.SEARCH)


class Outcome(Enum):
    """
    How an order ended.

    C{OK}: done.  C{FAILED}: a start failed and the group was released again,
    or a stop failed.  C{RUNNING} and C{STOPPED} answer C{STATUS} and C{SEARCH}.
    """

    OK = "ok"
    FAILED = "failed"
    RUNNING = "running"
    STOPPED = "stopped"


class GroupState(Enum):
    """What this node knows of a group on itself."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"
    "A start failed; everything of the group was stopped again."
    BLOCKED = "blocked"
    "A stop failed: parts of it may still run here."


class Delivery(Enum):
    """
    What kind of news a message is for the programs of this host; the value is
    the bit of the API's filter (protocol 12.3).
    """

    NEWS = 1
    "What every client hears."
    UNCHANGED = 2
    "One more status that says what the last one said."
    PROTOCOL = 0x20
    "Between daemons only: acknowledgements, requests to send again, lists of nodes."


class Level(Enum):
    """Severities, as the log spells them."""

    EMERG = "EMERG"
    ALERT = "ALERT"
    CRIT = "CRIT"
    ERROR = "ERROR"
    WARN = "WARN"
    NOTICE = "notice"
    INFO = "info"
    DEBUG = "debug"
    PLAIN = ""
    "A line of a script that has no severity."
