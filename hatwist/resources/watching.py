# -*- test-case-name: tests.resources.test_watching -*-
"""
What was seen of a resource while its group runs here, told once for each change.

Nothing is decided here, and nothing here asks: who asks C{status} says what came out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, field

from hatwist.cluster.events import ResourceFailed
from hatwist.cluster.names import Level, Outcome
from hatwist.resources.reporting import RESOURCE_MANAGER, Log

MAX_LOOKS: Final = 10
"""Looks after a start within which a status has to say that the resource runs."""


@define
class Watched:
    """
    What the status of one resource has said, and what follows from it.

    A status has proved itself when it said stopped before our start and running after
    it; one that has not is said in the log once, and its failures are nobody's business.

    @ivar key: of the group.
    @ivar resource: as in haresources.
    """

    key: str
    resource: str
    _tell: Callable[[ResourceFailed], None]
    _log: Log
    _stopped_before: bool = field(default=False, init=False)
    _here: bool = field(default=False, init=False)
    _proven: bool | None = field(default=None, init=False)
    "None: nobody knows yet."
    _looks: int = field(default=0, init=False)
    _failed: bool = field(default=False, init=False)
    _missed: bool = field(default=False, init=False)
    "It has failed whatever its status says."
    _warned: bool = field(default=False, init=False)

    @property
    def here(self) -> bool:
        """Whether it was started here, and not stopped since."""
        return self._here

    @property
    def well(self) -> bool:
        """Whether it is here, and nothing else is known."""
        return self._here and not self._failed

    @property
    def judged(self) -> bool:
        """Whether it is known if its status can be relied on."""
        return self._proven is not None

    def before_start(self, outcome: Outcome) -> None:
        """Take what the status said just before our start; what runs here already stays as it was."""
        if self._here and outcome is Outcome.RUNNING:
            return
        self._stopped_before = outcome is Outcome.STOPPED
        self._here = False

    def started(self) -> None:
        """Take note that its group was started, or that what had failed of it was."""
        self._failed = self._missed = False
        if not self._here:
            self._here, self._proven, self._looks = True, None, 0

    def stopping(self) -> None:
        """Take note that we stop it: what is seen from now on is our own doing."""
        self._here = self._missed = False

    def missed(self, how: str) -> None:
        """
        Tell that it has failed whatever its status says: an application of it is silent.

        @param how: what was seen, for people.
        """
        self._failed = self._missed = True
        self._tell(ResourceFailed(self.key, self.resource, how))

    def look(self, outcome: Outcome, how: str) -> None:
        """
        Take what a look at it said; tell if that is a change.

        @param how: what was seen, for people.
        """
        if not self._here:
            return
        if not self.judged:
            self._judge(outcome)
            return
        failed = outcome is not Outcome.RUNNING
        if not self._proven or self._missed or failed is self._failed:
            return
        self._failed = failed
        if failed:
            self._tell(ResourceFailed(self.key, self.resource, how))
        else:
            self._log(Level.INFO, f"Resource {self.resource} runs again.", RESOURCE_MANAGER)

    def _judge(self, outcome: Outcome) -> None:
        """Judge the status itself; a service may take some seconds to show that it runs."""
        self._looks += 1
        if outcome is Outcome.RUNNING:
            self._proven = self._stopped_before
        elif self._looks >= MAX_LOOKS:
            self._proven = False
        if self._proven is False and not self._warned:
            self._warned = True
            text = (
                f"The status of {self.resource} did not prove itself (stopped before our start, running"
                " after it): its failures are not acted on."
            )
            self._log(Level.WARN, text, RESOURCE_MANAGER)
