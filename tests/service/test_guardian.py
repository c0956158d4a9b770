# -*- test-case-name: tests.service.test_guardian -*-
"""
The daemon's end of the guardian's socket, with a guardian that the test plays.
"""

from __future__ import annotations

import os
import signal

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from hatwist.cluster.adoption import Inheritance
from hatwist.guardian.server import MAX_PACKET
from hatwist.interfaces import IGuardian
from hatwist.service import guardian
from hatwist.service.guardian import REPLACEMENTS, START_LIMIT
from tests.cluster.builders import SQL, WEB
from tests.service.guardians import FRESH, PlayedTestCase, no_memory


class PlayedTests(PlayedTestCase):
    """With a guardian that does what the test says."""

    def test_it_keeps_its_promise(self) -> None:
        """It is what the service takes it for."""
        link = self.link()
        self.assertTrue(verifyObject(IGuardian, link))
        self.assertEqual((link.fileno(), link.logPrefix()), (-1, "guardian"))

    def test_inherited(self) -> None:
        """What a former life has left, and the watchdog; one that answers is not started."""
        inheritance = self.attach(
            {"held": ["a", "b"], "lapsed": ["c"], "deadline": 7.5, "solo": True, "watchdog": 10.0}
        )
        self.assertEqual(inheritance, Inheritance(frozenset("ab"), frozenset("c"), 7.5, True))
        self.assertEqual((self.daemon.armed, self.started), (10.0, []))
        self.assertEqual(self.reactor.getReaders(), [self.daemon])

    def test_never(self) -> None:
        """A guardian that has never heard of a deadline has none behind it."""
        inheritance = self.attach({**FRESH, "deadline": float("-inf")})
        self.assertEqual(inheritance.until, float("-inf"))

    def test_what_it_is_told(self) -> None:
        """A push says when it was said; a start waits for the answer."""
        self.attach()
        self.reactor.advance(5.0)
        self.daemon.push(15.0, solo=True)
        self.assertEqual(self.guardian.hear(), {"do": "push", "at": 15.0, "solo": True, "said": 5.0})
        for number, ok in ((1, True), (2, False)):
            answered = self.daemon.entrust(WEB)
            told = {"do": "entrust", "n": number, "key": WEB.key, "plan": self.plan}
            self.assertEqual(self.guardian.hear(), told)
            self.assertNoResult(answered)
            self.guardian.answer(re="entrust", n=number, ok=ok)
            self.read()
            self.assertEqual(self.successResultOf(answered), ok)
        self.daemon.release(WEB.key)
        self.assertEqual(self.guardian.hear(), {"do": "release", "key": WEB.key})

    def test_an_answer_that_nobody_waits_for(self) -> None:
        """It does no harm."""
        self.attach()
        self.guardian.answer(re="entrust", n=99, ok=True)
        self.guardian.answer(re="nonsense")
        self.guardian.answer(re="bye", ok=True)
        self.read()
        self.assertEqual((self.said, self.heard), ([], []))

    def test_refused(self) -> None:
        """A push that comes too late is the core's affair, if anything is entrusted."""
        self.attach()
        self.guardian.answer(re="push", ok=False)
        self.read()
        self.assertEqual(self.heard, [])
        self.daemon.entrust(WEB)
        self.guardian.answer(re="push", ok=False)
        self.read()
        self.assertEqual(self.heard, ["refused"])

    def test_good_bye(self) -> None:
        """It is let go when nothing is entrusted, and keeps what is."""
        self.attach()
        self.daemon.close()
        self.assertEqual(self.guardian.hear(), {"do": "bye"})
        self.assertIsNone(self.guardian.hear())
        self.assertEqual(self.reactor.getReaders(), [])
        self.assertFalse(self.successResultOf(self.daemon.entrust(WEB)))
        self.attach()
        answered = self.daemon.entrust(WEB)
        self.guardian.hear()
        self.daemon.close()
        self.assertIsNone(self.guardian.hear())
        self.assertFalse(self.successResultOf(answered))

    def test_one_that_dies(self) -> None:
        """Another one is started and told everything again; who waits is answered in the end."""
        self.attach()
        self.daemon.push(15.0, solo=False)
        self.daemon.entrust(SQL)
        self.guardian.hear(), self.guardian.hear()
        self.guardian.answer(re="entrust", n=1, ok=True)
        self.read()
        first, second, gone = self.daemon.entrust(WEB), self.daemon.entrust(WEB), self.daemon.entrust(SQL)
        self.daemon.release(SQL.key)
        self.daemon.entrust(SQL)
        self.replace()
        self.assertEqual(self.started, [("--socket", self.path, "--log", str(self.log))])
        self.assertEqual(self.guardian.hear(), {"do": "attach"})
        self.assertEqual(self.guardian.hear()["at"], 15.0)
        told = [self.guardian.hear() for _ in range(4)]
        self.assertEqual([one["key"] for one in told], [WEB.key, WEB.key, SQL.key, SQL.key])
        for one in told:
            self.guardian.answer(re="entrust", n=one["n"], ok=True)
        self.read()
        results = [self.successResultOf(one) for one in (first, second, gone)]
        self.assertEqual((results, self.heard), ([True] * 3, []))
        self.assertEqual(
            self.said,
            ["ERROR: the guardian is gone; starting another one", "info: there is a guardian again"],
        )

    def test_released_meanwhile(self) -> None:
        """Who waits for a group that was given up is refused."""
        self.attach()
        answered = self.daemon.entrust(WEB)
        self.daemon.release(WEB.key)
        self.replace()
        self.assertFalse(self.successResultOf(answered))

    def test_the_new_one_refuses(self) -> None:
        """What runs here and is not taken on any more is the core's affair."""
        self.attach()
        self.daemon.entrust(WEB)
        self.guardian.answer(re="entrust", n=1, ok=True)
        self.read()
        self.replace()
        self.guardian.answer(re="entrust", n=2, ok=False)
        self.read()
        self.assertEqual(self.heard, ["refused"])

    def test_pushed_while_there_is_none(self) -> None:
        """The next one hears of it; nobody takes it for one that does not answer."""
        self.attach()
        self.guardian.die()
        self.read()
        for seconds in range(3):
            self.daemon.push(20.0 + seconds, solo=False)
            self.reactor.advance(0.9)
        self.assertEqual(len(self.started), 1)
        self.play()
        self.reactor.advance(guardian.RETRY)
        self.guardian.accept()
        self.guardian.hear()
        self.assertEqual(self.guardian.hear()["at"], 22.0)

    def test_none_to_be_had(self) -> None:
        """After some that did not come up the node stands down, and nobody waits any more."""
        self.attach()
        waiting = self.daemon.entrust(WEB)
        self.guardian.die()
        self.read()
        for _ in range(REPLACEMENTS):
            self.assertEqual(self.heard, [])
            self.reactor.advance(START_LIMIT + guardian.RETRY)
            self.reactor.advance(guardian.RETRY)
        self.assertEqual((self.heard, len(self.started)), (["lost"], REPLACEMENTS))
        self.assertIn("CRIT: no guardian is to be had; this node stands down", self.said)
        self.assertFalse(self.successResultOf(waiting))
        self.assertFalse(self.successResultOf(self.daemon.entrust(SQL)))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_one_that_does_not_answer(self) -> None:
        """It is ended and replaced after a quarter of deadtime."""
        killed: list[tuple[int, int]] = []
        self.patch(os, "kill", lambda *what: killed.append(what))
        self.attach(deadtime=10.0)
        for now in (0.0, 1.0, 2.5):
            self.daemon.push(now + 10.0, solo=False)
            self.reactor.advance(now + 1.0 - self.reactor.seconds())
        self.assertEqual(killed, [])
        self.daemon.push(20.0, solo=False)
        self.assertEqual(killed, [(os.getpid(), signal.SIGKILL)])
        self.assertEqual(len(self.started), 1)
        self.assertEqual(self.said[0], "ERROR: the guardian does not answer; replacing it")

    def test_one_that_answers(self) -> None:
        """It stays, however long it lives."""
        self.attach(deadtime=10.0)
        for _ in range(100):
            self.daemon.push(self.reactor.seconds() + 10.0, solo=False)
            self.guardian.answer(re="push", ok=True)
            self.read()
            self.reactor.advance(1.0)
        self.assertEqual((self.said, self.started), ([], []))

    def test_nonsense(self) -> None:
        """Whoever answers nonsense is replaced."""
        self.patch(os, "kill", lambda *_: None)
        for nonsense in (b"{", b"[]", b"{}", b"7", b'{"re": "entrust", "n": [], "ok": true}', b"[" * 100_000):
            self.attach()
            self.said.clear()
            assert self.guardian.daemon is not None
            self.guardian.daemon.send(nonsense)
            self.read()
            self.assertEqual(self.said[0], "ERROR: the guardian answers nonsense; replacing it")
            self.daemon.close()
            self.guardian.die()
            self.play()

    def test_a_full_socket(self) -> None:
        """What a guardian has no room for is sent when it has, in order, and nothing is lost."""
        self.attach()
        self.plan = {"addresses": [], "programs": ["x" * 5000]}
        answers = [self.daemon.entrust(WEB) for _ in range(100)]
        self.daemon.release(WEB.key)
        self.assertEqual(self.reactor.getWriters(), [self.daemon])
        for number in range(100):
            self.assertEqual(self.guardian.hear()["n"], number + 1)
            for writer in self.reactor.getWriters():
                writer.doWrite()
        self.assertEqual(self.guardian.hear()["do"], "release")
        self.assertEqual(self.reactor.getWriters(), [])
        self.assertEqual(len(answers), 100)

    def test_a_full_socket_at_the_end(self) -> None:
        """Nothing is left behind in the reactor."""
        self.attach()
        self.plan = {"addresses": [], "programs": ["x" * 5000]}
        waiting: list[Deferred[bool]] = [self.daemon.entrust(WEB) for _ in range(100)]
        self.daemon.close()
        self.assertEqual((self.reactor.getWriters(), self.reactor.getReaders()), ([], []))
        self.assertEqual([self.successResultOf(one) for one in waiting], [False] * 100)

    def test_too_long(self) -> None:
        """A group that no packet can describe is not started."""
        self.attach()
        self.plan = {"addresses": [], "programs": ["x" * MAX_PACKET]}
        self.assertFalse(self.successResultOf(self.daemon.entrust(WEB)))
        self.assertIn(WEB.key, self.said[0])
        self.daemon.close()
        self.assertEqual(self.guardian.hear(), {"do": "bye"})

    def test_another_daemon(self) -> None:
        """One whose place another one has taken goes back to the same guardian."""
        self.attach()
        assert self.guardian.daemon is not None
        self.guardian.daemon.close()
        self.read()
        self.guardian.accept()
        self.assertEqual(self.guardian.hear(), {"do": "attach"})

    def test_the_reactor_gives_up(self) -> None:
        """That is as if the guardian were gone."""
        self.attach()
        self.daemon.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(self.started), 1)
        self.daemon.close()
        self.daemon.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(self.started), 1)

    def test_closed_while_it_is_sought(self) -> None:
        """Nobody goes on to look for it."""
        self.attach()
        self.guardian.die()
        self.read()
        self.daemon.close()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_we_stood_still(self) -> None:
        """If it was us that did not read, its answer is there, and it stays."""
        killed: list[int] = []
        self.patch(os, "kill", lambda pid, _: killed.append(pid))
        self.attach(deadtime=10.0)
        self.daemon.push(10.0, solo=False)
        self.guardian.answer(re="push", ok=True)
        self.reactor.rightNow = 60.0
        self.daemon.push(70.0, solo=False)
        self.assertEqual((killed, self.started, self.said), ([], [], []))
        self.assertEqual([self.guardian.hear()["at"] for _ in range(2)], [10.0, 70.0])

    def test_it_cannot_be_started(self) -> None:
        """What keeps it from being started is in the log; it is tried again before the node stands down."""
        self.attach()
        self.patch(self.daemon, "_start", no_memory)
        self.guardian.die()
        self.read()
        self.assertIn("ERROR: the guardian cannot be started: [Errno 12]", self.said[-1])
        for _ in range(REPLACEMENTS):
            self.assertEqual(self.heard, [])
            self.reactor.advance(START_LIMIT + guardian.RETRY)
            self.reactor.advance(guardian.RETRY)
        self.assertEqual(self.heard, ["lost"])
