# -*- test-case-name: tests.resources.test_bad_agents -*-
"""
Programs that are broken, one way or the other, beside groups that are not.

What C{check} finds of it is tried in tests.config.test_programs and test_metadata.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorFDSet, IReactorTime
from twisted.internet.process import ProcessReader
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.resources.agents import Timeouts
from hatwist.resources.build import make_runner
from hatwist.resources.output import HEAD, TAIL
from tests.resources.fakes import LogBook, group, temporary, write_program

GOOD = """
state=$STATES/$(basename $0)
case $1 in
start) touch $state;;
stop) rm -f $state;;
status) [ -e $state ] && echo running || echo not running;;
esac
"""

BAD = {
    "chatterbox": "head -c 1000000 /dev/zero | tr '\\0' 'x'; echo; echo enough; exit 1",
    "daemon": "case $1 in start) sleep 1000 & echo $! >$STATES/pid ;; status) echo stopped;; esac",
    "hanging": "case $1 in start) exec sleep 1000;; esac",
    "nonsense": "head -c 100 /dev/urandom; exit 200",
    "noshell": "",
    "suicidal": "kill -9 $$",
    "unsure": "echo perhaps",
}


class BadAgentTests(TestCase):
    """Each failure is its own group's, and is said so that one can find it."""

    timeout = 60

    def setUp(self) -> None:
        self.init = temporary(self)
        self.states = temporary(self)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close()))
        self.log = LogBook()
        for name, body in BAD.items():
            write_program(self.init, name, body)
        Path(self.init, "noshell").write_text("#!/nosuch/shell\n")
        write_program(self.init, "locked", GOOD, mode=0o644)
        os.symlink("/nosuch/target", os.path.join(self.init, "dangling"))
        write_program(self.init, "good", GOOD)
        self.runner = make_runner(
            reactor,
            temporary(self),
            "node01",
            {"STATES": self.states, "HA_STOPRETRYMAX": "1"},
            self.log,
            init_directory=self.init,
            timeouts=Timeouts(start=2.0, stop=2.0, status=2.0),
        )

    async def close(self) -> None:
        """End what was left behind with our pipes open, and wait until they are closed."""
        pid = Path(self.states, "pid")
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGKILL)
        while any(isinstance(one, ProcessReader) for one in IReactorFDSet(reactor).getReaders()):
            await deferLater(IReactorTime(reactor), 0.01)

    async def start(self, *names: str) -> dict[str, tuple[Outcome, str]]:
        """Start groups of one resource, all at the same time; return what came of each."""
        groups = [group(name) for name in names]
        done = await gatherResults([self.runner.run(one, Verb.START) for one in groups])
        return dict(zip(names, done, strict=True))

    async def test_all_at_once(self) -> None:
        """A good group starts beside all of them; of the bad ones each says what is wrong with it."""
        found = await self.start(*BAD, "locked", "dangling", "missing", "good")
        self.assertEqual(found.pop("good"), (Outcome.OK, ""))
        # heartbeat believes 0 of a start; whether it runs is for the watch to see.
        for name in ("daemon", "unsure"):
            self.assertEqual(found.pop(name)[0], Outcome.OK, name)
        self.assertEqual({outcome for outcome, _ in found.values()}, {Outcome.FAILED})
        said = {name: detail for name, (_, detail) in found.items()}
        self.assertIn("chatterbox: return code 1: ", said["chatterbox"])
        self.assertTrue(said["chatterbox"].endswith("enough"))
        self.assertLess(len(said["chatterbox"]), 2000)
        self.assertIn("hanging: not done within 2 s, ended", said["hanging"])
        self.assertIn("nonsense: return code 200", said["nonsense"])
        self.assertTrue(said["nonsense"].replace("\t", "").isprintable())
        self.assertIn("No such file or directory", said["noshell"])
        self.assertIn("suicidal: return code 137", said["suicidal"])
        for name in ("locked", "dangling", "missing"):
            self.assertIn(f"Cannot locate resource script {name}", said[name])
        for name in found:
            self.assertIn(f"CRIT: Giving up resources due to failure of {name}", self.log.lines())

    async def test_a_start_is_one_thing_and_a_status_another(self) -> None:
        """What was believed to have started, and does not say that it runs, is seen as not running."""
        await self.start("daemon", "unsure", "good")
        seen = {
            name: await self.runner.run(group(name), Verb.STATUS) for name in ("daemon", "unsure", "good")
        }
        self.assertEqual(
            {name: outcome for name, (outcome, _) in seen.items()},
            {"daemon": Outcome.STOPPED, "unsure": Outcome.STOPPED, "good": Outcome.RUNNING},
        )

    async def test_what_is_lost_while_it_runs_blocks_its_group_alone(self) -> None:
        """A script that vanished cannot be asked to stop: that is said, and the others stop."""
        write_program(self.init, "vanishing", GOOD)
        await self.start("vanishing", "good")
        os.remove(os.path.join(self.init, "vanishing"))
        os.symlink("/nosuch/target", os.path.join(self.init, "vanishing"))
        outcome, detail = await self.runner.run(group("vanishing"), Verb.STOP)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertIn("Cannot locate resource script vanishing", detail)
        self.assertEqual((await self.runner.run(group("good"), Verb.STOP))[0], Outcome.OK)

    async def test_a_megabyte_does_not_reach_the_log(self) -> None:
        """Of what it says the beginning and the end are kept, and the log gets a few lines."""
        await self.start("chatterbox")
        lines = [line for line in self.log.lines(Level.DEBUG) if "chatterbox" in line]
        self.assertLess(len(lines), 50)
        self.assertLess(sum(map(len, lines)), HEAD + TAIL)
