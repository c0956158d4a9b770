# -*- test-case-name: tests.config.test_hosts -*-
"""
Parsers of the host's own tables: C{/etc/hosts} and C{/etc/services}.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hatwist.config.values import is_address


def parse_hosts(text: str) -> Mapping[str, tuple[str, ...]]:
    """
    Read C{/etc/hosts}.

    @return: the addresses of each name, names in lower case.
    """
    found: dict[str, tuple[str, ...]] = {}
    for line in text.split("\n"):
        address, *names = line.partition("#")[0].split() or [""]
        if not is_address(address):
            continue
        for name in names:
            found[name.lower()] = (*found.get(name.lower(), ()), address)
    return MappingProxyType(found)


def parse_services(text: str) -> Mapping[int, str]:
    """
    Read C{/etc/services}.

    @return: the name of each UDP port, the first one it has.
    """
    found: dict[int, str] = {}
    for line in text.split("\n"):
        name, port, *_ = [*line.partition("#")[0].split(), "", ""]
        number, _, protocol = port.partition("/")
        if protocol == "udp" and number.isascii() and number.isdigit() and len(number) <= 5:
            found.setdefault(int(number), name)
    return MappingProxyType(found)
