# -*- test-case-name: tests.resources.test_agents -*-
"""
How programs are called, and what the log says of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.interfaces import IResourceAgent
from hatwist.resources.agents import OcfAgent, ScriptAgent, Stage, Timeouts, UnitAgent
from hatwist.resources.ocf import OcfCall
from hatwist.resources.operations import Said
from hatwist.resources.process import Ran
from tests.resources.fakes import LogBook, resource

PATH = "/etc/ha.d/resource.d/Filesystem"


class Launcher:
    """Answers every call with one result, and remembers the call."""

    def __init__(self, ran: Ran) -> None:
        self.ran = ran
        self.calls: list[tuple[tuple[str, ...], dict[str, str], float]] = []

    def __call__(self, words: Sequence[str], environment: Mapping[str, str], timeout: float) -> Deferred[Ran]:
        self.calls.append((tuple(words), dict(environment), timeout))
        return succeed(self.ran)


class ScriptTests(SynchronousTestCase):
    """L{ScriptAgent}."""

    def perform(self, verb: Verb, ran: Ran) -> tuple[Outcome, str]:
        """Run one verb of a resource with arguments."""
        self.launch = Launcher(ran)
        self.log = LogBook()
        stage = Stage(self.launch, {"HA_CURHOST": "node01"}, self.log)
        agent = ScriptAgent(PATH, stage)
        verifyObject(IResourceAgent, agent)
        return self.successResultOf(agent.run(resource("Filesystem::/dev/sdb5::/webdata::ext3"), verb))

    def test_arguments_then_verb(self) -> None:
        """The arguments come in order, the verb last, within the time of the verb."""
        for verb, timeout in ((Verb.START, 120.0), (Verb.STOP, 120.0), (Verb.STATUS, 20.0)):
            self.perform(verb, Ran(0, None, ""))
            words = (PATH, "/dev/sdb5", "/webdata", "ext3", verb.value)
            self.assertEqual(self.launch.calls, [(words, {"HA_CURHOST": "node01"}, timeout)])

    def test_a_start_that_works(self) -> None:
        """A start is announced in heartbeat's words; what it says is for the debug log."""
        self.assertEqual(self.perform(Verb.START, Ran(0, None, "mounted\n")), (Outcome.OK, "mounted"))
        call = f"{PATH} /dev/sdb5 /webdata ext3 start"
        self.assertEqual(
            self.log.lines(),
            [
                f"info: Running {call}",
                f"debug: Starting {call}",
                f"debug: {call} done. RC=0",
                f"debug: {PATH}: mounted",
            ],
        )

    def test_a_start_that_fails_says_why(self) -> None:
        """The reason of a failure is in the log and in the outcome."""
        ran = Ran(32, None, "mount: /webdata: no such device\n")
        detail = "return code 32: mount: /webdata: no such device"
        self.assertEqual(self.perform(Verb.START, ran), (Outcome.FAILED, detail))
        self.assertEqual(
            self.log.signed[1:],
            [
                f"ResourceManager(default): ERROR: Return code 32 from {PATH}",
                f"ResourceManager(default): ERROR: {PATH}: mount: /webdata: no such device",
            ],
        )

    def test_a_stop_out_of_time(self) -> None:
        """A program that had to be ended is named together with its limit."""
        outcome, detail = self.perform(Verb.STOP, Ran(None, 15, "umount: target is busy\n", timed_out=True))
        self.assertIs(outcome, Outcome.FAILED)
        self.assertEqual(detail, "not done within 120 s, ended: umount: target is busy")
        call = f"{PATH} /dev/sdb5 /webdata ext3 stop"
        self.assertIn(f"ERROR: {call}: not done within 120 s, ended", self.log.lines())
        self.assertIn(f"ERROR: Return code 143 from {PATH}", self.log.lines())

    def test_a_status_is_no_news(self) -> None:
        """A status appears in the debug log only, whatever its answer."""
        answers = {"is running": Outcome.RUNNING, "not running": Outcome.STOPPED, "usage": Outcome.FAILED}
        for text, outcome in answers.items():
            found, _ = self.perform(Verb.STATUS, Ran(1, None, text, stdout=text))
            self.assertIs(found, outcome)
            self.assertEqual(self.log.lines(Level.DEBUG), [])

    def test_a_chatterbox_does_not_flood_the_log(self) -> None:
        """Of a long output the last lines reach the log."""
        self.perform(Verb.START, Ran(1, None, "".join(f"line {number}\n" for number in range(500))))
        lines = self.log.lines(Level.DEBUG, Level.INFO)
        self.assertEqual(len(lines), 31)
        self.assertEqual(lines[-1], f"ERROR: {PATH}: line 499")


