# -*- test-case-name: tests.config.test_parameters -*-
"""
The parameters of OCF agents.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.parameters import MAX_FILE, MAX_PARAMETERS, by_position, parse_parameters
from hatwist.config.wrappers import POSITIONAL
from hatwist.errors import AgentError


class PositionTests(SynchronousTestCase):
    """L{by_position}; the whole table is tried with the agents, in tests.resources."""

    def name(self, script: str, *arguments: str) -> dict[str, str]:
        """Return the parameters that a wrapper's arguments mean."""
        return by_position(script, POSITIONAL[script], arguments)

    def test_in_order(self) -> None:
        """Arguments get the names of the table; what is not written is not passed."""
        self.assertEqual(self.name("Delay", "5"), {"startdelay": "5"})

    def test_two_spellings(self) -> None:
        """Some wrappers look into their first argument."""
        self.assertEqual(self.name("SendArp", "10.0.0.1/eth0"), {"ip": "10.0.0.1", "nic": "eth0"})
        self.assertEqual(self.name("WAS", "8080"), {"port": "8080"})

    def test_too_many(self) -> None:
        """An argument without a name is refused."""
        problem = self.assertRaises(AgentError, self.name, "LVM", "vg0", "vg1")
        self.assertEqual(str(problem), "LVM takes volgrpname, not vg0::vg1")


class ParameterFileTests(SynchronousTestCase):
    """L{parse_parameters}."""

    def test_shell_like_lines(self) -> None:
        """Quotes, comments, blank lines and the prefix are as in a shell file."""
        text = "# web\n\n configfile=/etc/a.conf  # main\nOCF_RESKEY_options='-D \"X\"'\nempty=\n"
        expected = {"configfile": "/etc/a.conf", "options": '-D "X"', "empty": ""}
        self.assertEqual(parse_parameters(text, "web"), expected)

    def test_mistakes_are_named(self) -> None:
        """What is not NAME=value is an error with file and line."""
        for text, problem in {
            "a=1\nexport b": "web:2: not NAME=value: export",
            "a b=1": "web:1: not NAME=value: a",
            "a='1": "web:1: No closing quotation",
            "1a=1": "web:1: not NAME=value: 1a=1",
        }.items():
            self.assertEqual(str(self.assertRaises(AgentError, parse_parameters, text, "web")), problem)

    def test_too_many(self) -> None:
        """The number of parameters is bounded."""
        text = "\n".join(f"a{number}=1" for number in range(MAX_PARAMETERS + 1))
        self.assertRaises(AgentError, parse_parameters, text, "web")

    def test_too_long(self) -> None:
        """So is the file."""
        self.assertRaises(AgentError, parse_parameters, "#" * (MAX_FILE + 1), "web")
