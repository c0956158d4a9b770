# -*- test-case-name: tests.resources.test_rcd -*-
"""
Which scripts of rc.d are run, when, and with what in their environment.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import Deliver
from hatwist.cluster.names import Delivery
from hatwist.interfaces import IPrograms
from hatwist.resources.process import Ran
from hatwist.resources.rcd import FAREWELL, MAX_TEXT, MAX_WAITING, TIMEOUT, RcScripts, read_hooks
from hatwist.wire.message import Field, FieldType, Message
from tests.resources.fakes import LogBook, write_program

DONE = Ran(0, None, "")
STATUS = Message.of(t="status", src="node02", st="active")
OWN_STATUS = Deliver(Message.of(t="status", src="node01", st="active"), Delivery.UNCHANGED, own=True)
HARC = 'exec "$HA_DIR/rc.d/$1" "$@"'


class Launcher:
    """Lets programs run until the test ends them."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[str, ...], dict[str, str], float]] = []
        self.running: list[Deferred[Ran]] = []
        self.cancelled = 0
        self.obedient = False

    def __call__(self, words: Sequence[str], environment: Mapping[str, str], timeout: float) -> Deferred[Ran]:
        self.calls.append((tuple(words), dict(environment), timeout))
        run: Deferred[Ran] = Deferred(self._cancel)
        self.running.append(run)
        return run

    def _cancel(self, run: Deferred[Ran]) -> None:
        self.cancelled += 1
        if self.obedient:
            run.callback(Ran(None, 15, "", timed_out=True))

    def end(self, ran: Ran = DONE) -> None:
        """End the one that was begun first."""
        self.running.pop(0).callback(ran)