class OcfTests(SynchronousTestCase):
    """L{OcfAgent}."""

    def perform(self, verb: Verb, ran: Ran) -> Outcome:
        """Run one verb of an agent with two parameters."""
        self.launch = Launcher(ran)
        self.log = LogBook()
        stage = Stage(self.launch, {"OCF_ROOT": "/usr/lib/ocf"}, self.log, Timeouts(start=60.0))
        path = "/usr/lib/ocf/resource.d/heartbeat/Delay"
        agent = OcfAgent(OcfCall(path, "heartbeat", "Delay_5", {"startdelay": "5"}), stage)
        verifyObject(IResourceAgent, agent)
        return self.successResultOf(agent.run(resource("Delay::5"), verb))[0]

    def test_the_environment_of_the_api(self) -> None:
        """Parameters and what the OCF API promises come by environment, the verb alone as argument."""
        self.assertIs(self.perform(Verb.START, Ran(0, None, "")), Outcome.OK)
        [(words, environment, timeout)] = self.launch.calls
        self.assertEqual(words, ("/usr/lib/ocf/resource.d/heartbeat/Delay", "start"))
        self.assertEqual(timeout, 60.0)
        self.assertEqual(
            environment,
            {
                "OCF_ROOT": "/usr/lib/ocf",
                "OCF_RA_VERSION_MAJOR": "1",
                "OCF_RA_VERSION_MINOR": "0",
                "OCF_RESOURCE_TYPE": "Delay",
                "OCF_RESOURCE_PROVIDER": "heartbeat",
                "OCF_RESOURCE_INSTANCE": "Delay_5",
                "OCF_RESKEY_startdelay": "5",
                "OCF_RESKEY_CRM_meta_timeout": "60000",
            },
        )

    def test_no_password_is_quoted(self) -> None:
        """What a parameter says is secret is in neither log nor outcome nor history."""
        log = LogBook()
        stage = Stage(Launcher(Ran(1, None, "+ login -p hunter2\nhunter2: denied\n")), {}, log)
        call = OcfCall("/usr/lib/ocf/db", "heartbeat", "db", {"passwd": "hunter2", "user": "admin"})
        said = self.successResultOf(OcfAgent(call, stage).run(resource("OCF::db::db"), Verb.START))
        self.assertEqual(said, (Outcome.FAILED, "return code 1: + login -p *** | ***: denied"))
        assert isinstance(said, Said)
        self.assertEqual(said.ran.output, "+ login -p ***\n***: denied\n")
        self.assertNotIn("hunter2", repr(log.entries))

    def test_status_is_monitor(self) -> None:
        """An OCF agent is asked by monitor and answers by exit status."""
        self.assertIs(self.perform(Verb.STATUS, Ran(0, None, "")), Outcome.RUNNING)
        self.assertEqual(self.launch.calls[0][0][1:], ("monitor",))
        self.assertIs(self.perform(Verb.STATUS, Ran(7, None, "")), Outcome.STOPPED)
        self.assertIs(self.perform(Verb.STATUS, Ran(1, None, "")), Outcome.FAILED)


class UnitTests(SynchronousTestCase):
    """L{UnitAgent}."""

    def perform(self, verb: Verb, ran: Ran) -> tuple[Outcome, str]:
        """Run one verb of a unit."""
        self.launch = Launcher(ran)
        self.log = LogBook()
        agent = UnitAgent("nginx.service", Stage(self.launch, {"PATH": "/bin"}, self.log))
        verifyObject(IResourceAgent, agent)
        return self.successResultOf(agent.run(resource("systemd:nginx"), verb))

    def test_called_through_systemctl(self) -> None:
        """Start, stop and is-active, within the times of all programs."""
        for verb, word, timeout in (
            (Verb.START, "start", 120.0),
            (Verb.STOP, "stop", 120.0),
            (Verb.STATUS, "is-active", 20.0),
        ):
            self.perform(verb, Ran(0, None, ""))
            self.assertEqual(
                self.launch.calls, [(("systemctl", word, "nginx.service"), {"PATH": "/bin"}, timeout)]
            )
        self.perform(Verb.ANNOUNCE, Ran(0, None, ""))
        self.assertEqual(self.launch.calls, [])

    def test_a_start_that_fails_says_why(self) -> None:
        """systemctl's words are in the log and in the outcome, as those of any program."""
        ran = Ran(1, None, "Job for nginx.service failed.\n")
        detail = "return code 1: Job for nginx.service failed."
        self.assertEqual(self.perform(Verb.START, ran), (Outcome.FAILED, detail))
        self.assertEqual(
            self.log.lines(Level.DEBUG),
            [
                "info: Running systemctl start nginx.service",
                "ERROR: Return code 1 from systemctl",
                "ERROR: systemctl: Job for nginx.service failed.",
            ],
        )

    def test_what_is_under_way_is_not_known(self) -> None:
        """While systemd starts it again by itself, it is neither running nor stopped."""
        found, _ = self.perform(Verb.STATUS, Ran(3, None, "activating\n", stdout="activating\n"))
        self.assertIs(found, Outcome.FAILED)
