# -*- test-case-name: tests.resources.test_agents -*-
"""
Run one verb of one resource through a program, and say in the log what came out.

Three conventions: the scripts of resource.d and init.d, OCF agents, and units of
systemd.  They differ in how they are called and judged, not in how they are run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve, frozen
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.config.model import Resource, Seconds
from hatwist.interfaces import IResourceAgent
from hatwist.resources.ocf import OcfCall
from hatwist.resources.operations import Said
from hatwist.resources.process import Launch, Ran
from hatwist.resources.reporting import MAX_LINES, RESOURCE_MANAGER, Log, last_words, lines_of
from hatwist.resources.secrets import hide, secret_values
from hatwist.resources.verdicts import judge_ocf, judge_script, judge_unit

START_TIMEOUT: Final = 120.0
STOP_TIMEOUT: Final = 120.0
STATUS_TIMEOUT: Final = 20.0

_NOTHING_TO_SAY: Final = (Outcome.OK, "programs announce by themselves, when they start")

OCF_VERB: Final = {Verb.START: "start", Verb.STOP: "stop", Verb.STATUS: "monitor"}
UNIT_VERB: Final = {Verb.START: "start", Verb.STOP: "stop", Verb.STATUS: "is-active"}
SYSTEMCTL: Final = "systemctl"


@frozen
class Timeouts:
    """How long each verb may take; a program that takes longer is ended."""

    start: Seconds = START_TIMEOUT
    stop: Seconds = STOP_TIMEOUT
    status: Seconds = STATUS_TIMEOUT

    def of(self, verb: Verb) -> Seconds:
        """Return the time of a verb."""
        return {Verb.START: self.start, Verb.STOP: self.stop, Verb.STATUS: self.status}[verb]


DEFAULT_TIMEOUTS: Final = Timeouts()


@frozen
class Stage:
    """
    What every agent needs to run programs.

    @ivar launch: runs a program.
    @ivar environment: what every program is given; holds no secret.
    """

    launch: Launch
    environment: Mapping[str, str]
    log: Log
    timeouts: Timeouts = DEFAULT_TIMEOUTS

    def say(self, level: Level, text: str) -> None:
        """Write one line in the name of the ResourceManager script."""
        self.log(level, text, RESOURCE_MANAGER)


@implementer(IResourceAgent)
@frozen
class ScriptAgent:
    """
    A script of resource.d or init.d, called as C{SCRIPT ARGUMENT... VERB}.

    @ivar path: where it is.
    """

    path: str
    stage: Stage

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """See L{IResourceAgent.run}; judged by L{judge_script}."""
        if verb is Verb.ANNOUNCE:
            return succeed(_NOTHING_TO_SAY)
        return Deferred.fromCoroutine(self._run(resource, verb))

    async def _run(self, resource: Resource, verb: Verb) -> tuple[Outcome, str]:
        words = (self.path, *resource.arguments, verb.value)
        ran = await _perform(self.stage, words, self.stage.environment, verb)
        return _report(self.stage, words, verb, ran, judge_script(verb, ran))


@implementer(IResourceAgent)
@frozen
class OcfAgent:
    """
    An OCF agent, called as C{AGENT VERB} with its parameters in the environment.
    """

    call: OcfCall
    stage: Stage

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """See L{IResourceAgent.run}; judged by L{judge_ocf}."""
        if verb is Verb.ANNOUNCE:
            return succeed(_NOTHING_TO_SAY)
        return Deferred.fromCoroutine(self._run(verb))

    async def _run(self, verb: Verb) -> tuple[Outcome, str]:
        words = (self.call.path, OCF_VERB[verb])
        own = self.call.environment(self.stage.timeouts.of(verb))
        ran = await _perform(self.stage, words, {**self.stage.environment, **own}, verb)
        secrets = secret_values(self.call.parameters)
        if secrets:
            ran = evolve(ran, output=hide(ran.output, secrets))
        return _report(self.stage, words, verb, ran, judge_ocf(verb, ran))


@implementer(IResourceAgent)
@frozen
class UnitAgent:
    """
    A unit of systemd, called as C{systemctl VERB UNIT}.

    @ivar unit: its name, with its kind.
    """

    unit: str
    stage: Stage

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """See L{IResourceAgent.run}; judged by L{judge_unit}."""
        if verb is Verb.ANNOUNCE:
            return succeed(_NOTHING_TO_SAY)
        return Deferred.fromCoroutine(self._run(verb))

    async def _run(self, verb: Verb) -> tuple[Outcome, str]:
        words = (SYSTEMCTL, UNIT_VERB[verb], self.unit)
        ran = await _perform(self.stage, words, self.stage.environment, verb)
        return _report(self.stage, words, verb, ran, judge_unit(verb, ran))


async def _perform(stage: Stage, words: tuple[str, ...], environment: Mapping[str, str], verb: Verb) -> Ran:
    """Run it between the lines that heartbeat writes around a start or a stop."""
    line = " ".join(words)
    if verb is not Verb.STATUS:
        stage.say(Level.INFO, f"Running {line}")
        stage.say(Level.DEBUG, f"Starting {line}")
    ran = await stage.launch(words, environment, stage.timeouts.of(verb))
    if verb is not Verb.STATUS:
        stage.say(Level.DEBUG, f"{line} done. RC={ran.code}")
    return ran


def _report(stage: Stage, words: tuple[str, ...], verb: Verb, ran: Ran, outcome: Outcome) -> Said:
    """Put into the log what is needed to understand the outcome, and sum it up."""
    path = words[0]
    limit = f"not done within {stage.timeouts.of(verb):g} s, ended" if ran.timed_out else ""
    if limit:
        stage.say(Level.ERROR, f"{' '.join(words)}: {limit}")
    if outcome is not Outcome.FAILED:
        _quote(stage, Level.DEBUG, path, ran)
        return Said.of(outcome, last_words(ran.output), ran)
    if verb is Verb.STATUS:
        _quote(stage, Level.DEBUG, path, ran)
    else:
        stage.say(Level.ERROR, f"Return code {ran.code} from {path}")
        _quote(stage, Level.ERROR, path, ran)
    words_of_it = filter(None, (limit or f"return code {ran.code}", last_words(ran.output)))
    return Said.of(outcome, ": ".join(words_of_it), ran)


def _quote(stage: Stage, level: Level, path: str, ran: Ran) -> None:
    """Log what the program said, as its own words."""
    for line in lines_of(ran.output, MAX_LINES):
        stage.say(level, f"{path}: {line}")
