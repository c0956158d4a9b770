# -*- test-case-name: tests.cluster.test_guard -*-
"""
What the guardian decides: whether this host may still answer for what it was entrusted.

The guardian is a process of its own, so this module needs nothing but the language.
Times are seconds of CLOCK_BOOTTIME.  The rules:

 - What is to be started is entrusted first, and only while the deadline is ahead.
 - The daemon pushes the deadline.  A push counts if it was handed over before the deadline
   that it replaces, however late it is read: one that was frozen cannot push itself back to life.
 - When the deadline passes, everything that is entrusted has lapsed: it is released here,
   whatever the daemon says, until somebody has proven that it is released.
"""

from __future__ import annotations

HELD = "held"
"""Entrusted, and the deadline is ahead."""

LAPSED = "lapsed"
"""The deadline passed; it is being released."""

RELEASED = "released"
"""The deadline passed, and nothing of it runs any more."""

STUCK = "stuck"
"""The deadline passed, and it could not be released."""

NEVER = float("-inf")


class Guard:
    """
    The decisions of one host's guardian.

    @ivar deadline: until when what is entrusted may run.
    @ivar solo: the daemon knew of no living peer when it pushed.
    @ivar groups: the state of each entrusted group, by key.
    """

    def __init__(self) -> None:
        self.deadline = NEVER
        self.solo = False
        self.groups: dict[str, str] = {}
        self._later: tuple[float, bool] | None = None
        "What was pushed while something had lapsed: it counts once everything is released."

    def push(self, at: float, solo: bool, said: float) -> bool:
        """
        Move the deadline.

        @param said: when the daemon handed it over.
        @return: whether it counts.
        """
        if self.lapsed:
            self._later = at, solo
            return False
        if self.groups and said >= self.deadline:
            return False
        self.deadline, self.solo, self._later = at, solo, None
        return True

    def entrust(self, key: str, now: float) -> bool:
        """
        Take on a group that is about to be started.

        @return: whether it may be started.
        """
        if now >= self.deadline or self.lapsed:
            return False
        self.groups[key] = HELD
        return True

    def release(self, key: str) -> None:
        """Take note that nothing of a group runs any more: the daemon has proven it."""
        self.groups.pop(key, None)
        if self._later is not None and not self.groups:
            self.deadline, self.solo = self._later
            self._later = None

    def look(self, now: float) -> tuple[str, ...]:
        """Return the keys of the groups whose time is up just now: each is to be released at once."""
        if now < self.deadline:
            return ()
        over = tuple(key for key, state in self.groups.items() if state == HELD)
        for key in over:
            self.groups[key] = LAPSED
        return over

    def finished(self, key: str, released: bool) -> None:
        """Take note of how the release of a lapsed group ended."""
        if self.groups.get(key) in (LAPSED, STUCK):
            self.groups[key] = RELEASED if released else STUCK

    def give_up(self, key: str) -> None:
        """Take note that the daemon cannot stop a group: nobody knows whether it runs."""
        if key in self.groups:
            self.groups[key] = STUCK

    @property
    def lapsed(self) -> bool:
        """Whether something has lapsed that nobody has proven released since."""
        return any(state != HELD for state in self.groups.values())

    def attach(self) -> tuple[str, ...]:
        """
        Take note of a daemon that has just been started.

        @return: the keys of what has lapsed and is not released yet: it has to see to it.
        """
        for key in [key for key, state in self.groups.items() if state == RELEASED]:
            self.release(key)
        return tuple(key for key, state in self.groups.items() if state != HELD)

    @property
    def held(self) -> tuple[str, ...]:
        """The keys of the groups that may run."""
        return tuple(key for key, state in self.groups.items() if state == HELD)

    def feeds(self, now: float, patience: float) -> bool:
        """
        Say whether the watchdog is to be fed.

        Not if something is stuck, nor if a release takes longer than it may.

        @param patience: seconds after the deadline that the stops of everything may take.
        """
        states = self.groups.values()
        if STUCK in states:
            return False
        busy = LAPSED in states or (HELD in states and now >= self.deadline)
        return not busy or now < self.deadline + patience
