# -*- test-case-name: tests.resources.test_watching -*-
"""
What was seen of a resource while its group runs here, told once for each change.

Nothing is decided here, and nothing here asks: who asks C{status} says what came out.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field, frozen
from twisted.logger import Logger

from hatwist.cluster.names import Outcome


@frozen
class ResourceFailed:
    """
    A resource of a group that was started here does not run.

    @ivar key: of the group.
    @ivar resource: as in haresources.
    @ivar how: what was seen, for people.
    @ivar proven: its status said stopped before our start, and running after it.
    """

    key: str
    resource: str
    how: str
    proven: bool


@frozen
class ResourceRecovered:
    """
    A resource that had failed runs again.

    @ivar key: of the group.
    @ivar resource: as in haresources.
    """

    key: str
    resource: str


Seen = ResourceFailed | ResourceRecovered


@define
class Watched:
    """
    What the status of one resource has said, and what follows from it.

    An unreliable status is said in the log once, and tells nothing.
    """

    _log = Logger()

    key: str
    resource: str
    _tell: Callable[[Seen], None]
    _stopped_before: bool = field(default=False, init=False)
    _proven: bool = field(default=False, init=False)
    _running_here: bool = field(default=False, init=False)
    _failed: bool = field(default=False, init=False)
    _warned: bool = field(default=False, init=False)

    def before_start(self, outcome: Outcome) -> None:
        """Take what the status said just before our start."""
        self._stopped_before = outcome is Outcome.STOPPED
        self._proven = self._running_here = self._failed = False

    def after_start(self, outcome: Outcome) -> None:
        """Take what the status said just after our start, which succeeded."""
        self._running_here = True
        self._proven = self._stopped_before and outcome is Outcome.RUNNING
        if not self._proven and not self._warned:
            self._warned = True
            self._log.warn("unreliable status of {resource}: not watched", resource=self.resource)

    def stopping(self) -> None:
        """Take note that we stop it: what is seen from now on is our own doing."""
        self._running_here = self._failed = False

    def look(self, outcome: Outcome, how: str) -> None:
        """
        Take what a look at it said; tell if that is a change.

        @param how: what was seen, for people.
        """
        failed = outcome is not Outcome.RUNNING
        if not self._running_here or not self._proven or failed is self._failed:
            return
        self._failed = failed
        if failed:
            self._tell(ResourceFailed(self.key, self.resource, how, self._proven))
        else:
            self._tell(ResourceRecovered(self.key, self.resource))
