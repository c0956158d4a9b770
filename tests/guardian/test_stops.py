# -*- test-case-name: tests.guardian.test_stops -*-
"""
Stopping what was entrusted, with real programs.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian.stops import PAUSE, TRIES, Program, StopList
from tests.resources.fakes import temporary, write_program

LIMIT = 20.0
"""Seconds after which a program that does not end is a fault."""


class StopsTests(SynchronousTestCase):
    """L{StopList}; its time is what the test says."""

    def setUp(self) -> None:
        self.directory = Path(temporary(self))
        self.said = self.directory / "said"
        self.now = 100.0

    def program(self, name: str, body: str = "exit 0", timeout: float = 60.0) -> Program:
        """Make a program that notes its name, and does what is said."""
        path = write_program(self.directory, name, f'echo {name} "$@" >>{self.said}\n{body}')
        return Program([path, "stop"], {"PATH": os.environ["PATH"]}, timeout)

    def spoken(self) -> list[str]:
        """Return what the programs have noted."""
        return self.said.read_text().splitlines() if self.said.exists() else []

    def until(self, stops: StopList, *, troubles: int = 0) -> None:
        """Go on until the list is at its end, or something has gone wrong so many times."""
        limit = time.monotonic() + LIMIT
        stops.advance(self.now)
        while not (stops.done or stops.failed or 0 < troubles <= len(stops.troubles)):
            self.assertLess(time.monotonic(), limit, f"{self.spoken()}, {stops.troubles}")
            time.sleep(0.01)
            stops.advance(self.now)

    def test_nothing_to_stop(self) -> None:
        """Without programs it is done at once."""
        stops = StopList([])
        self.assertTrue(stops.done)
        stops.advance(self.now)
        self.assertFalse(stops.failed)

    def test_one_after_the_other(self) -> None:
        """Each begins when the one before has ended; it is not done before the last."""
        first = self.program("first", f"sleep 0.1; echo end >>{self.said}")
        stops = StopList([first, self.program("second")])
        stops.advance(self.now)
        self.assertFalse(stops.done)
        self.until(stops)
        self.assertEqual(self.spoken(), ["first stop", "end", "second stop"])
        self.assertEqual((stops.done, stops.failed, stops.troubles), (True, False, []))

    def test_not_running(self) -> None:
        """An agent that says that nothing runs has said enough."""
        stops = StopList([self.program("ocf", "exit 7")])
        self.until(stops)
        self.assertTrue(stops.done)

    def test_what_it_is_given(self) -> None:
        """Its own environment and session, and no terminal or file of ours."""
        body = f'echo "$OCF_RESKEY_x" "${{HOME-none}}" >>{self.said}\nps -o sid= -p $$ >>{self.said}'
        body += f'\nfiles=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)\necho "$files" >>{self.said}'
        program = self.program("it", body)
        program.environment["OCF_RESKEY_x"] = "a b"
        stops = StopList([program])
        self.until(stops)
        _, words, session, *files = self.spoken()
        self.assertEqual((words, files), ("a b none", ["/dev/null"] * 3))
        self.assertNotEqual(int(session), os.getsid(0))

    def test_tried_again(self) -> None:
        """One that fails is tried again after a pause, not before, and then the next has its turn."""
        body = f"[ -e {self.directory}/ok ] || {{ touch {self.directory}/ok; exit 1; }}"
        stops = StopList([self.program("first", body), self.program("second")])
        self.until(stops, troubles=1)
        self.assertEqual(stops.troubles, [f"{self.directory}/first stop: exit status 1"])
        self.now += PAUSE - 0.001
        stops.advance(self.now)
        self.assertEqual(self.spoken(), ["first stop"])
        self.now += 0.001
        self.until(stops)
        self.assertEqual(self.spoken(), ["first stop", "first stop", "second stop"])
        self.assertTrue(stops.done)

    def test_one_that_always_fails(self) -> None:
        """After some tries it has failed for good, and nothing left of it is touched."""
        stops = StopList([self.program("first", "exit 2"), self.program("second")])
        for number in range(1, TRIES + 1):
            self.until(stops, troubles=number)
            self.now += PAUSE
        self.assertEqual((stops.done, stops.failed), (False, True))
        stops.advance(self.now)
        self.assertEqual(self.spoken(), ["first stop"] * TRIES)

    def test_tries_are_for_each(self) -> None:
        """What one has failed is not held against the next."""
        bodies = [
            f"echo x >>{self.directory}/{name}; [ $(wc -l <{self.directory}/{name}) = 3 ]" for name in "ab"
        ]
        stops = StopList([self.program(f"p{number}", body) for number, body in enumerate(bodies)])
        for number in range(1, 5):
            self.until(stops, troubles=number)
            self.now += PAUSE
        self.until(stops)
        self.assertTrue(stops.done)

    def test_its_time_is_up(self) -> None:
        """One that takes too long is ended with all its children, and counts as failed."""
        stops = StopList([self.program("first", f"sleep 1000 & echo $! >>{self.said}; wait", 5.0)])
        limit = time.monotonic() + LIMIT
        while len(self.spoken()) < 2:
            self.assertLess(time.monotonic(), limit)
            stops.advance(self.now)
            time.sleep(0.01)
        self.now += 4.999
        stops.advance(self.now)
        self.assertEqual(stops.troubles, [])
        self.now += 0.001
        self.until(stops, troubles=1)
        self.assertEqual(stops.troubles, [f"{self.directory}/first stop: its time was up"])
        child = int(self.spoken()[1])
        while stops._dying or _runs(child):
            stops.advance(self.now)
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)

    def test_left(self) -> None:
        """When nobody needs it any more what runs comes to its end, well or not, and nothing follows."""
        for status in (0, 1):
            go = self.directory / f"go-{status}"
            body = f"while [ ! -e {go} ]; do sleep 0.01; done; exit {status}"
            stops = StopList([self.program("first", body), self.program("second")])
            stops.advance(self.now)
            stops.leave_it()
            self.assertFalse(stops.done)
            go.touch()
            self.until(stops)
            self.assertTrue(stops.over)
        self.assertEqual(self.spoken(), ["first stop", "first stop"])

    def test_left_in_a_pause(self) -> None:
        """Nothing runs then, so it is at its end."""
        stops = StopList([self.program("first", "exit 1"), self.program("second")])
        self.until(stops, troubles=1)
        stops.leave_it()
        self.assertTrue(stops.done)

    def test_no_such_program(self) -> None:
        """What cannot be started has failed."""
        stops = StopList([Program([f"{self.directory}/none", "stop"], {}, 5.0)])
        self.until(stops, troubles=1)
        (trouble,) = stops.troubles
        self.assertIn("none stop: exit status 127", trouble)
        self.assertFalse(stops.done)

    def test_what_cannot_be_called(self) -> None:
        """Words or an environment that no program can be given are a failure like another."""
        for words, environment in ((["a\0b"], {}), (["true"], {"A=B": ""})):
            stops = StopList([Program(words, environment, 5.0)])
            stops.advance(self.now)
            self.assertEqual(len(stops.troubles), 1)

    def test_nobody_waits_for_what_is_killed(self) -> None:
        """A program that stands in the kernel does not end when it is killed; the guardian goes on."""
        self.patch(os, "killpg", lambda *_: None)
        stops = StopList([self.program("first", "exec sleep 1000", 5.0)])
        stops.advance(self.now)
        child = stops._child
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.kill, child, signal.SIGKILL)
        self.now += 5.0
        stops.advance(self.now)
        self.assertEqual(
            (stops.troubles, stops._dying), ([f"{self.directory}/first stop: its time was up"], [child])
        )

    def test_a_signal(self) -> None:
        """One that is ended by a signal has not stopped anything."""
        stops = StopList([self.program("first", "kill -TERM $$")])
        self.until(stops, troubles=1)
        self.assertEqual(stops.troubles, [f"{self.directory}/first stop: exit status -15"])


def _runs(pid: int) -> bool:
    """Say whether a process runs; one that nobody has waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
