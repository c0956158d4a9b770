# -*- test-case-name: tests.sim.test_plan -*-
"""
What a simulated cluster is made of: nodes, settings, groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.config.durations import seconds
from hatwist.config.findings import Findings
from hatwist.config.haresources import parse_haresources
from hatwist.config.model import (
    AutoFailback,
    Fencing,
    FencingDevice,
    HaCf,
    HaConfig,
    LinkName,
    MediumSpec,
    NodeName,
    Position,
    ResourceGroup,
    Settings,
    node_name,
)
from hatwist.errors import ConfigError
from hatwist.wire.auth import Key, Keyring

if TYPE_CHECKING:
    from collections.abc import Iterable

NOWHERE: Final = Position("scenario")
KEYS: Final = Keyring(1, (Key(1, "sha1", b"a simulated secret"),))
_TIMES: Final = (
    "keepalive",
    "deadtime",
    "warntime",
    "initdead",
    "deadping",
    "max_rexmit_delay",
    "ipfail",
)


@define
class Plan:
    """
    A configuration in the making.

    @ivar seed: of everything that is random in the world.
    """

    seed: int = 1
    nodes: tuple[NodeName, ...] = (NodeName("alpha"), NodeName("beta"))
    links: tuple[LinkName, ...] = (LinkName("eth0"),)
    pings: tuple[LinkName, ...] = ()
    times: dict[str, float] = field(
        factory=lambda: {"keepalive": 1.0, "deadtime": 10.0, "warntime": 5.0, "initdead": 20.0}
    )
    failback: AutoFailback = AutoFailback.ON
    parallel: int = Settings().parallel
    guardian: bool = False
    fencing: bool = False
    groups: list[ResourceGroup] = field(factory=list)

    def set_nodes(self, words: Iterable[str]) -> None:
        """
        Read C{alpha beta keepalive=2 links=eth0,eth1 ping=gate ipfail=0 auto_failback=off guardian=on}.

        @raise ValueError: for a setting that does not exist.
        """
        self.nodes = ()
        for word in words:
            name, assigned, value = word.partition("=")
            if not assigned:
                self.nodes = (*self.nodes, node_name(name))
            elif name == "links":
                self.links = tuple(LinkName(link) for link in value.split(","))
            elif name == "ping":
                self.pings = tuple(LinkName(link) for link in value.split(","))
            elif name == "auto_failback":
                self.failback = AutoFailback(value)
            elif name == "parallel":
                self.parallel = int(value)
            elif name == "fencing" and value in ("on", "off"):
                self.fencing = value == "on"
            elif name == "guardian" and value in ("on", "off"):
                self.guardian = value == "on"
            elif name in _TIMES:
                self.times[name] = seconds(value)
            else:
                raise ValueError(f"no such setting: {name}")

    def add_group(self, words: Iterable[str]) -> None:
        """
        Add a line of haresources.

        @raise ConfigError: when it is not one.
        @raise ValueError: when its home is no node.
        """
        findings = Findings()
        groups = parse_haresources(" ".join(words), "scenario", findings)
        if findings.ordered():
            raise ConfigError(findings.ordered())
        for group in groups:
            if group.node not in self.nodes:
                raise ValueError(f"no such node: {group.node}; there are {', '.join(self.nodes)}")
        self.groups.extend(groups)

    def config(self) -> HaConfig:
        """Return the configuration that every node has."""
        media = [MediumSpec("bcast", link, NOWHERE, interface=link) for link in self.links]
        media.extend(MediumSpec("ping", link, NOWHERE, address=link) for link in self.pings)
        cf = HaCf(self.nodes, tuple(media), auto_failback=self.failback, **self.times)  # type: ignore[arg-type]
        device = FencingDevice("switch", "switch", NOWHERE)
        fencing = Fencing(devices=(device,)) if self.fencing else Fencing()
        settings = Settings(parallel=self.parallel, guardian=self.guardian, fencing=fencing)
        return HaConfig(cf, KEYS, tuple(self.groups), settings)
