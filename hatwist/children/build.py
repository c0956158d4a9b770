# -*- test-case-name: tests.children.test_build -*-
"""
Who gets what in this room; the one door for the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime
from twisted.internet.threads import deferToThread

from hatwist.children.reboot import restart_host
from hatwist.children.respawn import Children

if TYPE_CHECKING:
    from hatwist.cluster.names import Level
    from hatwist.config.model import Respawn


def make_children(
    lines: Iterable[Respawn],
    environment: Mapping[str, str],
    reactor: object,
    say: Callable[[Level, str], None],
) -> Children:
    """Make the children of a daemon that may restart its host; the parameters are those of L{Children}."""
    reboot = partial(restart_host, IReactorTime(reactor), deferToThread)
    return Children(lines, environment, reactor, say, reboot)
