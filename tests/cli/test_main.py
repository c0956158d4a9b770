# -*- test-case-name: tests.cli.test_main -*-
"""
The program C{hatwistctl}, as an operator and a script see it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from attrs import evolve
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.internet.utils import getProcessOutputAndValue
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from hatwist import __version__
from hatwist.cli.main import main
from hatwist.cluster.names import Outcome, Verb
from hatwist.control.entries import Entry
from hatwist.control.listeners import ControlService
from hatwist.control.report import report
from hatwist.resources.operations import Operation
from tests.control.fakes import STATUS, FakeControl

TOP = Path(__file__).parents[2]
PROGRAM = ("-c", "from hatwist.cli.main import run; run()")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP), "TZ": "UTC"}


class UsageTests(SynchronousTestCase):
    """What needs no daemon."""

    def run_main(self, *arguments: str) -> tuple[int, str, str]:
        """Run it, and return status, output and complaints."""
        out, err = StringIO(), StringIO()
        return main(arguments, out, err), out.getvalue(), err.getvalue()

    def test_wrong_usage(self) -> None:
        """Wrong usage is status 2 and one line that says what is wrong."""
        for arguments, words in (
            ((), "which command? hatwistctl --help lists them"),
            (("explode",), "Unknown command: explode"),
            (("standby", "everything"), "which groups? one of all, local, foreign, failback, not 'every"),
            (("resources",), "which verb? one of listkeys, allkeys, "),
            (("resources", "status"), "status needs an argument"),
            (("resources", "allkeys", "node01"), "allkeys needs no argument"),
            (("standby", "all", "local"), "Wrong number of arguments."),
            (("stop", "--wait", "soon"), "Parameter type enforcement failed: "),
            (("stop", "--wait", "-1"), "Parameter type enforcement failed: seconds are 0 or more"),
            (("stop", "--wait", "inf"), "Parameter type enforcement failed: seconds are 0 or more"),
            (("status", "--nonsense"), "option --nonsense not recognized"),
        ):
            status, out, err = self.run_main(*arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertEqual(err[: len(words) + 12], f"hatwistctl: {words}")

    def test_check_and_decode_need_no_reactor(self) -> None:
        """What works on files starts fast, and never sees a reactor."""
        script = (
            "import sys; from hatwist.cli.main import main\n"
            "status = main(sys.argv[1:], sys.stdout, sys.stderr)\n"
            "print('reactor' if 'twisted.internet.reactor' in sys.modules else 'no reactor')\n"
            "sys.exit(status)\n"
        )
        for arguments, status in (
            (("check", "-c", "/nowhere"), 6),
            (("decode", "/nowhere"), 2),
            (("resources", "-c", "/nowhere", "allkeys"), 1),
        ):
            done = subprocess.run(
                [sys.executable, "-c", script, *arguments],
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual(done.stdout.splitlines()[-1], "no reactor")


class Follower(ProcessProtocol):
    """A C{hatwistctl} that goes on."""

    def __init__(self) -> None:
        self.written = b""
        self.line: Deferred[None] = Deferred()
        self.ended: Deferred[int | None] = Deferred()

    def outReceived(self, data: bytes) -> None:
        self.written += data
        if b"\n" in self.written and not self.line.called:
            self.line.callback(None)

    def processEnded(self, reason: Failure) -> None:
        assert isinstance(reason.value, ProcessDone | ProcessTerminated)
        self.ended.callback(reason.value.exitCode)


class ProgramTests(TestCase):
    """The program itself, with a daemon on a real socket."""

    def setUp(self) -> None:
        room = Path(tempfile.mkdtemp(prefix="hatwist"))
        self.addCleanup(shutil.rmtree, room)
        self.path = str(room / "control.sock")
        self.node = FakeControl()
        self.service = ControlService(self.path, self.node, reactor)
        self.service.start()
        self.addCleanup(self.service.stop)

    async def ctl(self, *arguments: str) -> tuple[int, str, str]:
        """Run it, and return status, output and complaints."""
        command = (*PROGRAM, "--socket", self.path, *arguments)
        out, err, status = await getProcessOutputAndValue(sys.executable, command, ENVIRONMENT)
        return status, out.decode(), err.decode()

    async def test_status(self) -> None:
        """status shows the report in words, status 0."""
        status, out, err = await self.ctl("status")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.splitlines()[0], "! Node node02 is dead, heard 1 h 2 min ago.")

    async def test_status_for_programs(self) -> None:
        """status --json prints the report and nothing else."""
        status, out, err = await self.ctl("status", "--json")
        self.assertEqual((status, json.loads(out), err), (0, report(STATUS), ""))

    async def test_orders(self) -> None:
        """Orders reach the node with the set that was named, or all."""
        await self.ctl("standby", "--no-wait")
        await self.ctl("takeover", "--no-wait", "foreign")
        await self.ctl("standby", "--no-wait", "failback")
        await self.ctl("takeover", "failback", "--no-wait")
        status, out, _ = await self.ctl("stop", "--no-wait")
        self.assertEqual((status, out), (0, "stop: the node was told.\n"))
        status, out, _ = await self.ctl("cleanup", "httpd")
        self.assertEqual((status, out), (0, "cleanup: failures of group httpd count no more.\n"))
        status, out, _ = await self.ctl("cleanup")
        self.assertEqual((status, out), (0, "cleanup: failures of all groups count no more.\n"))
        orders = [(verb, which) for verb, which, _ in self.node.asked]
        expected = [
            ("standby", "all"),
            ("takeover", "foreign"),
            ("standby", "foreign"),
            ("takeover", "local"),
            ("leave", ""),
            ("cleanup", "httpd"),
            ("cleanup", ""),
        ]
        self.assertEqual(orders, expected)

    async def test_done_at_once(self) -> None:
        """A takeover of what is here already is done, and shows who has what."""
        status, out, _ = await self.ctl("takeover")
        self.assertEqual(status, 0)
        self.assertIn("takeover [all]: done in 0.0 s.", out)
        self.assertIn("on this node, its home: running", out)

    async def test_refusal(self) -> None:
        """What the node refuses is status 1 and its words."""
        self.node.trouble = "this node is leaving"
        for order in ("standby", "takeover", "cleanup", "stop"):
            self.assertEqual(await self.ctl(order), (1, "", "hatwistctl: this node is leaving\n"))

    async def test_daemon_not_running(self) -> None:
        """Without a daemon every command is status 3 and says where it looked."""
        await self.service.stop()
        for command in ("status", "standby", "takeover", "stop", "events"):
            self.assertEqual(
                await self.ctl(command),
                (3, "", f"hatwistctl: hatwist is not running here: nobody listens on {self.path}\n"),
            )

    async def test_past_events(self) -> None:
        """events prints what the daemon remembers, one line each, and ends."""
        self.node.happened("decision", "takeover x on node01: node02 is dead", 1767225600.0)
        self.node.happened("log", "info: two\nlines", 1767225601.5)
        self.assertEqual(
            await self.ctl("events"),
            (
                0,
                "2026-01-01 00:00:00.000 decision takeover x on node01: node02 is dead\n"
                "2026-01-01 00:00:01.500 log      info: two | lines\n",
                "",
            ),
        )

    async def test_journal(self) -> None:
        """journal prints what was decided, about whom one asks."""
        self.node.decided = [
            Entry(7, n, 1767225600.0, "start", group, "node01", ("so",)) for n, group in enumerate(("a", "b"))
        ]
        line = "  2026-01-01 00:00:00.000 start b on node01: so\n"
        self.assertEqual(await self.ctl("journal", "b"), (0, f"generation 7:\n{line}", ""))
        self.assertEqual(await self.ctl("journal", "-n1"), (0, f"generation 7:\n{line}", ""))
        status, out, _ = await self.ctl("journal", "--json")
        self.assertEqual((status, len(json.loads(out)["entries"])), (0, 2))

    async def test_operations(self) -> None:
        """ops prints what was done to a group, or to all of them."""
        key = STATUS.groups[0].key
        failed = Operation(1767225600.0, "start", "httpd", Verb.START, Outcome.FAILED, 2.0, "", 5)
        self.node.done = {key: [evolve(failed, output="no java\n")]}
        line = "2026-01-01 00:00:00.000 start httpd: failed, exit status 5, 2.0 s"
        words = f"{key}:\n  {line}\n      no java\n"
        self.assertEqual(await self.ctl("ops", key), (0, words, ""))
        self.assertEqual(await self.ctl("ops"), (0, words, ""))
        self.assertEqual(await self.ctl("ops", "mail"), (1, "", "hatwistctl: no such group\n"))
        _, out, _ = await self.ctl("ops", "--json")
        (group,) = json.loads(out)["groups"]
        self.assertEqual((group["key"], group["operations"][0]["output"]), (key, "no java\n"))

    async def test_following_events(self) -> None:
        """events -f prints what comes, not what was, until Ctrl-C, which is its ordinary end."""
        self.node.happened("log", "before", 1767225600.0)
        follower = self.follow()
        await self.subscribed()
        self.node.happened("log", "after", 1767225601.0)
        await follower.line
        assert follower.transport is not None
        follower.transport.signalProcess("INT")
        self.assertEqual(await follower.ended, 0)
        self.assertEqual(follower.written, b"2026-01-01 00:00:01.000 log      after\n")

    async def test_following_until_the_daemon_ends(self) -> None:
        """When the daemon ends, so does events -f."""
        follower = self.follow()
        await self.subscribed()
        await self.service.stop()
        self.assertEqual(await follower.ended, 1)

    async def test_interrupted_order(self) -> None:
        """An order that is interrupted has no known outcome: status 130."""
        follower = self.follow("standby")
        await self.subscribed()
        assert follower.transport is not None
        follower.transport.signalProcess(signal.SIGINT)
        self.assertEqual(await follower.ended, 130)

    async def test_reader_goes_away(self) -> None:
        """When nobody reads the output any more the program ends quietly."""
        self.node.happened("log", "x" * 4000, 1767225600.0)
        for _ in range(100):
            self.node.happened("log", "x" * 4000, 1767225600.0)
        program = f"{sys.executable} -c 'from hatwist.cli.main import run; run()'"
        shell = f"{program} --socket {self.path} events | head -c 10"
        out, err, _ = await getProcessOutputAndValue("/bin/sh", ("-c", shell), ENVIRONMENT)
        self.assertEqual((out, err), (b"2026-01-01", b""))

    async def test_reader_of_an_order_goes_away(self) -> None:
        """So does an order, while the daemon tells what happens; the order itself goes on."""
        self.node.shown = evolve(STATUS, stable=False)
        program = f"{sys.executable} -c 'from hatwist.cli.main import run; run()'"
        shell = f"{program} --socket {self.path} takeover foreign | head -n 1"
        asked = getProcessOutputAndValue("/bin/sh", ("-c", shell), ENVIRONMENT)
        await self.subscribed()
        for _ in range(3):
            self.node.happened("decision", "takeover foreign on node01: root asked", 1767225600.0)
            await deferLater(IReactorTime(reactor), 0.1)
        out, err, _ = await asked
        self.assertEqual(
            (out, err),
            (b"2026-01-01 00:00:00.000 decision takeover foreign on node01: root asked\n", b""),
        )
        self.assertEqual(self.node.asked[0][:2], ("takeover", "foreign"))

    def follow(self, *arguments: str) -> Follower:
        """Start a program that goes on."""
        follower = Follower()
        command = [sys.executable, *PROGRAM, "--socket", self.path, *(arguments or ("events", "-f"))]
        IReactorProcess(reactor).spawnProcess(follower, sys.executable, command, ENVIRONMENT)
        return follower

    async def subscribed(self) -> None:
        """Wait until a client follows the events."""
        while not self.service.happenings._subscribers:
            await deferLater(IReactorTime(reactor), 0.01)


class VersionTests(SynchronousTestCase):
    """The version, of the program and of each command."""

    def test_version(self) -> None:
        """--version prints the version and ends, status 0."""
        for arguments in (
            ("--version",),
            *((command, "--version") for command in ("status", "check", "decode")),
        ):
            done = subprocess.run(
                [sys.executable, *PROGRAM, *arguments],
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            self.assertEqual((done.returncode, done.stdout), (0, f"hatwistctl {__version__}\n"))

    def test_help(self) -> None:
        """-h is --help, of the program and of each command."""
        commands = ("status", "standby", "takeover", "stop", "events", "check", "decode")
        for command in ((), *((command,) for command in commands)):
            for option in ("-h", "--help"):
                out = StringIO()
                with redirect_stdout(out):
                    end = self.assertRaises(SystemExit, main, [*command, option], out, out)
                self.assertEqual(end.code, 0)
                self.assertIn("Usage: hatwistctl", out.getvalue())
                self.assertIn("-h, --help", out.getvalue())
