# -*- test-case-name: tests.cli.test_manager -*-
"""
What ResourceManager does by hand (inventory C.3).
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.manager import LISTING, Manager, listed, read_groups, script_variables
from hatwist.cluster.names import Verb
from hatwist.resources.groups import GroupRunner
from hatwist.resources.memory import MemoryAgent

if TYPE_CHECKING:
    from hatwist.control.report import Report

HARESOURCES = "node01 10.0.0.5/24 httpd # web\nnode02 mail\nnode01 disk\n"


class ManagerTests(SynchronousTestCase):
    """Groups at home on two nodes, seen from node01."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.write(HARESOURCES)
        self.agent = MemoryAgent()
        self.out, self.err = StringIO(), StringIO()
        self.report: Report | None = None

    def write(self, text: str) -> None:
        """Write haresources."""
        (self.directory / "haresources").write_text(text)

    def do(self, verb: str, argument: str = "") -> int:
        """Carry a verb out, and return the exit status."""
        groups = read_groups(str(self.directory), self.err)
        assert groups is not None
        if verb in LISTING:
            for line in listed(groups, "node01", verb, argument):
                print(line, file=self.out)
            return 0
        runner = GroupRunner(self.agent.agent_for, lambda *line: None, Clock(), stop_retries=1)
        manager = Manager(groups, runner.run, self.ask, self.out, self.err)
        return self.successResultOf(Deferred.fromCoroutine(manager.do(verb, argument)))

    async def ask(self) -> Report | None:
        """Answer for the daemon."""
        return self.report

    def daemon_says(self, owner: str | None, status: str = "active") -> None:
        """Let there be a daemon that says who has mail, and how node02 is."""
        nodes = [{"name": "node01", "status": "active"}, {"name": "node02", "status": status}]
        groups = [{"key": "mail", "owner": owner}, {"key": "disk", "owner": "node02"}]
        self.report = cast("Report", {"node": "node01", "nodes": nodes, "groups": groups})

    def printed(self, verb: str, argument: str = "") -> list[str]:
        """Carry a verb out that works, and return what it prints."""
        self.out = StringIO()
        self.assertEqual(self.do(verb, argument), 0)
        return self.out.getvalue().splitlines()

    def test_keys(self) -> None:
        """Keys are listed by the home's name, in the order of the file; the name is an expression."""
        self.assertEqual(self.printed("listkeys", "node01"), ["10.0.0.5/24", "disk"])
        self.assertEqual(self.printed("listkeys", "NODE02"), ["mail"])
        self.assertEqual(self.printed("listkeys", ".*"), ["10.0.0.5/24", "mail", "disk"])
        self.assertEqual(self.printed("listkeys", "node"), [])
        self.assertEqual(self.printed("listkeys", "("), [])
        self.assertEqual(self.printed("allkeys"), ["10.0.0.5/24", "mail", "disk"])

    def test_whole_groups(self) -> None:
        """Our groups and those of others are listed with all their resources."""
        self.assertEqual(self.printed("ourkeys"), ["10.0.0.5/24 httpd", "disk"])
        self.assertEqual(self.printed("otherkeys"), ["mail"])

    def test_status(self) -> None:
        """A resource that runs is 0, any other 3; it need not be in haresources."""
        self.agent.running.add("IPaddr2::10.0.0.9")
        self.assertEqual(self.do("status", "IPaddr2::10.0.0.9"), 0)
        self.assertEqual(self.do("status", "mail"), 3)
        self.assertEqual(self.out.getvalue(), "")

    def test_take_and_give(self) -> None:
        """A group is started and stopped as a whole."""
        self.assertEqual(self.do("takegroup", "10.0.0.5/24"), 0)
        self.assertEqual(self.agent.running, {"10.0.0.5/24", "httpd"})
        self.assertEqual(self.printed("statgroup", "10.0.0.5/24"), ["ALL"])
        self.agent.running.discard("httpd")
        self.assertEqual(self.printed("statgroup", "10.0.0.5/24"), ["SOME"])
        self.assertEqual(self.do("givegroup", "10.0.0.5/24"), 0)
        self.assertEqual(self.printed("statgroup", "10.0.0.5/24"), ["NONE"])

    def test_failures(self) -> None:
        """What does not work is 1, with the reason."""
        self.agent.fail("disk", Verb.START)
        self.assertEqual(self.do("takegroup", "disk"), 1)
        self.assertIn("disk: start of disk fails on order", self.err.getvalue())

    def test_no_such_group(self) -> None:
        """A group is named by its first resource, and nothing else."""
        for verb in ("takegroup", "givegroup", "statgroup"):
            self.assertEqual(self.do(verb, "httpd"), 1)
        self.assertIn("haresources has no group 'httpd'", self.err.getvalue())

    def test_what_another_has(self) -> None:
        """What a living node owns is not started beside it; stopping is always allowed."""
        self.daemon_says("node02")
        self.assertEqual(self.do("takegroup", "mail"), 1)
        self.assertEqual(
            self.err.getvalue(), "hatwistctl: mail belongs to node02 now: use hatwistctl takeover\n"
        )
        self.assertEqual(self.do("givegroup", "mail"), 0)
        self.assertEqual(self.agent.running, set())

    def test_what_nobody_else_has(self) -> None:
        """What is ours, nobody's or a dead node's is started."""
        for owner, status in (("node01", "active"), (None, "active"), ("node02", "dead")):
            self.agent.running.clear()
            self.daemon_says(owner, status)
            self.assertEqual(self.do("takegroup", "mail"), 0)
            self.assertEqual(self.agent.running, {"mail"})

    def test_idle(self) -> None:
        """Before a start nothing should run; the status is the number of groups that do."""
        self.assertEqual(self.do("verifyallidle"), 0)
        self.agent.running.update({"mail", "disk", "httpd"})
        self.assertEqual(self.do("verifyallidle"), 2)
        said = self.err.getvalue().splitlines()
        self.assertEqual(said[0], "CRITICAL: Resource mail is active, and should not be!")
        self.assertEqual(len(said), 3)

    def test_a_broken_file(self) -> None:
        """What is wrong with haresources is said, its warnings are not."""
        self.write("node01\n")
        self.assertEqual(read_groups(str(self.directory), self.err), ())
        self.assertEqual(self.err.getvalue(), "")
        self.write("node01 disk\nnode02 disk\n")
        self.assertIsNone(read_groups(str(self.directory), self.err))
        self.assertIn("haresources:2", self.err.getvalue())
        self.assertIsNone(read_groups("/nowhere", self.err))
        self.assertIn("cannot open /nowhere/haresources", self.err.getvalue())

    def test_the_environment(self) -> None:
        """Programs get what the daemon gave us, and nothing else of ours."""
        given = {"HA_CURHOST": "node01", "OCF_ROOT": "/ocf", "HOME": "/root", "SECRET": "x"}
        self.assertEqual(script_variables(given), {"HA_CURHOST": "node01", "OCF_ROOT": "/ocf"})
