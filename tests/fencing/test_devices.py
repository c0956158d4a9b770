# -*- test-case-name: tests.fencing.test_devices -*-
"""
Devices that are programs, run for real, and the device that is a person.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from hatwist.config.model import FencingDevice, Position
from hatwist.fencing.build import ENVIRONMENT
from hatwist.fencing.devices import MAX_PARAMETERS, Operator, ProgramDevice, find_program, read_parameters
from hatwist.fencing.dialects import Order
from hatwist.fencing.results import Answer, FenceOutcome
from hatwist.resources.process import run_program
from tests.fencing.fakes import spec
from tests.resources.fakes import LogBook, temporary, write_program

SECRET = "xyz-secret"

STONITH = """
echo "$*" >$0.args
tr '\\0' '\\n' </proc/$$/environ >$0.environ
cat /dev/stdin >$0.stdin
"""
"""A C{stonith} that writes down how it was called."""

AGENT = """
cat >$0.stdin
echo "Success: $(grep ^action $0.stdin)"
"""


class ProgramTests(TestCase):
    """L{ProgramDevice}."""

    timeout = 30

    def setUp(self) -> None:
        self.directory = temporary(self)

    def device(self, made: FencingDevice) -> ProgramDevice:
        """Make a device whose programs are in the directory of the test."""
        launch = partial(run_program, IReactorProcess(reactor), IReactorTime(reactor))

        def find(name: str) -> str:
            path = os.path.join(self.directory, name)
            return path if os.path.exists(path) else ""

        return ProgramDevice(made, launch, ENVIRONMENT, find)

    def kept(self, name: str) -> str:
        """Return what a program has written down."""
        return Path(self.directory, name).read_text(encoding="utf-8")

    def file(self, text: str) -> str:
        """Write a file of parameters."""
        path = Path(self.directory, "parameters")
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return str(path)

    async def test_stonith(self) -> None:
        """A parameter reaches the command by stdin, and neither by argument nor environment."""
        write_program(self.directory, "stonith", STONITH)
        file = self.file(f"# rack 1\n10.0.0.9 admin {SECRET}\n")
        made = FencingDevice("pdu", "baytech", Position("f", 1), file=file)
        answer = await self.device(made).run(Order.RESET, "node01", 20.0)
        self.assertEqual(answer, Answer(FenceOutcome.CONFIRMED))
        self.assertEqual(self.kept("stonith.args"), "-t baytech -F /dev/stdin -T reset node01\n")
        self.assertEqual(self.kept("stonith.stdin"), f"# rack 1\n10.0.0.9 admin {SECRET}\n")
        self.assertNotIn(SECRET, self.kept("stonith.environ"))

    async def test_parameters_in_ha_cf(self) -> None:
        """What stands in ha.cf goes the same way."""
        write_program(self.directory, "stonith", STONITH)
        made = FencingDevice("null", "null", Position("f", 1), parameters="node01 node02")
        await self.device(made).run(Order.STATUS, "", 20.0)
        self.assertEqual(self.kept("stonith.args"), "-t null -F /dev/stdin -S\n")
        self.assertEqual(self.kept("stonith.stdin"), "node01 node02\n")

    async def test_agent(self) -> None:
        """A fence agent is told everything by stdin."""
        write_program(self.directory, "fence_rack", AGENT)
        made = FencingDevice("rack", "fence_rack", Position("f", 1), file=self.file(f"password={SECRET}\n"))
        answer = await self.device(made).run(Order.OFF, "3", 20.0)
        self.assertEqual(answer, Answer(FenceOutcome.CONFIRMED, "Success: action=off"))
        self.assertEqual(
            self.kept("fence_rack.stdin"), f"password={SECRET}\naction=off\nnodename=3\nplug=3\n"
        )

    async def test_what_it_says_is_quoted_without_secrets(self) -> None:
        """A program that prints its parameters does not print them into our log."""
        write_program(self.directory, "stonith", "echo Sending $(cat /dev/stdin) to node01; exit 5")
        made = FencingDevice("pdu", "x", Position("f", 1), parameters=f"10.0.0.9 admin {SECRET}")
        answer = await self.device(made).run(Order.RESET, "node01", 20.0)
        said = "exit status 5: reset failed: Sending 10.0.0.9 *** *** to node01"
        self.assertEqual(answer, Answer(FenceOutcome.FAILED, said))

    async def test_it_hangs(self) -> None:
        """A program that hangs is ended; that confirms nothing."""
        write_program(self.directory, "stonith", "echo dialing; exec sleep 60")
        answer = await self.device(spec("pdu")).run(Order.RESET, "node01", 0.5)
        self.assertEqual(answer, Answer(FenceOutcome.TIMED_OUT, "its time was up: dialing"))

    async def test_it_does_not_read(self) -> None:
        """A program that leaves without reading what it is told is judged all the same."""
        write_program(self.directory, "stonith", "exit 0")
        made = FencingDevice("pdu", "x", Position("f", 1), parameters="x" * MAX_PARAMETERS)
        answer = await self.device(made).run(Order.RESET, "node01", 20.0)
        self.assertTrue(answer.confirmed)

    async def test_no_program_no_file(self) -> None:
        """What is not there is named."""
        answer = await self.device(spec("pdu")).run(Order.RESET, "n", 1.0)
        self.assertEqual(answer.words, "the program stonith is not installed")
        write_program(self.directory, "fence_x", "exit 0")
        made = FencingDevice("x", "fence_x", Position("f", 1), file="/no/such")
        answer = await self.device(made).run(Order.RESET, "n", 1.0)
        self.assertEqual(answer.words, "cannot read /no/such: No such file or directory")

    def test_odd_files(self) -> None:
        """A FIFO is not waited for, and a huge file is not read."""
        fifo = os.path.join(self.directory, "fifo")
        os.mkfifo(fifo)
        made = FencingDevice("x", "x", Position("f", 1), file=fifo)
        self.assertIn("not a regular file", str(self.assertRaises(OSError, read_parameters, made)))
        huge = FencingDevice("x", "x", Position("f", 1), file=self.file("x" * (MAX_PARAMETERS + 1)))
        self.assertIn("larger than", str(self.assertRaises(OSError, read_parameters, huge)))

    def test_where_programs_are(self) -> None:
        """A full path is taken as it is; a name is looked for where administrators' programs are."""
        path = write_program(self.directory, "fence_x", "exit 0")
        self.assertEqual(find_program(path), path)
        self.assertEqual(find_program("/no/such"), "")
        self.assertEqual(find_program("fence_that_nobody_has"), "")


class OperatorTests(SynchronousTestCase):
    """L{Operator}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = LogBook()
        self.device = Operator(spec("us", "meatware"), self.clock, self.log)

    def test_asked(self) -> None:
        """A person is asked in the log; silence confirms nothing."""
        done: Deferred[Answer] = self.device.run(Order.RESET, "beta", 300.0)
        self.assertEqual(self.log.lines(), ["CRIT: OPERATOR INTERVENTION REQUIRED to reset beta."])
        self.clock.advance(300.0)
        expected = Answer(FenceOutcome.TIMED_OUT, "nobody confirmed it")
        self.assertEqual(self.successResultOf(done), expected)

    def test_nothing_to_ask(self) -> None:
        """A person is always well, and nobody is called to switch on what nobody switched off."""
        for order in (Order.STATUS, Order.ON):
            self.assertTrue(self.successResultOf(self.device.run(order, "", 1.0)).confirmed)
        self.assertEqual(self.log.lines(), [])
