# -*- test-case-name: tests.test_interfaces -*-
"""
Who says that it provides a seam does provide all of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementedBy
from zope.interface.interface import InterfaceClass
from zope.interface.verify import verifyClass

import hatwist
from hatwist import interfaces
from hatwist.children.respawn import Children
from hatwist.clients.api import ClientApi
from hatwist.clients.apphb import AppHeartbeats
from hatwist.control.happenings import Happenings
from hatwist.fencing.devices import Operator, ProgramDevice
from hatwist.fencing.fencer import Fencer
from hatwist.fencing.memory import MemoryDevice, MemoryFencer
from hatwist.media.memory import MemoryFactory, MemoryMedium
from hatwist.media.ping import PingFactory, PingMedium
from hatwist.media.serial import SerialFactory, SerialMedium
from hatwist.media.udp import UdpFactory, UdpMedium
from hatwist.resources.agents import OcfAgent, ScriptAgent, UnitAgent
from hatwist.resources.build import AnnouncedScript
from hatwist.resources.ipaddr import AddressAgent
from hatwist.resources.memory import MemoryAgent
from hatwist.resources.monitor import Monitor
from hatwist.resources.operations import NotedAgent
from hatwist.resources.processes import Processes
from hatwist.resources.rcd import RcScripts
from hatwist.service.fifo import Fifo
from hatwist.service.guardian import GuardianLink
from hatwist.service.life import Life
from hatwist.service.memory_guardian import MemoryGuardian
from hatwist.service.node_service import NodeService
from hatwist.service.pidfile import PidFile

SEAMS: dict[InterfaceClass, list[type]] = {
    interfaces.IMediumReceiver: [Life],
    interfaces.IMedium: [MemoryMedium, PingMedium, SerialMedium, UdpMedium],
    interfaces.ICounting: [SerialMedium],
    interfaces.IMediumFactory: [MemoryFactory, PingFactory, SerialFactory, UdpFactory],
    interfaces.IResourceAgent: [
        AddressAgent,
        AnnouncedScript,
        MemoryAgent,
        OcfAgent,
        ScriptAgent,
        UnitAgent,
        NotedAgent,
    ],
    interfaces.IWitness: [Monitor],
    interfaces.IProcesses: [Processes],
    interfaces.IFencingDevice: [MemoryDevice, Operator, ProgramDevice],
    interfaces.IFencer: [Fencer, MemoryFencer],
    interfaces.IGuardian: [GuardianLink, MemoryGuardian],
    interfaces.IPrograms: [AppHeartbeats, Children, ClientApi, Fifo, PidFile, RcScripts],
    interfaces.IControlObserver: [Happenings],
    interfaces.IClusterControl: [NodeService],
}
"""Each seam and every class of ours that provides it."""


def classes() -> Iterator[type]:
    """Yield every class that a module of hatwist defines."""
    for found in pkgutil.walk_packages(hatwist.__path__, "hatwist."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            for one in vars(module).values():
                if isinstance(one, type) and one.__module__ == found.name:
                    yield one


class SeamTests(SynchronousTestCase):
    """Interfaces and their implementations."""

    def test_every_implementation_is_whole(self) -> None:
        """No method is missing, and each takes the arguments its seam promises."""
        for seam, implementations in SEAMS.items():
            for one in implementations:
                # Attributes such as C{spec} and C{name} exist on objects, so they are not looked for here.
                self.assertTrue(verifyClass(seam, one), f"{one} for {seam}")

    def test_none_is_forgotten(self) -> None:
        """The list above is what is there."""
        there = {seam: [one for one in classes() if seam in list(implementedBy(one))] for seam in SEAMS}
        named = {seam: sorted(one.__qualname__ for one in found) for seam, found in there.items()}
        listed = {seam: sorted(one.__qualname__ for one in found) for seam, found in SEAMS.items()}
        self.assertEqual(named, listed)

    def test_every_seam_is_used(self) -> None:
        """No interface stands there without anybody who provides it."""
        declared = [one for one in vars(interfaces).values() if isinstance(one, InterfaceClass)]
        ours = [one for one in declared if one.__module__ == interfaces.__name__]
        self.assertEqual(sorted(one.__name__ for one in ours), sorted(one.__name__ for one in SEAMS))

    def test_everything_is_explained(self) -> None:
        """Each seam and each of its methods has a docstring."""
        for seam in SEAMS:
            self.assertTrue(seam.__doc__, seam)
            for name, what in seam.namesAndDescriptions():
                self.assertTrue(what.__doc__, f"{seam.__name__}.{name}")
