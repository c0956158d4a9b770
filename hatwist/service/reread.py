# -*- test-case-name: tests.service.test_reread -*-
"""
What SIGHUP is for: files of the configuration that have changed meanwhile.

New keys are used at once.  heartbeat ends when the new file is broken; here the
old keys stay in use.  Everything else takes effect at the next start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from twisted.logger import Logger

from hatwist.cluster.names import Level
from hatwist.config.load import load_keys
from hatwist.config.model import Gravity, Problem
from hatwist.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.defer import Deferred

    from hatwist.wire.auth import Keyring

KEYS: Final = "authkeys"
OTHERS: Final = ("ha.cf", "haresources", "hatwist.toml")

_LEVELS: Final = {Gravity.WARNING: Level.WARN, Gravity.NOTE: Level.INFO, Gravity.ERROR: Level.ERROR}

_Stamp = tuple[int, int, int] | None


class Reread:
    """
    The files of one node, as they were when they were last read.

    Make it before they are read: then no change is overlooked.
    """

    _log = Logger()

    def __init__(
        self,
        directory: str,
        say: Callable[[Level, str], None],
        rekey: Callable[[Keyring], None],
        in_thread: Callable[[Callable[[], None]], Deferred[None]],
    ) -> None:
        """
        @param say: takes a line for the log.
        @param rekey: takes new keys.
        @param in_thread: calls something that may have to wait for a disk.
        """
        self._directory = directory
        self._say = say
        self._rekey = rekey
        self._in_thread = in_thread
        self._busy = False
        self._again = False
        self._broken = ""
        self._stamps = self._look()

    def __call__(self) -> None:
        """Look what has changed, and say and do what follows from it; never blocks."""
        self._again = self._busy
        if self._busy:
            return
        self._busy = True
        found: list[_Found] = []
        done = self._in_thread(lambda: found.append(_Found(self._directory, self._look(), self._stamps)))
        done.addCallback(lambda _: self._conclude(found[0]))
        done.addErrback(lambda failure: self._log.failure("While reading the configuration anew:", failure))
        done.addBoth(lambda _: self._rest())

    def troubles(self) -> Sequence[str]:
        """Say what an operator should mend: keys that could not be used, until good ones were read."""
        return [self._broken] if self._broken else []

    def _rest(self) -> None:
        self._busy = False
        if self._again:
            self()

    def _look(self) -> dict[str, _Stamp]:
        return {name: _stamp(os.path.join(self._directory, name)) for name in (KEYS, *OTHERS)}

    def _conclude(self, found: _Found) -> None:
        for name in OTHERS:
            if name in found.changed:
                text = f"{name} has changed: it takes effect when heartbeat is stopped and started again"
                self._say(Level.WARN, text)
        if KEYS in found.changed:
            self._conclude_keys(found)
            return
        # The file that is in use is there again.
        self._broken = ""
        if not found.changed:
            self._say(Level.INFO, "Configuration unchanged.")

    def _conclude_keys(self, found: _Found) -> None:
        self._say(Level.INFO, "Rereading authentication file.")
        for level, text in found.problems:
            self._say(level, text)
        if found.keys is None:
            refusal = f"{KEYS} cannot be used: the keys from before stay in use"
            self._say(Level.ERROR, refusal)
            why = next((text for level, text in found.problems if level is Level.ERROR), "")
            self._broken = f"{refusal} ({why})" if why else refusal
            return
        self._broken = ""
        # Broken keys are looked at again each time: only what is in use is remembered.
        self._stamps[KEYS] = found.stamps[KEYS]
        self._rekey(found.keys)


class _Found:
    """
    What has changed; made in a thread.

    @ivar keys: the new keys; None if they did not change, or cannot be used.
    @ivar problems: what is to be said about them.
    """

    def __init__(self, directory: str, stamps: dict[str, _Stamp], before: dict[str, _Stamp]) -> None:
        self.stamps = stamps
        self.changed = frozenset(name for name, stamp in stamps.items() if stamp != before[name])
        self.keys: Keyring | None = None
        self.problems: Sequence[tuple[Level, str]] = ()
        if KEYS not in self.changed:
            return
        try:
            self.keys, problems = load_keys(directory)
        except ConfigError as error:
            problems = tuple(one for one in error.problems if isinstance(one, Problem))
        self.problems = [(_LEVELS[one.gravity], _in_words(one)) for one in problems]


def _stamp(path: str) -> _Stamp:
    """Return what changes with a file's text; None if there is none."""
    try:
        there = os.stat(path)
    except OSError:
        return None
    return there.st_ino, there.st_mtime_ns, there.st_size


def _in_words(problem: Problem) -> str:
    remedy = f" ({problem.remedy})" if problem.remedy else ""
    return f"{problem.text} [{problem.where}]{remedy}"
