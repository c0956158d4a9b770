# -*- test-case-name: tests.guardian.test_server -*-
"""
What the guardian answers, and what it does when the deadline has passed.
"""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.guard import LAPSED, RELEASED, STUCK
from hatwist.guardian.addresses import packed
from hatwist.guardian.server import POLL, WATCHFUL, peer_of
from hatwist.guardian.stops import PAUSE, TRIES
from hatwist.guardian.watchdog import Watchdog
from tests.guardian.cases import IP, LIMIT, SIX, STOP_WITHIN, GuardianCase
from tests.resources.fakes import write_program


class TakeTests(GuardianCase):
    """What it is told."""

    def test_a_life(self) -> None:
        """Attach, push, entrust, release, and good-bye."""
        self.assertEqual(
            self.say(do="attach"),
            {
                "re": "attach",
                "held": [],
                "lapsed": [],
                "deadline": float("-inf"),
                "solo": False,
                "watchdog": 0,
            },
        )
        self.assertFalse(self.entrust("www", IP))
        self.assertTrue(self.push(110.0))
        self.assertTrue(self.entrust("www", IP))
        self.assertEqual(self.say(do="bye"), {"re": "bye", "ok": False})
        self.assertFalse(self.guardian.over)
        self.assertIsNone(self.say(do="release", key="www"))
        self.assertEqual(self.say(do="bye"), {"re": "bye", "ok": True})
        self.assertTrue(self.guardian.over)
        self.assertEqual(self.lines, [])

    def test_no_deadline_yet(self) -> None:
        """Minus infinity goes over the socket and comes back as what it is."""
        answer = self.guardian.take(b'{"do": "attach"}', self.now)
        self.assertIn(b'"deadline": -Infinity', answer)
        self.assertTrue(self.push(float("-inf")))
        self.assertEqual(self.say(do="attach")["deadline"], float("-inf"))

    def test_inheritance(self) -> None:
        """Who attaches hears what is held and until when."""
        self.push(110.0, solo=True)
        self.entrust("www", IP)
        self.entrust("mail")
        answer = self.say(do="attach")
        self.assertEqual((answer["held"], answer["lapsed"]), (["www", "mail"], []))
        self.assertEqual((answer["deadline"], answer["solo"]), (110.0, True))

    def test_what_lapsed(self) -> None:
        """Who attaches hears what is being released, and what is released is forgotten."""
        self.push(110.0)
        self.entrust("www", IP, stop="exec sleep 1000", timeout=1.0)
        self.entrust("mail", SIX)
        self.work(10.0)
        answer = self.say(do="attach")
        self.assertEqual((answer["held"], answer["lapsed"]), ([], ["www"]))
        self.assertEqual(self.guardian.guard.groups, {"www": LAPSED})
        self.assertFalse(self.push(120.0))
        self.assertFalse(self.entrust("other"))
        self.work(1.0)

    def test_too_late(self) -> None:
        """What was said after the deadline does not count, what was said before it does."""
        self.push(110.0)
        self.entrust("www", IP)
        late = {"do": "push", "at": 130.0, "solo": False, "said": 110.0}
        self.assertFalse(json.loads(self.guardian.take(json.dumps(late).encode(), 109.0))["ok"])
        self.assertTrue(
            json.loads(self.guardian.take(json.dumps(late | {"said": 109.9}).encode(), 115.0))["ok"]
        )
        self.work(15.0)
        self.assertEqual(self.kernel.asked, [])

    def test_nonsense(self) -> None:
        """Whatever it is told, it answers that it does not understand, and goes on."""
        plan: dict[str, object] = {"addresses": [], "programs": []}
        program: dict[str, object] = {"words": ["true"], "environment": {}, "timeout": 5}

        def entrust(**changed: object) -> bytes:
            return json.dumps({"do": "entrust", "n": 1, "key": "x", "plan": plan | changed}).encode()

        def run(**changed: object) -> bytes:
            return entrust(programs=[program | changed])

        self.push(110.0)
        for packet in (
            b"\xff",
            b"{",
            b"[]",
            b"7",
            b'"do"',
            b"{}",
            b"[" * 100_000,
            b'{"do": ["push"]}',
            b'{"do": "dance"}',
            b'{"do": "push", "at": 1, "solo": false}',
            b'{"do": "push", "at": "soon", "solo": false, "said": 1}',
            b'{"do": "push", "at": 1%s, "solo": false, "said": 1}' % (b"0" * 400),
            b'{"do": "push", "at": NaN, "solo": false, "said": 1}',
            b'{"do": "entrust", "n": 1, "key": "x"}',
            b'{"do": "entrust", "n": 1, "key": "x", "plan": []}',
            b'{"do": "entrust", "key": "x", "plan": {"addresses": [], "programs": []}}',
            entrust(addresses=["10.0.0.300"]),
            entrust(addresses=[7]),
            entrust(addresses=None),
            entrust(programs=[7]),
            run(words=7),
            run(words=[]),
            run(words=["true", 7]),
            run(environment=["PATH"]),
            run(environment={"PATH": 7}),
            run(timeout="long"),
            run(timeout=None),
        ):
            answer = self.guardian.take(packet, self.now)
            # Who entrusts waits for an answer.
            waits = b'"n": 1' in packet
            expected = {"re": "entrust", "n": 1, "ok": False} if waits else {"re": "nonsense"}
            self.assertEqual(json.loads(answer), expected, packet[:100])
            self.assertIn("ERROR: not understood: ", self.lines.pop())
            self.assertEqual(self.lines, [])
        self.assertEqual(self.guardian.guard.groups, {})
        self.assertTrue(self.entrust("www"))


