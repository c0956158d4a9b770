# -*- test-case-name: tests.service.test_preamble -*-
"""
What heartbeat's parent process logs before it forks, in its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist import __version__
from hatwist.cluster.names import Level
from hatwist.config.model import Gravity, LogSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hatwist.config.load import Loaded
    from hatwist.config.model import Problem

HEARTBEAT: Final = f"3.0.6 (hatwist {__version__})"
"""The version we speak, and our own."""

_LEVELS: Final = {Gravity.WARNING: Level.WARN, Gravity.NOTE: Level.INFO, Gravity.ERROR: Level.ERROR}
_REASONS: Final = {
    "Initial dead time": (
        (Level.INFO, "Initial dead time accounts for slow network startup time"),
        (Level.INFO, "It should be >= deadtime and >= 10 seconds"),
    ),
    "Deprecated 'legacy' auto_failback": (
        (Level.WARN, "Please convert to 'auto_failback on'."),
        (Level.WARN, "See documentation for conversion details."),
    ),
}
"""What heartbeat adds to a warning, by the words with which that begins."""

_NO: Final = frozenset({"no", "off", "false", "n", "0"})


def log_settings(given: LogSettings) -> LogSettings:
    """Without any destination heartbeat writes to a log daemon that nobody runs; we write to syslog."""
    if given.logfile or given.debugfile or given.facility:
        return given
    return LogSettings(facility="daemon", syslogmsgfmt=given.syslogmsgfmt)


def say_preamble(loaded: Loaded, say: Callable[[Level, str], None]) -> None:
    """Log what the configuration is worth, and that heartbeat starts."""
    cf = loaded.config.cf
    if cf.pacemaker is not None:
        value = "false" if cf.pacemaker.lower() in _NO else cf.pacemaker
        say(Level.INFO, f"Pacemaker support: {value}")
    for problem in loaded.problems:
        say(_LEVELS[problem.gravity], f"{problem.text} [{problem.where}]")
        for level, text in _reasons(problem.text):
            say(level, text)
    if not cf.log.use_logd:
        say(Level.WARN, "Logging daemon is disabled --enabling logging daemon is recommended")
    say(Level.INFO, "**************************")
    say(Level.INFO, f"Configuration validated. Starting heartbeat {HEARTBEAT}")


def say_refusal(problems: Sequence[Problem], say: Callable[[Level, str], None]) -> None:
    """Log why the configuration cannot be used, as heartbeat does before it ends."""
    for problem in problems:
        say(_LEVELS[problem.gravity], f"{problem.text} [{problem.where}]")
    say(Level.ERROR, "Heartbeat not started: configuration error.")
    say(Level.ERROR, "Configuration error, heartbeat not started.")


def _reasons(warning: str) -> tuple[tuple[Level, str], ...]:
    return next((reasons for words, reasons in _REASONS.items() if warning.startswith(words)), ())
