# -*- test-case-name: tests.test_errors -*-
"""
What can go wrong, and whose fault it is.

L{ConfigError} is the administrator's to mend and stops the start;
L{RemoteError} is a peer's doing, counted and logged, never fatal;
L{MediumError} and L{AgentError} are the world's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatwist.config.model import LogSettings


class HatwistError(Exception):
    """Every error that hatwist raises on purpose."""


class ConfigError(HatwistError):
    """
    The configuration cannot be used.

    @ivar problems: everything that was found, not only the first; each has a
        C{str()} that names file, line and column.
    @ivar log: where ha.cf wants log lines, as far as it could be read.
    """

    def __init__(self, problems: Sequence[object], log: LogSettings | None = None) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.log = log


class RemoteError(HatwistError):
    """Somebody sent us bytes that are not an acceptable message."""


class MalformedError(RemoteError):
    """The bytes break the format, or a bound of it."""


class AuthenticationError(RemoteError):
    """
    The signature is missing, names an unknown method, or does not verify.

    @ivar claimed: who the message says has sent it, for the log and for nothing
        else; letters, digits and C{._:-} only, empty when it says nothing.
    """

    def __init__(self, why: str, claimed: str = "") -> None:
        super().__init__(why)
        self.claimed = claimed


class MediumError(HatwistError):
    """A medium cannot be opened or does not carry."""


class AgentError(HatwistError):
    """A resource program cannot be found or run."""


class StateError(HatwistError):
    """A state file cannot be read or written."""


class ControlError(HatwistError):
    """The daemon cannot be asked, or it refuses."""
