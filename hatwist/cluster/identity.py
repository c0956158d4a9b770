# -*- test-case-name: tests.cluster.test_node -*-
"""
Who this node is in this life of its daemon.
"""

from __future__ import annotations

from attrs import frozen

from hatwist.config.model import NodeName, Seconds


@frozen
class Identity:
    """
    Name, uuid and generation; already on disk when the core learns of them.

    @ivar uuid: sixteen bytes, in the order of the text form.
    @ivar generation: greater than in any former life.
    @ivar epoch: seconds since 1970 at monotonic time 0, for the field C{ts}.
    @ivar process: the daemon's process id, for the log's words only.
    """

    name: NodeName
    uuid: bytes
    generation: int
    epoch: Seconds = 0.0
    process: int = 0

    def stamp(self, now: Seconds) -> str:
        """Return the field C{ts}: hexadecimal, and never 0, which means that there is none."""
        return f"{max(1, int(self.epoch + now)):x}"
