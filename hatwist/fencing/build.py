# -*- test-case-name: tests.fencing.test_build -*-
"""
Who gets what in this room; the one door for the service.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from types import MappingProxyType
from typing import Final

from twisted.internet.interfaces import IReactorProcess, IReactorTime

from hatwist.config.fencing import OPERATOR, devices_of
from hatwist.config.model import FencingDevice, HaConfig, NodeName
from hatwist.fencing.devices import Operator, ProgramDevice, find_program
from hatwist.fencing.fencer import Fencer
from hatwist.interfaces import IFencingDevice
from hatwist.resources.build import PATH
from hatwist.resources.process import run_program
from hatwist.resources.reporting import Log

ENVIRONMENT: Final = MappingProxyType({"PATH": PATH, "LANG": "C", "LC_ALL": "C"})
"""The whole environment of the programs of devices: nothing of it is secret."""


def make_fencer(
    reactor: object,
    config: HaConfig,
    node: NodeName,
    log: Log,
    wall: Callable[[], float] = time.time,
    find: Callable[[str], str] = find_program,
) -> Fencer:
    """
    Make the fencer of a node, with every device that its files name.

    @param reactor: provides C{IReactorProcess} and C{IReactorTime}.
    @param find: returns the path of a program; empty if it is not installed.
    """
    clock = IReactorTime(reactor)
    fencing = config.settings.fencing
    launch = partial(run_program, IReactorProcess(reactor), clock)

    def device(spec: FencingDevice) -> IFencingDevice:
        if spec.type == OPERATOR:
            return Operator(spec, clock, log)
        return ProgramDevice(spec, launch, ENVIRONMENT, find)

    devices = [device(spec) for spec in devices_of(config.cf, fencing)]
    return Fencer(node, fencing, devices, clock, wall, log)
