# -*- test-case-name: tests.media.test_registry -*-
"""
Which directive makes which medium.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.errors import MediumError
from hatwist.media.bcast import BCAST
from hatwist.media.mcast import MCAST
from hatwist.media.mcast6 import MCAST6
from hatwist.media.ping import KINDS, PingFactory
from hatwist.media.serial import SerialFactory
from hatwist.media.ucast import UCAST
from hatwist.media.ucast6 import UCAST6
from hatwist.media.udp import UdpFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hatwist.cluster.names import Level
    from hatwist.interfaces import IMediumFactory

RECIPES: Final = (BCAST, MCAST, MCAST6, UCAST, UCAST6)


def factories(say: Callable[[Level, str], None]) -> dict[str, IMediumFactory]:
    """
    Return the built-in kinds of media by directive.

    @param say: takes the historical lines of opening and closing, for ha-log.
    """
    known: dict[str, IMediumFactory] = {recipe.name: UdpFactory(recipe, say) for recipe in RECIPES}
    known |= {kind.name: PingFactory(kind, say) for kind in KINDS}
    known["serial"] = SerialFactory(say)
    return known


def find(kind: str, known: Mapping[str, IMediumFactory]) -> IMediumFactory:
    """
    Return the factory of a directive.

    @raise MediumError: there is none; names those there are.
    """
    try:
        return known[kind]
    except KeyError:
        names = ", ".join(sorted(known))
        raise MediumError(f"no medium is called {kind!r}; there are: {names}") from None
