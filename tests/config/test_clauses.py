# -*- test-case-name: tests.config.test_clauses -*-
"""
Directives with a reader of their own.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config import clauses
from hatwist.config.draft import Draft, Refused
from hatwist.config.findings import Findings
from hatwist.config.lexer import Line
from hatwist.config.model import ApiAuth, Position, Respawn, Stonith, node_name


class ClauseTests(SynchronousTestCase):
    """Each adds to the draft, or says what is wrong."""

    def setUp(self) -> None:
        self.draft = Draft("f", node_name("alpha"), Findings())

    def read(self, text: str) -> None:
        """Read one line."""
        line = Line("f", 1, text)
        name = line.words()[0]
        readers = {
            "node": clauses.read_nodes,
            "env": clauses.read_env,
            "nice_failback": clauses.read_nice_failback,
            "respawn": clauses.read_respawn,
            "failfast": clauses.read_respawn,
            "apiauth": clauses.read_apiauth,
            "stonith": clauses.read_stonith,
            "stonith_host": clauses.read_stonith_host,
        }
        readers[name.text](self.draft, name, line.after(name))

    def refused(self, text: str) -> str:
        """Return place and text of what is said of a bad line."""
        refused = self.assertRaises(Refused, self.read, text)
        return f"{refused.where.column}: {refused.text}"

    def found(self) -> list[str]:
        """Return the codes found so far."""
        return [one.code for one in self.draft.findings.problems]

    def test_nodes(self) -> None:
        """Names are folded, kept once, and bounded."""
        self.read("node Alpha beta ALPHA al,pha| " + "n" * 101)
        self.assertEqual(list(self.draft.nodes), ["alpha", "beta", "al", "pha|"])
        self.assertEqual(self.found(), ["duplicate-node", "odd-node-name", "bad-node"])

    def test_too_many_nodes(self) -> None:
        """More than a hundred nodes are an error, said once."""
        self.read("node " + " ".join(f"n{number}" for number in range(105)))
        self.assertEqual(self.found(), ["too-many-nodes"])

    def test_env(self) -> None:
        """NAME=VALUE; an empty value is one, an empty name is none."""
        self.read("env A=1 B= C")
        self.assertEqual(self.draft.environment, {"A": "1", "B": ""})
        self.assertEqual(self.found(), ["no-value"])
        self.assertEqual(self.refused("env =x"), "5: set_env: invalid nvpair(=x)")

    def test_nice_failback(self) -> None:
        """It is a boolean, obsolete, and sets auto_failback."""
        self.read("nice_failback off")
        self.assertEqual(self.draft.texts["auto_failback"].text, "legacy")
        self.assertEqual(self.found(), ["obsolete"])
        self.assertEqual(self.refused("nice_failback x"), "15: nice_failback: invalid value [x]")

    def test_respawn(self) -> None:
        """A user and a full path; the rest of the line belongs to the command."""
        self.read("failfast hacluster /bin/x -m  1")
        where = Position("f", 1, 10)
        self.assertEqual(self.draft.respawn, [Respawn("hacluster", "/bin/x -m  1", where, True)])
        self.assertEqual(self.refused("respawn root"), "9: respawn without user and command")
        self.assertEqual(self.refused("respawn root x"), "14: Client child command [x] is not full pathname")

    def test_apiauth(self) -> None:
        """A client once, with users, groups or both."""
        self.read("apiauth ipfail gid=g uid=a,b,")
        where = Position("f", 1, 1)
        self.assertEqual(self.draft.apiauth, [ApiAuth("ipfail", ("a", "b"), ("g",), where)])
        for text, expected in (
            (
                "apiauth ipfail uid=c",
                "9: Duplicate apiauth directive for API client ipfail: [ipfail uid=c]",
            ),
            ("apiauth x", "9: Missing uid or gid in [x]"),
            ("apiauth x uid=", "9: Missing uid or gid in [x uid=]"),
            ("apiauth x root", "11: Invalid apiauth directive [x root]"),
            ("apiauth x pid=1", "11: Invalid apiauth directive [x pid=1]"),
            ("apiauth x gid=a gid=b", "17: Duplicate gid list in [x gid=a gid=b]"),
            ("apiauth " + "x" * 32 + " uid=a", f"9: client name [{'x' * 32}] too long"),
        ):
            self.assertEqual(self.refused(text), expected)

    def test_stonith(self) -> None:
        """A type and a full path."""
        self.read("stonith baytech /etc/x")
        where = Position("f", 1, 17)
        self.assertEqual(self.draft.stonith, Stonith("baytech", where, file="/etc/x"))
        self.assertEqual(self.refused("stonith baytech"), "9: Invalid Stonith config file []")
        self.assertEqual(self.refused("stonith baytech x"), "17: Invalid Stonith config file [x]")

    def test_stonith_host(self) -> None:
        """The line of another host is not looked at any further."""
        self.read("stonith_host beta")
        self.assertIsNone(self.draft.stonith)
        self.read("stonith_host ALPHA null")
        where = Position("f", 1, 20)
        self.assertEqual(self.draft.stonith, Stonith("null", where, host="ALPHA"))
        self.assertEqual(self.refused("stonith_host *"), "14: No Stonith type given")
