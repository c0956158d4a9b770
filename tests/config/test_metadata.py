# -*- test-case-name: tests.config.test_metadata -*-
"""
OCF agents are asked for their parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import Factory, evolve, frozen
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.metadata import Agent, Answer, Description, check_agents, parse_description
from hatwist.config.model import Position, Resource

META = """<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="Disk" version="1.0">
<parameters>
<parameter name="device" required="1"><content type="string"/></parameter>
<parameter name="directory" required="true"><content type="string"/></parameter>
<parameter name="options" required="0"><content type="string" default="x"/></parameter>
<parameter name="fast"/>
</parameters>
<actions><action name="start" timeout="60s"/><action name="validate-all"/></actions>
</resource-agent>
"""


@frozen
class Asked:
    """Answers each verb with what it was told to, and remembers what it was asked."""

    answers: dict[str, Answer] = Factory(dict)
    calls: list[tuple[str, str, float]] = Factory(list)

    def __call__(self, command: Sequence[str], environment: Mapping[str, str], timeout: float) -> Answer:
        path, verb = command
        self.calls.append((path, verb, timeout))
        good = {"meta-data": Answer(0, META), "validate-all": Answer(0)}
        return {**good, **self.answers}[verb]


def agent(text: str = "OCF::Disk::d", path: str = "/o/Disk", **parameters: str) -> Agent:
    """Return a resource with parameters."""
    script, *arguments = text.split("::")
    resource = Resource(text, script, tuple(arguments), Position("haresources", 1, 7))
    return Agent(resource, path, parameters, parameters)


GOOD = agent(device="/dev/sda", directory="/data")


class DescriptionTests(SynchronousTestCase):
    """What agents say of themselves."""

    def test_description(self) -> None:
        """The names of parameters, which of them are needed, and the actions."""
        self.assertEqual(
            parse_description(META),
            Description(
                frozenset({"device", "directory", "options", "fast"}),
                frozenset({"device", "directory"}),
                frozenset({"start", "validate-all"}),
            ),
        )

    def test_nonsense(self) -> None:
        """What is no description is none."""
        for text in ("", "usage: start|stop", "<html/>", "<resource-agent>", "\0", "<a>&b;</a>"):
            self.assertIsNone(parse_description(text))


class AgentsTests(SynchronousTestCase):
    """What an agent does not know, lacks, or says."""

    def check(self, *agents: Agent, **answers: Answer) -> list[str]:
        """Return what is found."""
        self.asked = Asked({verb.replace("_", "-"): answer for verb, answer in answers.items()})
        findings = Findings()
        check_agents(agents, self.asked, findings)
        self.remedies = [one.remedy for one in findings.problems]
        return [f"{one.gravity.value} {one.where}: {one.text}" for one in findings.problems]

    def test_good(self) -> None:
        """Nothing is found; each agent is asked once for its description, each resource is validated."""
        self.assertEqual(self.check(GOOD, GOOD), [])
        describe, validate = ("/o/Disk", "meta-data", 5.0), ("/o/Disk", "validate-all", 10.0)
        self.assertEqual(self.asked.calls, [describe, validate, validate])

    def test_unknown_parameter(self) -> None:
        """A parameter that the agent does not know has no effect; near names are shown."""
        parameters = {"device": "x", "directory": "y"}
        (said,) = self.check(agent("OCF::Disk::d", "/o/Disk", **parameters, optoins="z"))
        self.assertEqual(
            said, "warning haresources:1:7: [OCF::Disk::d]: its agent knows no parameter optoins"
        )
        self.assertEqual(self.remedies, ["did you mean options?"])
        self.check(agent("OCF::Disk::d", "/o/Disk", **parameters, zz="z"))
        self.assertEqual(self.remedies, ["it knows device, directory, fast and options"])
        self.check(agent(zz="z"), meta_data=Answer(0, "<resource-agent/>"))
        self.assertEqual(self.remedies, ["it knows none"])

    def test_missing_parameter(self) -> None:
        """A parameter that the agent cannot do without is missed."""
        self.assertEqual(
            self.check(agent("Disk")),
            ["warning haresources:1:7: [Disk]: its agent needs device and directory as well"],
        )

    def test_validate(self) -> None:
        """What validate-all says is repeated: the reason it gives, or its last words."""
        for answer, said in (
            (Answer(5, "", "a\nocf-exit-reason:no disk\nERROR: no\n"), "ends with 5: no disk"),
            (Answer(2, "trying\n\n", "ERROR: no\x1b\n"), "ends with 2: ERROR: no\\x1b"),
            (Answer(1), "ends with 1"),
            (Answer(-9, "", "x"), "was ended by signal 9: x"),
            (Answer(None, "hm", timed_out=True), "is not done within 10 s: hm"),
        ):
            expected = f"warning haresources:1:7: [OCF::Disk::d]: validate-all {said}"
            self.assertEqual(self.check(GOOD, validate_all=answer), [expected])

    def test_secrets(self) -> None:
        """What the caller says is secret is not repeated."""
        guarded = evolve(GOOD, conceal=lambda text: text.replace("hunter2", "***"))
        (said,) = self.check(guarded, validate_all=Answer(1, "", "no user with password hunter2\n"))
        self.assertTrue(said.endswith("ends with 1: no user with password ***"), said)

    def test_not_allowed(self) -> None:
        """Who may not ask learns that, as a note."""
        (said,) = self.check(GOOD, validate_all=Answer(4))
        self.assertEqual(said, "note haresources:1:7: [OCF::Disk::d]: validate-all ends with 4")

    def test_no_validate(self) -> None:
        """An agent that does not offer it is not asked."""
        self.check(agent(), meta_data=Answer(0, "<resource-agent/>"), validate_all=Answer(3))
        self.assertEqual([verb for _, verb, _ in self.asked.calls], ["meta-data"])

    def test_bad_agents(self) -> None:
        """An agent that cannot describe itself is named once, and asked nothing more."""
        for answer, said in (
            (Answer(None, refused="Exec format error"), "cannot be run: Exec format error"),
            (Answer(None, timed_out=True), "is not done within 5 s"),
            (Answer(3, "usage: Disk start|stop\n"), "ends with 3: usage: Disk start|stop"),
            (Answer(0, "hello"), "says nothing that makes sense"),
        ):
            self.assertEqual(
                self.check(GOOD, GOOD, meta_data=answer),
                [f"warning haresources:1:7: /o/Disk meta-data {said}"],
            )
            self.assertEqual(len(self.asked.calls), 1)