class RcTestCase(SynchronousTestCase):
    """A directory of scripts, and what would run them."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        (self.directory / "rc.d").mkdir(parents=True)
        self.launch = Launcher()
        self.clock = Clock()
        self.log = LogBook()
        environment = {"HA_CURHOST": "node01", "HA_debug": "0"}
        self.scripts = RcScripts(
            str(self.directory), "node01", environment, self.launch, self.clock, self.log
        )

    def script(self, name: str, body: str = ":", mode: int = 0o755) -> str:
        """Write a script of rc.d; return how the log calls it."""
        write_program(self.directory / "rc.d", name, body, mode)
        return f"{self.directory}//rc.d/{name}"

    def open(self) -> None:
        """Let the node begin, up to its being active."""
        self.scripts.open(lambda event: None)
        self.scripts.deliver(OWN_STATUS)

    def deliver(self, message: Message, own: bool = False, delivery: Delivery = Delivery.NEWS) -> None:
        """Tell of a message."""
        self.scripts.deliver(Deliver(message, delivery, own))

    def ran(self) -> list[str]:
        """Return the last word of each command line, in order."""
        return [words[-1] for words, _, _ in self.launch.calls]


class ChoiceTests(RcTestCase):
    """Which there are."""

    def test_it_keeps_its_promises(self) -> None:
        """It is what the node takes it for."""
        self.assertTrue(verifyObject(IPrograms, self.scripts))

    def test_executable_files(self) -> None:
        """A script is a file that can be executed; what comes after the start is not seen."""
        self.script("ifstat")
        self.script("notes", mode=0o644)
        (self.directory / "rc.d" / "directory").mkdir()
        self.assertEqual(read_hooks(str(self.directory)).names, {"ifstat"})
        self.open()
        self.script("late")
        self.deliver(Message.of(t="late"))
        self.assertEqual(self.launch.calls, [])

    def test_no_directory(self) -> None:
        """Without rc.d there is nothing to run, and nothing to say."""
        (self.directory / "rc.d").rmdir()
        self.open()
        self.deliver(STATUS)
        self.assertEqual(self.log.entries, [])

    def test_what_is_built_in_is_not_run(self) -> None:
        """heartbeat's own scripts move resources, which is for the core to do: the log says so once."""
        self.script("status", "case $HA_st in dead) $HA_NOARCHBIN/mach_down $HA_src;; esac")
        self.script("ip-request-resp", "TAKE=$HA_NOARCHBIN/ResourceManager")
        self.script("hb_takeover", "/usr/share/heartbeat/hb_standby $rsc")
        self.script("ip-request", "exec req_resource")
        self.open()
        for kind in ("status", "ip-request", "hb_takeover"):
            self.deliver(Message.of(t=kind, src="node02", st="dead"))
        self.deliver(Message.of(t="ip-request-resp", dest="node01"))
        self.assertEqual(self.launch.calls, [])
        why = "not run, since what they do with resources is built in"
        names = "hb_takeover, ip-request, ip-request-resp, status"
        expected = f"info: {self.directory}//rc.d/: {why}: {names}"
        self.assertEqual(self.log.lines(), [expected])

    def test_before_a_group_is_given(self) -> None:
        """local_giveip is not run, and whoever has one is told so at the start."""
        path = self.script("local_giveip")
        self.open()
        self.deliver(Message.of(t="ip-request", src="node02", ipaddr="10.0.0.5"))
        self.assertEqual(self.launch.calls, [])
        [line] = self.log.lines()
        self.assertTrue(line.startswith(f"WARN: {path}: not run; "), line)

    def test_an_administrators_own(self) -> None:
        """A script of such a name that moves nothing is run beside what is built in, which has logged it."""
        write_program(self.directory, "harc", HARC)
        path = self.script("status", "mail -s $HA_src root")
        self.open()
        self.deliver(STATUS)
        self.assertEqual(self.launch.calls[0][0], (path, "status"))
        self.launch.end()
        self.assertEqual(self.log.entries, [])

    def test_other_names_may_do_anything(self) -> None:
        """A script of another name is the administrator's, whatever it does."""
        self.script("alert", "/usr/share/heartbeat/hb_standby all")
        self.open()
        self.deliver(Message.of(t="alert"))
        self.assertEqual(self.ran(), ["alert"])

    def test_a_text_that_cannot_be_read(self) -> None:
        """What a script does that nobody can read is not known: it counts as moving resources."""
        self.script("status")

        def refuse(*_: object) -> None:
            raise OSError(5, "Input/output error")

        self.patch(builtins, "open", refuse)
        self.assertEqual(read_hooks(str(self.directory)).left, {"status"})

    def test_a_long_text(self) -> None:
        """Only so much of a text is searched."""
        self.script("status", "#" * MAX_TEXT + "\nmach_down")
        self.assertEqual(read_hooks(str(self.directory)).names, {"status"})


