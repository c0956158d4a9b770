# -*- test-case-name: tests.lab.test_soak_views -*-
"""
Whether what the nodes say agrees with what is.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.plan import VIRTUAL
from scripts.lab.soak.choices import ADDRESSES
from scripts.lab.soak.views import (
    HOME,
    Facts,
    View,
    claim,
    client_view,
    disagreements,
    everything_on,
    hatwist_view,
)

BOTH = frozenset({"node01", "node02"})
AT_HOME = Facts({"node01": ("node01",), "node02": ("node02",)}, ("node02",))
ONE = View("node01", "local", "local", True, BOTH, {"node01": "node01", "node02": "node02"})
TWO = View("node02", "local", None, True, BOTH)


class ClaimTests(SynchronousTestCase):
    """The words for what a node holds."""

    def test_words(self) -> None:
        """Local is what is at home there."""
        away = {"node01": "node02", "node02": "node01"}
        self.assertEqual([claim("node01", placement) for placement in (HOME, away)], ["local", "foreign"])
        self.assertEqual(claim("node01", everything_on("node01")), "all")
        self.assertEqual(claim("node02", everything_on("node01")), "none")


class ViewTests(SynchronousTestCase):
    """What is made of the daemons' answers."""

    def test_hatwist(self) -> None:
        """Of a snapshot: the claims, the owners by the home of the group, the active nodes."""
        status = {
            "node": "node01",
            "holding": "local",
            "peer_holding": "none",
            "stable": False,
            "nodes": [{"name": "node01", "status": "active"}, {"name": "node02", "status": "dead"}],
            "groups": [
                {"key": f"IPaddr2::{VIRTUAL}/24/eth0", "owner": "node01"},
                {"key": f"IPaddr2::{ADDRESSES['node02']}/24/eth0", "owner": None},
            ],
        }
        view = View(
            "node01", "local", "none", False, frozenset({"node01"}), {"node01": "node01", "node02": None}
        )
        self.assertEqual(hatwist_view(status, nice=True), view)
        self.assertEqual(hatwist_view(status, nice=False), replace(view, holds=None, peer_holds=None))

    def test_client(self) -> None:
        """Of cl_status; C{transition}, or no answer, is not stable."""
        statuses = {"node01": "active", "node02": "up"}
        view = client_view("node01", "all", statuses, nice=True)
        self.assertEqual(view, View("node01", "all", None, True, frozenset({"node01"})))
        self.assertFalse(client_view("node01", "transition", statuses, nice=True).stable)
        self.assertFalse(client_view("node01", "", statuses, nice=True).stable)
        self.assertIsNone(client_view("node01", "none", statuses, nice=False).holds)


class DisagreementTests(SynchronousTestCase):
    """Each thing that does not fit is named."""

    def only(self, facts: Facts, *views: View, running: frozenset[str] = BOTH) -> str:
        """Return the one disagreement that there is, with everything at home."""
        (found,) = disagreements(HOME, facts, views, running)
        return found

    def test_settled(self) -> None:
        """Nothing to name."""
        self.assertEqual(disagreements(HOME, AT_HOME, [ONE, TWO], BOTH), [])

    def test_addresses(self) -> None:
        """No owner, two owners, another owner."""
        for owners, words in (((), "no node"), (("node01", "node02"), "node01 and node02")):
            facts = replace(AT_HOME, addresses={**AT_HOME.addresses, "node01": owners})
            self.assertEqual(self.only(facts, ONE, TWO), f"{VIRTUAL} is on {words}, not on node01 alone")
            self.assertIsNone(facts.placement())
        self.assertEqual(len(disagreements(everything_on("node01"), AT_HOME, [], BOTH)), 2)

    def test_script(self) -> None:
        """It runs where its group is, and nowhere else."""
        facts = replace(AT_HOME, script=("node01", "node02"))
        self.assertEqual(self.only(facts), "the script runs on node01 and node02, not on node02 alone")

    def test_claims(self) -> None:
        """A node claims something else, of itself or of its peer."""
        self.assertEqual(
            self.only(AT_HOME, ONE, replace(TWO, holds="all")),
            "node02 says that node02 holds all, not local",
        )
        self.assertEqual(
            self.only(AT_HOME, replace(ONE, peer_holds="none"), TWO),
            "node01 says that node02 holds none, not local",
        )

    def test_owners(self) -> None:
        """A node names another owner."""
        wrong = replace(ONE, owners={"node01": "node01", "node02": None})
        self.assertEqual(
            self.only(AT_HOME, wrong, TWO), "node01 says that None owns the group of node02, not node02"
        )

    def test_unrest(self) -> None:
        """Something moves."""
        self.assertEqual(
            self.only(AT_HOME, ONE, replace(TWO, stable=False)), "node02 says that something moves"
        )

    def test_membership(self) -> None:
        """A node sees its peer as anything but active, or one as active that is not there."""
        alone = replace(TWO, active=frozenset({"node02"}))
        self.assertEqual(self.only(AT_HOME, ONE, alone), "node02 sees node02 as active")
        self.assertEqual(
            self.only(AT_HOME, ONE, running=frozenset({"node01"})), "node01 sees node01, node02 as active"
        )
