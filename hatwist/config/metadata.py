# -*- test-case-name: tests.config.test_metadata -*-
"""
Ask OCF agents what they think of their parameters: C{meta-data} and C{validate-all}.

Both only tell, so they can be run beside a cluster that works; but they are
programs of somebody else, so each has a limit in time and in what it may say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol
from xml.etree import ElementTree

from attrs import frozen

from hatwist.config.findings import Findings, listed, shown, suggestion

if TYPE_CHECKING:
    from hatwist.config.model import Resource, Seconds

METADATA_TIMEOUT: Final = 5.0
VALIDATE_TIMEOUT: Final = 10.0

MAX_WORDS: Final = 300
"""Characters of an agent's words that are repeated."""

_NOT_ALLOWED: Final = 4
"""What an agent ends with (C{OCF_ERR_PERM}) for whoever may not ask."""

_TRUE: Final = frozenset({"1", "true", "yes"})


@frozen
class Answer:
    """
    How a program that was asked has ended.

    @ivar status: its exit status, negative for a signal; None if there is none.
    @ivar refused: why it could not be started; empty if it was.
    """

    status: int | None
    stdout: str = ""
    stderr: str = ""
    refused: str = ""
    timed_out: bool = False


class Ask(Protocol):
    """Runs a program within a time and returns how it ended."""

    def __call__(self, command: Sequence[str], environment: Mapping[str, str], timeout: Seconds) -> Answer:
        """Run it; never raises, and never takes much longer than C{timeout}."""


@frozen
class Agent:
    """
    A resource and the OCF agent that runs it.

    @ivar parameters: what it is to be told, by name.
    @ivar environment: all that it is given, the parameters among it.
    @ivar conceal: takes its words, and returns them without secrets.
    """

    resource: Resource
    path: str
    parameters: Mapping[str, str]
    environment: Mapping[str, str]
    conceal: Callable[[str], str] = str


@frozen
class Description:
    """
    What an agent says of itself.

    @ivar parameters: the names it knows.
    @ivar required: those that it cannot do without.
    @ivar actions: what it can be asked to do.
    """

    parameters: frozenset[str]
    required: frozenset[str]
    actions: frozenset[str]


def parse_description(text: str) -> Description | None:
    """Read an agent's C{meta-data}; None if it is nothing of the kind."""
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return None
    if root.tag != "resource-agent":
        return None
    parameters = [(one.get("name", ""), one.get("required", "")) for one in root.iter("parameter")]
    return Description(
        frozenset(name for name, _ in parameters),
        frozenset(name for name, required in parameters if required.lower() in _TRUE),
        frozenset(one.get("name", "") for one in root.iter("action")),
    )


def check_agents(agents: Sequence[Agent], ask: Ask, findings: Findings) -> None:
    """Ask every agent, and report what it does not know, what it lacks, and what it says."""
    known: dict[str, Description | None] = {}
    for agent in agents:
        if agent.path not in known:
            known[agent.path] = _describe(agent, ask, findings)
        description = known[agent.path]
        if description is not None:
            _check_parameters(agent, description, findings)
            if "validate-all" in description.actions:
                _validate(agent, ask, findings)


def _describe(agent: Agent, ask: Ask, findings: Findings) -> Description | None:
    answer = ask((agent.path, "meta-data"), agent.environment, METADATA_TIMEOUT)
    description = parse_description(answer.stdout) if answer.status == 0 else None
    if description is None:
        fault = (
            _fault(agent, answer, METADATA_TIMEOUT) if answer.status != 0 else "says nothing that makes sense"
        )
        text = f"{agent.path} meta-data {fault}"
        remedy = "so its parameters are not checked; does it start, stop and monitor as OCF agents do?"
        findings.warn(agent.resource.where, "agent-meta-data", text, remedy)
    return description


def _check_parameters(agent: Agent, description: Description, findings: Findings) -> None:
    resource = agent.resource
    for name in agent.parameters.keys() - description.parameters:
        text = f"[{shown(resource.text)}]: its agent knows no parameter {shown(name)}"
        some = f"it knows {listed(sorted(description.parameters) or ['none'])}"
        remedy = suggestion(name, description.parameters) or some
        findings.warn(resource.where, "unknown-parameter", text, remedy)
    missing = sorted(description.required - agent.parameters.keys())
    if missing:
        text = f"[{shown(resource.text)}]: its agent needs {listed(missing)} as well"
        remedy = f"{agent.path} meta-data tells what it means"
        findings.warn(resource.where, "missing-parameter", text, remedy)


def _validate(agent: Agent, ask: Ask, findings: Findings) -> None:
    answer = ask((agent.path, "validate-all"), agent.environment, VALIDATE_TIMEOUT)
    if answer.status == 0:
        return
    text = f"[{shown(agent.resource.text)}]: validate-all {_fault(agent, answer, VALIDATE_TIMEOUT)}"
    if answer.status == _NOT_ALLOWED:
        findings.note(agent.resource.where, "agent-validate", text, "run this as root")
    else:
        remedy = "what is not here now, such as a disk that the other node has, need not be wrong"
        findings.warn(agent.resource.where, "agent-validate", text, remedy)


def _fault(agent: Agent, answer: Answer, timeout: Seconds) -> str:
    """Say what was wrong with an answer, in the agent's own words as far as there are any."""
    if answer.timed_out:
        fault = f"is not done within {timeout:g} s"
    elif answer.status is None:
        return f"cannot be run: {answer.refused}"
    elif answer.status < 0:
        fault = f"was ended by signal {-answer.status}"
    else:
        fault = f"ends with {answer.status}"
    words = shown(agent.conceal(_words(answer)), MAX_WORDS)
    return f"{fault}: {words}" if words else fault


def _words(answer: Answer) -> str:
    """Return the line in which an agent says what is wrong."""
    said = [line.strip() for text in (answer.stdout, answer.stderr) for line in text.splitlines()]
    said = [line for line in said if line]
    reasons = [line.removeprefix("ocf-exit-reason:") for line in said if line.startswith("ocf-exit-reason:")]
    return (reasons or said or [""])[-1]