class ReleaseTests(GuardianCase):
    """The deadline has passed."""

    def setUp(self) -> None:
        super().setUp()
        self.push(110.0)

    def test_not_before(self) -> None:
        """Before the deadline nothing is touched, and it can sleep until then."""
        self.entrust("www", IP)
        self.work(9.9)
        self.assertEqual(self.kernel.asked, [])
        self.assertAlmostEqual(self.guardian.wait(self.now), 0.1)
        self.work(0.2)
        self.assertEqual(self.kernel.asked, [frozenset({packed(IP)})])

    def test_everything_goes(self) -> None:
        """The addresses of all groups go at one time, then programs run; the log says what and why."""
        self.entrust("www", IP, SIX, stop="exit 0")
        self.entrust("mail", "10.0.0.6")
        self.entrust("disk")
        self.work(10.25)
        self.assertEqual(self.kernel.asked, [frozenset(map(packed, (IP, SIX, "10.0.0.6")))])
        self.work_until(RELEASED)
        for key in ("www", "mail", "disk"):
            self.assertIn(f"CRIT: the deadline has passed by 0.250 s: releasing {key}", self.lines)
            self.assertIn(f"WARN: {key} is released", self.lines)
            self.assertEqual(self.guardian.guard.groups[key], RELEASED)

    def test_it_goes_on_looking(self) -> None:
        """Addresses that are added again go again, until the daemon has proven that nothing runs."""
        self.entrust("www", IP)
        self.work(10.0)
        self.work(WATCHFUL / 2)
        self.assertEqual(len(self.kernel.asked), 1)
        self.assertAlmostEqual(self.guardian.wait(self.now), WATCHFUL / 2)
        self.work(WATCHFUL / 2)
        self.work(WATCHFUL)
        self.assertEqual(self.kernel.asked, [frozenset({packed(IP)})] * 3)
        self.say(do="release", key="www")
        self.work(WATCHFUL)
        self.assertEqual(len(self.kernel.asked), 3)
        self.assertEqual(self.guardian.wait(self.now), 3600.0)

    def test_no_addresses(self) -> None:
        """The kernel is not asked when there is nothing to remove."""
        self.entrust("www")
        self.work(10.0)
        self.assertEqual(self.guardian.guard.groups, {"www": RELEASED})
        self.assertEqual(self.kernel.asked, [])

    def test_an_address_that_stays(self) -> None:
        """The log says so, each time; programs are run all the same."""
        self.kernel.troubles = [f"{IP}: EPERM"]
        self.entrust("www", IP, stop="exit 0")
        self.work(10.0)
        self.kernel.refusal = OSError("no answer")
        self.work(WATCHFUL)
        self.work_until(RELEASED)
        complaints = [line for line in self.lines if "cannot be removed" in line]
        self.assertEqual(
            complaints,
            [
                f"CRIT: an address cannot be removed: {IP}: EPERM",
                "CRIT: an address cannot be removed: no answer",
            ],
        )

    def test_a_stop_that_fails(self) -> None:
        """It is tried again, then nobody knows whether the group runs here."""
        self.entrust("www", IP, stop="exit 1")
        self.work(10.0)
        self.work_until(STUCK, step=PAUSE / 10)
        failed = f"ERROR: {self.directory}/www stop: exit status 1"
        self.assertEqual([line for line in self.lines if "exit" in line], [failed] * TRIES)
        self.assertIn("CRIT: www cannot be released: nobody knows whether it runs here", self.lines)
        self.assertEqual(self.say(do="attach")["lapsed"], ["www"])

    def test_while_programs_run(self) -> None:
        """It looks often whether they have ended."""
        self.entrust("www", stop="exec sleep 1000", timeout=5.0)
        self.work(10.0)
        self.assertEqual(self.guardian.guard.groups, {"www": LAPSED})
        self.assertAlmostEqual(self.guardian.wait(self.now), POLL)
        self.work(5.0)

    def test_the_daemon_is_quicker(self) -> None:
        """What the daemon has proven released is forgotten, though programs still run."""
        self.entrust("www", IP, stop=f"echo >{self.directory}/began; exec sleep 0.1")
        self.work(10.0)
        self.say(do="release", key="www")
        self.work(1.0)
        self.assertEqual((self.guardian.guard.groups, self.kernel.asked), ({}, [frozenset({packed(IP)})]))
        self.assertTrue(self.push(200.0))
        self.assertTrue(self.entrust("www", IP))

    def test_what_still_runs(self) -> None:
        """A program that the daemon did not wait for is ended in time, and followed by none."""
        began, after = self.directory / "began", self.directory / "after"
        path = write_program(self.directory, "slow", f"echo $$ >{began}; exec sleep 1000")
        other = write_program(self.directory, "other", f"touch {after}")
        programs = [
            {"words": [one, "stop"], "environment": {"PATH": os.environ["PATH"]}, "timeout": 5.0}
            for one in (path, other)
        ]
        self.say(do="entrust", n=1, key="www", plan={"addresses": [], "programs": programs})
        self.work(10.0)
        limit = time.monotonic() + LIMIT
        while not (began.exists() and began.read_text()):
            self.assertLess(time.monotonic(), limit)
        self.say(do="release", key="www")
        self.assertAlmostEqual(self.guardian.wait(self.now), POLL)
        self.work(4.0)
        child = Path("/proc", began.read_text().strip())
        self.assertTrue(child.exists())
        self.work(2.0)
        while child.exists():
            self.assertLess(time.monotonic(), limit)
            self.work(POLL)
        self.assertEqual(self.guardian.wait(self.now), 3600.0)
        self.assertFalse(after.exists())


