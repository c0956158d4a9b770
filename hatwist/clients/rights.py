# -*- test-case-name: tests.clients.test_rights -*-
"""
Who may sign on under which name: the directive C{apiauth} and what heartbeat
has built in (protocol 12.2).

Names of users and groups are looked up when the daemon starts, never later.
"""

from __future__ import annotations

import grp
import pwd
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hatwist.config.model import ApiAuth
    from hatwist.unix import Credentials

    Lookup = Callable[[str], int | None]

USER: Final = "hacluster"
GROUP: Final = "haclient"

CASUAL: Final = "anon"
"""The entry for clients without a name."""

DEFAULT: Final = "default"
"""The entry for names without one of their own."""

BUILT_IN: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = MappingProxyType(
    {
        "ipfail": ((USER,), ()),
        "ccm": ((USER,), ()),
        "ping": ((), (GROUP,)),
        "lha-snmpagent": (("root",), ()),
        CASUAL: (("root",), (GROUP,)),
    }
)
"""Users and groups by the name of the client, unless ha.cf has that name."""


@frozen
class Right:
    """An entry: any of these users, or anybody whose own group is one of these."""

    uids: frozenset[int]
    gids: frozenset[int]


@frozen
class Rights:
    """Every entry by name."""

    entries: Mapping[str, Right]

    def refusal(self, name: str, peer: Credentials) -> str:
        """
        Decide whether somebody may sign on under a name; L{CASUAL} for none.

        @return: why not, in heartbeat's words; empty if they may.
        """
        right = self.entries.get(name) or self.entries.get(DEFAULT)
        if right is None:
            return "no default client auth"
        if peer.uid in right.uids or peer.gid in right.gids:
            return ""
        return "client failed authorization"


def user_id(name: str) -> int | None:
    """Return the number of a user; None if there is none of this name."""
    if name.isdecimal():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def group_id(name: str) -> int | None:
    """Return the number of a group; None if there is none of this name."""
    if name.isdecimal():
        return int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def make_rights(configured: Iterable[ApiAuth], user: Lookup = user_id, group: Lookup = group_id) -> Rights:
    """Make the entries; who is not there on this host is admitted nowhere."""
    wanted = dict(BUILT_IN) | {one.client: (one.uids, one.gids) for one in configured}
    return Rights({name: Right(_ids(uids, user), _ids(gids, group)) for name, (uids, gids) in wanted.items()})


def _ids(names: Iterable[str], lookup: Lookup) -> frozenset[int]:
    return frozenset(found for name in names if (found := lookup(name)) is not None)
