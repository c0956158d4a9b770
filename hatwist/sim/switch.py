# -*- test-case-name: tests.sim.test_world -*-
"""
The fencing device of a simulated cluster: it cuts any host's power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from hatwist.config.model import Seconds


@define
class Switch:
    """
    How it behaves.

    @ivar takes: seconds until it answers.
    @ivar works: it does what it is told, and says so.
    @ivar lies: it says so, whatever it does.
    """

    takes: Seconds = 1.0
    works: bool = True
    lies: bool = False