class WatchdogTests(GuardianCase):
    """It feeds the watchdog as long as there is nothing to be feared."""

    def setUp(self) -> None:
        super().setUp()
        self.device = self.directory / "watchdog"
        self.device.touch()
        watchdog = Watchdog(str(self.device), 4.0)
        self.addCleanup(watchdog.disarm)
        self.guardian = self.make(watchdog)
        self.push(110.0)

    def fed(self) -> bool:
        """Say whether it feeds it within the next period."""
        before = self.device.stat().st_size
        for _ in range(4):
            self.work(0.25)
        return self.device.stat().st_size > before

    def test_its_time(self) -> None:
        """Who attaches hears it; it is fed while nothing happens, and in time."""
        self.assertEqual(self.say(do="attach")["watchdog"], 4.0)
        self.assertAlmostEqual(self.guardian.wait(self.now), 0.5)
        self.assertTrue(self.fed())
        self.entrust("www", IP)
        self.assertTrue(self.fed())

    def test_released_in_time(self) -> None:
        """It is fed when everything is released."""
        self.entrust("www", IP)
        self.work(20.0)
        self.assertTrue(self.fed())

    def test_stuck(self) -> None:
        """It is not fed when something cannot be released, until the daemon has done it."""
        self.entrust("www", stop="exit 1")
        self.work(10.0)
        self.work_until(STUCK, step=PAUSE / 10)
        self.assertFalse(self.fed())
        self.say(do="release", key="www")
        self.assertTrue(self.fed())

    def test_it_takes_too_long(self) -> None:
        """It is fed as long as a release may take, and no longer."""
        self.entrust("www", stop="exec sleep 1000", timeout=1000.0)
        self.work(10.0)
        self.assertTrue(self.fed())
        self.work(STOP_WITHIN - 3.0)
        self.assertTrue(self.fed())
        self.work(2.0)
        self.assertFalse(self.fed())
        self.work(1000.0)


class PeerTests(SynchronousTestCase):
    """L{peer_of}."""

    def test_ourselves(self) -> None:
        """The kernel says who is at the other end."""
        one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(one.close)
        self.addCleanup(two.close)
        self.assertEqual(peer_of(one), os.getuid())
