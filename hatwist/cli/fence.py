# -*- test-case-name: tests.cli.test_fence -*-
"""
Show what was fenced and whether the devices answer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

from hatwist.control.entries import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatwist.control.client import DeviceReport, FencingReport


def show_fencing(
    devices: Sequence[DeviceReport], fencings: Sequence[FencingReport], out: TextIO, *, as_json: bool
) -> None:
    """Write a line for each device and each fencing, newest last."""
    if as_json:
        json.dump({"devices": list(devices), "fencings": list(fencings)}, out, indent=2)
        out.write("\n")
        return
    lines = [f"device {one['name']} ({one['type']}): {_health(one)}" for one in devices]
    lines += [fencing_line(one) for one in fencings]
    out.writelines(f"{line}\n" for line in lines or ["No fencing device is configured."])


def fencing_line(one: FencingReport) -> str:
    """Say who was fenced, by whom, why, how it ended, and how long it took."""
    by = f" by {one['by']}" if one["by"] else ""
    words = f" ({one['words']})" if one["words"] else ""
    ended = f"{one['outcome']}{by} after {one['took']:.1f} s{words}"
    return f"{iso(one['when'])} {one['asker']} fenced {one['target']}: {ended}; why: {one['why']}"


def _health(one: DeviceReport) -> str:
    return "answers" if one["well"] else f"does not answer: {one['words']}"
