# -*- test-case-name: tests.config.test_findings -*-
"""
Collect what is wrong with a configuration, all of it, in words for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from attrs import Factory, define

from hatwist.config.model import Gravity, Position, Problem

MAX_PROBLEMS: Final = 500
"""More than this are not worth reading; a binary file in place of a text has thousands."""

MAX_SHOWN: Final = 60
"""Characters of somebody's text that are repeated in a message."""

MAX_MESSAGE: Final = 600
"""Characters of a whole message."""


@define
class Findings:
    """
    Everything found so far.

    @ivar problems: in the order they were found, at most L{MAX_PROBLEMS} and
        one that says that there are more.
    """

    problems: list[Problem] = Factory(list)

    def error(self, where: Position, code: str, text: str, remedy: str = "") -> None:
        """Add what stops the start."""
        self._add(Gravity.ERROR, where, code, text, remedy)

    def warn(self, where: Position, code: str, text: str, remedy: str = "") -> None:
        """Add what does not stop the start, and should be mended."""
        self._add(Gravity.WARNING, where, code, text, remedy)

    def note(self, where: Position, code: str, text: str, remedy: str = "") -> None:
        """Add what is good to know."""
        self._add(Gravity.NOTE, where, code, text, remedy)

    @property
    def fatal(self) -> bool:
        """Whether anything stops the start."""
        return any(problem.gravity is Gravity.ERROR for problem in self.problems)

    def has(self, code: str) -> bool:
        """Whether a problem of this code was found."""
        return any(problem.code == code for problem in self.problems)

    def ordered(self) -> tuple[Problem, ...]:
        """
        Return the problems file by file, by line and column.

        Files come in the order of their first problem; what concerns a file as
        a whole comes after its lines.
        """
        files = list(dict.fromkeys(problem.where.file for problem in self.problems))
        return tuple(
            sorted(
                self.problems,
                key=lambda one: (
                    files.index(one.where.file),
                    one.where.line == 0,
                    one.where.line,
                    one.where.column,
                ),
            )
        )

    def _add(self, gravity: Gravity, where: Position, code: str, text: str, remedy: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(
                Problem(gravity, where, code, shown(text, MAX_MESSAGE), shown(remedy, MAX_MESSAGE))
            )
        elif len(self.problems) == MAX_PROBLEMS:
            text = f"more than {MAX_PROBLEMS} problems; the rest is not shown"
            self.problems.append(Problem(Gravity.ERROR, where, "too-many-problems", text))


def shown(text: str, limit: int = MAX_SHOWN) -> str:
    """Return C{text} fit for a message: printable, escaped where it is not, cut at C{limit}."""
    cut = text if len(text) <= limit else text[:limit] + "..."
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in cut)


def listed(words: Iterable[str]) -> str:
    """Return C{a, b and c}."""
    *most, last = words
    if not most:
        return last
    return f"{', '.join(most)} and {last}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """
    Return C{did you mean a or b?} for the known words nearest to C{word}.

    @return: empty where nothing is near.
    """
    spellings = {name.lower(): name for name in known}
    near = get_close_matches(word[: 2 * MAX_SHOWN].lower(), spellings, n=3, cutoff=0.7)
    return f"did you mean {' or '.join(spellings[name] for name in near)}?" if near else ""


def _escaped(letter: str) -> str:
    number = ord(letter)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")