class CallTests(RcTestCase):
    """How they are called."""

    def test_through_harc(self) -> None:
        """heartbeat's harc is used where it is installed; it logs the line itself."""
        write_program(self.directory, "harc", HARC)
        self.script("ifstat")
        self.open()
        self.deliver(Message.of(t="ifstat", node="node02", ifname="eth1", st="dead"), own=True)
        words, environment, timeout = self.launch.calls[0]
        self.assertEqual(words, (f"{self.directory}/harc", "ifstat"))
        self.assertEqual(timeout, TIMEOUT)
        self.assertEqual(self.log.entries, [])
        self.assertEqual(environment["HA_ifname"], "eth1")

    def test_without_harc(self) -> None:
        """Otherwise the script is run, and logged in the same words."""
        path = self.script("ifstat")
        self.open()
        self.deliver(Message.of(t="ifstat"), own=True)
        self.assertEqual(self.launch.calls[0][0], (path, "ifstat"))
        self.assertEqual(self.log.signed, [f"harc(default): info: Running {path} ifstat"])

    def test_the_environment(self) -> None:
        """It has every string field, this node's status, and heartbeat's places with two slashes."""
        self.script("alert")
        self.open()
        uuid = Field("srcuuid", b"\0" * 16, FieldType.BINARY)
        self.deliver(Message.of(t="alert", src="node02", info="a b", seq="1f").plus([uuid]))
        expected = {
            "HA_t": "alert",
            "HA_src": "node02",
            "HA_info": "a b",
            "HA_seq": "1f",
            "HA_OSTATUS": "active",
            "HA_CURHOST": "node01",
            "HA_debug": "0",
            "HA_DIR": f"{self.directory}/",
            "HA_FUNCS": f"{self.directory}//shellfuncs",
        }
        self.assertEqual(self.launch.calls[0][1], expected)

    def test_a_peer_overrides_nothing(self) -> None:
        """No field puts itself in the place of ours, or makes a variable of what is no name."""
        self.script("alert")
        self.open()
        self.deliver(Message.of(t="alert", FUNCS="/tmp/evil", BIN="/tmp", debug="9", **{"a;b": "c"}))
        environment = self.launch.calls[0][1]
        self.assertEqual(environment["HA_FUNCS"], f"{self.directory}//shellfuncs")
        self.assertEqual(environment["HA_debug"], "0")
        self.assertNotIn("HA_BIN", environment)
        self.assertNotIn("HA_a;b", environment)

    def test_odd_values(self) -> None:
        """Of a name given twice the first counts; bytes that are no text become a sign for that."""
        self.script("alert")
        self.open()
        self.deliver(Message([Field("t", "alert"), Field("x", "1"), Field("x", "2"), Field("y", "a\udcff")]))
        environment = self.launch.calls[0][1]
        self.assertEqual((environment["HA_x"], environment["HA_y"]), ("1", "a\ufffd"))

    def test_what_it_says(self) -> None:
        """It goes to the debug log; a failure and its reason go to the log."""
        path = self.script("alert")
        self.open()
        for ran in (Ran(0, None, "fine\n"), Ran(3, None, "no mail\n"), Ran(None, 15, "", timed_out=True)):
            self.deliver(Message.of(t="alert"))
            self.launch.end(ran)
        self.assertEqual(
            [line for line in self.log.lines() if "Running" not in line],
            [
                f"debug: {path}: fine",
                f"WARN: Return code 3 from {path}",
                f"WARN: {path}: no mail",
                f"ERROR: {path}: not done within 3600 s, ended",
            ],
        )


class EventTests(RcTestCase):
    """Of what they are told (protocol 10.8)."""

    def setUp(self) -> None:
        super().setUp()
        for name in ("status", "ifstat", "ip-request", "ip-request-resp", "hb_takeover", "alert", "resource"):
            self.script(name)

    def run_for(self, message: Message, own: bool = False, delivery: Delivery = Delivery.NEWS) -> bool:
        """Say whether a script is run for a message."""
        before = len(self.launch.calls)
        self.deliver(message, own, delivery)
        if self.launch.running:
            self.launch.end()
        return len(self.launch.calls) > before

    def test_status(self) -> None:
        """A peer's new status and its death are told; its heartbeats and our own are not."""
        self.open()
        self.assertTrue(self.run_for(STATUS))
        self.assertFalse(self.run_for(STATUS, delivery=Delivery.UNCHANGED))
        self.assertTrue(self.run_for(Message.of(t="status", src="node02", st="dead"), own=True))
        self.assertFalse(self.run_for(Message.of(t="status", src="node01", st="active"), own=True))

    def test_links(self) -> None:
        """Links are told."""
        self.open()
        self.assertTrue(self.run_for(Message.of(t="ifstat"), own=True))

    def test_requests(self) -> None:
        """A request of another node is told, an answer to us."""
        self.open()
        self.assertTrue(self.run_for(Message.of(t="ip-request")))
        self.assertFalse(self.run_for(Message.of(t="ip-request"), own=True))
        self.assertTrue(self.run_for(Message.of(t="ip-request-resp", dest="node01"), own=True))
        self.assertFalse(self.run_for(Message.of(t="ip-request-resp", dest="node02")))

    def test_types_without_a_part_of_the_daemon(self) -> None:
        """They are told, our own too; but not before the node is active."""
        self.scripts.open(lambda event: None)
        self.assertFalse(self.run_for(Message.of(t="alert")))
        self.scripts.deliver(OWN_STATUS)
        self.assertTrue(self.run_for(Message.of(t="alert")))
        self.assertTrue(self.run_for(Message.of(t="hb_takeover"), own=True))

    def test_types_of_the_daemon(self) -> None:
        """What the daemon itself deals with is told to no script."""
        self.open()
        self.assertFalse(self.run_for(Message.of(t="resource")))

    def test_long_types(self) -> None:
        """A type of 32 characters has no script; one of 31 has."""
        for length in (31, 32):
            self.script("x" * length)
        self.open()
        self.assertTrue(self.run_for(Message.of(t="x" * 31)))
        self.assertFalse(self.run_for(Message.of(t="x" * 32)))

    def test_a_type_leads_nowhere_else(self) -> None:
        """A type is a name in the list, never a path."""
        write_program(self.directory, "harc", HARC)
        self.open()
        self.assertFalse(self.run_for(Message.of(t="../harc")))


