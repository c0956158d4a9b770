# -*- test-case-name: tests.clients.test_apphb -*-
"""
Who gets what for application heartbeats; the door for the service.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime

from hatwist.clients.apphb import SOCKET, AppFactory, AppHeartbeats
from hatwist.clients.applications import ENTRY, Applications
from hatwist.clients.rights import make_rights

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.cluster.names import Level
    from hatwist.config.model import HaConfig


def make_app_heartbeats(
    directory: str, config: HaConfig, reactor: object, say: Callable[[Level, str], None]
) -> list[AppHeartbeats]:
    """
    Make what listens to applications, if C{use_apphbd} wants it.

    @param directory: of the socket.
    """
    if not config.cf.use_apphbd:
        return []
    clock = IReactorTime(reactor)
    groups = {group.key: tuple(one.text for one in group.resources) for group in config.groups}
    rights = make_rights(config.cf.apiauth)
    applications = Applications(clock, rights, os.geteuid(), groups, say)
    others = any(one.client == ENTRY for one in config.cf.apiauth)
    factory = AppFactory(applications, clock)
    path = os.path.join(directory, SOCKET)
    return [AppHeartbeats(path, applications, factory, reactor, say, others=others)]
