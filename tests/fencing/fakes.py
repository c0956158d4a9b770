"""
Devices in memory, and how to make them.
"""

from __future__ import annotations

from hatwist.config.model import FencingDevice, Position
from hatwist.fencing.memory import MemoryDevice
from hatwist.fencing.results import Answer, FenceOutcome

NO = Answer(FenceOutcome.FAILED, "no")
SILENT = Answer(FenceOutcome.TIMED_OUT, "its time was up")


def spec(
    name: str, kind: str = "baytech", level: int = 1, retries: int = 0, timeout: float = 60.0
) -> FencingDevice:
    """Say what a device is."""
    where = Position("hatwist.toml", 1)
    return FencingDevice(name, kind, where, level=level, retries=retries, timeout=timeout)


def memory(
    name: str, *answers: Answer, kind: str = "baytech", level: int = 1, retries: int = 0, slow: bool = False
) -> MemoryDevice:
    """Make a device in memory; after its answers it confirms everything."""
    return MemoryDevice(spec(name, kind, level, retries), list(answers), slow)
