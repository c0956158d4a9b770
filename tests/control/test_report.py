# -*- test-case-name: tests.control.test_report -*-
"""
A status as plain values.
"""

from __future__ import annotations

import json
from typing import Final

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Holding
from hatwist.control.report import report
from tests.control.fakes import STATUS

UNKNOWN = {"loss": None, "jitter": None, "delay": None, "trouble": ""}

WHOLE: Final = {
    "version": 1,
    "node": "node01",
    "uuid": "00112233-4455-6677-8899-aabbccddeeff",
    "generation": 12,
    "status": "active",
    "mode": "compatibility: node02 speaks as heartbeat does",
    "auto_failback": "on",
    "holding": "local",
    "peer_holding": "local",
    "stable": True,
    "leaving": False,
    "nodes": [
        {
            "name": "node01",
            "status": "active",
            "generation": 12,
            "heard": 0.2,
            "deadtime": 30.0,
            "links": [{"link": "eth1", "status": "up", "heard": 0.2, **UNKNOWN}],
            "unheard": 0,
            "left": False,
        },
        {
            "name": "node02",
            "status": "dead",
            "generation": 7,
            "heard": 3723.457,
            "deadtime": 30.0,
            "links": [
                {"link": "eth1", "status": "dead", "heard": 3723.457, **UNKNOWN},
                {"link": "/dev/ttyS0", "status": "dead", "heard": None, **UNKNOWN},
            ],
            "unheard": 0,
            "left": False,
        },
    ],
    "groups": [
        {
            "key": "IPaddr::172.16.0.210/24/eth0",
            "home": "node01",
            "resources": ["IPaddr::172.16.0.210/24/eth0", "httpd"],
            "owner": "node01",
            "state": "running",
            "since": 125.0,
            "why": "takeover: node02 is dead",
            "failures": 0,
        }
    ],
    "counters": {"malformed": 3},
    "newest": {"malformed": 4.0},
    "voided": [],
    "deadline": None,
    "troubles": [],
}


class ReportTests(SynchronousTestCase):
    """What scripts read."""

    def test_whole_report(self) -> None:
        """The report has everything of the status, in version 1's words."""
        self.assertEqual(report(STATUS), WHOLE)

    def test_it_is_json(self) -> None:
        """The report survives JSON unchanged."""
        self.assertEqual(json.loads(json.dumps(report(STATUS))), report(STATUS))

    def test_words_of_peers_can_always_be_encoded(self) -> None:
        """Bytes that are no text, in what a peer sent, are shown as question marks."""
        group = evolve(STATUS.groups[0], why="node \udcff said so")
        made = report(evolve(STATUS, groups=(group,), holding=Holding.NONE))
        self.assertEqual(made["groups"][0]["why"], "node ? said so")
        self.assertEqual(made["holding"], "none")

    def test_unowned_group(self) -> None:
        """A group nobody owns, and that never changed, has neither owner nor age."""
        group = evolve(STATUS.groups[0], owner=None, since=None)
        made = report(evolve(STATUS, groups=(group,)))["groups"][0]
        self.assertEqual((made["owner"], made["since"]), (None, None))
