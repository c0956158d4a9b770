# -*- test-case-name: tests.clients.test_rights -*-
"""
Who may sign on under which name.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.rights import CASUAL, Rights, group_id, make_rights, user_id
from hatwist.config.model import ApiAuth, Position
from hatwist.unix import Credentials

USERS = {"root": 0, "hacluster": 102, "ada": 1000}
GROUPS = {"root": 0, "haclient": 105, "staff": 50}

ROOT = Credentials(10, 0, 0)
CLUSTER = Credentials(11, 102, 105)
STAFF = Credentials(12, 1001, 50)


def number(text: str, known: dict[str, int]) -> int | None:
    """Look a name up in a table, as the host's own would be."""
    return int(text) if text.isdecimal() else known.get(text)


def rights(*entries: ApiAuth) -> Rights:
    """Make those of a host with these users and groups."""
    return make_rights(entries, lambda name: number(name, USERS), lambda name: number(name, GROUPS))


def entry(client: str, uids: str = "", gids: str = "") -> ApiAuth:
    """Make a line of ha.cf."""
    return ApiAuth(client, tuple(uids.split()), tuple(gids.split()), Position("ha.cf", 1))


class RightsTests(SynchronousTestCase):
    """Entries built in and configured."""

    def test_built_in(self) -> None:
        """heartbeat's own clients are known without a line in ha.cf."""
        for name, peer in (
            ("ipfail", CLUSTER),
            ("ccm", CLUSTER),
            ("ping", CLUSTER),
            ("lha-snmpagent", ROOT),
            (CASUAL, ROOT),
            (CASUAL, CLUSTER),
        ):
            self.assertEqual(rights().refusal(name, peer), "", name)

    def test_others_are_refused(self) -> None:
        """Not even root may be ipfail; nobody may be what has no entry."""
        self.assertEqual(rights().refusal("ipfail", ROOT), "client failed authorization")
        self.assertEqual(rights().refusal(CASUAL, STAFF), "client failed authorization")
        self.assertEqual(rights().refusal("dopd", CLUSTER), "no default client auth")

    def test_user_or_group(self) -> None:
        """A user or the group is enough; numbers are as good as names."""
        made = rights(entry("dopd", "hacluster", "50"), entry("x", "1001"))
        for name, peer in (("dopd", CLUSTER), ("dopd", STAFF), ("x", STAFF)):
            self.assertEqual(made.refusal(name, peer), "")
        self.assertEqual(made.refusal("x", CLUSTER), "client failed authorization")

    def test_a_line_takes_the_place_of_what_is_built_in(self) -> None:
        """So an administrator can narrow it."""
        made = rights(entry("ipfail", "root"), entry(CASUAL, "", "staff"))
        self.assertEqual(made.refusal("ipfail", ROOT), "")
        self.assertEqual(made.refusal("ipfail", CLUSTER), "client failed authorization")
        self.assertEqual(made.refusal(CASUAL, STAFF), "")
        self.assertEqual(made.refusal(CASUAL, ROOT), "client failed authorization")

    def test_default(self) -> None:
        """It is for every name without an entry of its own."""
        made = rights(entry("default", "", "staff"))
        self.assertEqual(made.refusal("anything", STAFF), "")
        self.assertEqual(made.refusal("ipfail", STAFF), "client failed authorization")

    def test_nobody_of_that_name(self) -> None:
        """A user that this host does not have admits nobody, least of all root."""
        made = rights(entry("x", "nosuch", "nosuch"))
        self.assertEqual(made.refusal("x", ROOT), "client failed authorization")

    def test_the_host_knows(self) -> None:
        """Without a table it is this host's users and groups."""
        self.assertEqual((user_id("root"), user_id("7"), user_id("no such user")), (0, 7, None))
        self.assertEqual((group_id("root"), group_id("8"), group_id("no such group")), (0, 8, None))