class TurnTests(RcTestCase):
    """One after the other."""

    def setUp(self) -> None:
        super().setUp()
        for name in ("one", "two"):
            self.script(name)
        self.open()

    def test_one_at_a_time(self) -> None:
        """The second waits until the first has ended; each has its own message."""
        self.deliver(Message.of(t="one"))
        self.deliver(Message.of(t="two"))
        self.deliver(Message.of(t="one"))
        self.assertEqual(self.ran(), ["one"])
        self.launch.end()
        self.assertEqual(self.ran(), ["one", "two"])
        self.launch.end()
        self.launch.end()
        self.assertEqual(self.ran(), ["one", "two", "one"])

    def test_too_many(self) -> None:
        """What finds no room is dropped, which is said once each time it comes to that."""
        for _ in range(MAX_WAITING + 10):
            self.deliver(Message.of(t="one"))
        warnings = [line for line in self.log.lines() if line.startswith("WARN")]
        self.assertEqual(
            warnings, ["WARN: 100 messages wait for their scripts; one and those to come are dropped"]
        )
        while self.launch.running:
            self.launch.end()
        self.assertEqual(len(self.launch.calls), MAX_WAITING + 1)
        for _ in range(MAX_WAITING + 10):
            self.deliver(Message.of(t="one"))
        self.assertEqual(len([line for line in self.log.lines() if line.startswith("WARN")]), 2)

    def test_flow_control_is_not_for_them(self) -> None:
        """A pause is for those who write."""
        self.scripts.pause(True)
        self.deliver(Message.of(t="one"))
        self.assertEqual(self.ran(), ["one"])

    def test_the_end(self) -> None:
        """At the end of the daemon none runs any more; one that runs has a moment to end by itself."""
        self.deliver(Message.of(t="one"))
        self.deliver(Message.of(t="two"))
        closed = self.scripts.close()
        self.assertNoResult(closed)
        self.launch.end()
        self.successResultOf(closed)
        self.assertEqual(self.ran(), ["one"])
        self.assertEqual((self.launch.cancelled, self.clock.getDelayedCalls()), (0, []))

    def test_an_end_without_patience(self) -> None:
        """One that goes on is told to end."""
        self.deliver(Message.of(t="one"))
        closed = self.scripts.close()
        self.clock.advance(FAREWELL)
        self.successResultOf(closed)
        self.assertEqual(self.launch.cancelled, 1)

    def test_one_that_ends_when_told(self) -> None:
        """Whether it obeys at once or later, the daemon waits once."""
        self.launch.obedient = True
        self.deliver(Message.of(t="one"))
        closed = self.scripts.close()
        self.clock.advance(FAREWELL)
        self.successResultOf(closed)
        self.assertNotIn("ERROR", " ".join(self.log.lines()))

    def test_an_end_in_silence(self) -> None:
        """With nothing running it is closed at once."""
        self.successResultOf(self.scripts.close())
