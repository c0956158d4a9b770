"""
Everything that a node knows, as plain values that can be compared and measured.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from attrs import has

from hatwist.cluster.complaints import Complaints
from hatwist.cluster.identity import Identity
from hatwist.config.model import HaCf, HaConfig

if TYPE_CHECKING:
    from hatwist.cluster.node import Node

_LEFT_OUT: Final = (Complaints, HaCf, HaConfig, Identity)
"""What may change without harm, and what never does."""

_CONTAINERS: Final = (dict, list, tuple, set, frozenset)


def knowledge(node: Node, *but: type) -> object:
    """
    Return what all machines of a node know, except for the counters of what others did wrong.

    @param but: types of which nothing is to be told either.
    """
    left_out = (*_LEFT_OUT, *but)
    machines = {name: plain(machine, left_out) for name, machine in sorted(node._machines.items())}
    return (machines, node.next_deadline(), node._reasons)


def plain(value: object, left_out: tuple[type, ...] = _LEFT_OUT) -> object:
    """Return a value as one that compares, and does not change with it."""
    if isinstance(value, left_out):
        return type(value).__name__
    if isinstance(value, Random):
        return hash(value.getstate())
    if isinstance(value, dict):
        return tuple((plain(key), plain(one, left_out)) for key, one in value.items())
    if isinstance(value, set | frozenset):
        return frozenset(plain(one, left_out) for one in value)
    if isinstance(value, list | tuple):
        return tuple(plain(one, left_out) for one in value)
    if has(type(value)):
        told = (plain(getattr(value, one), left_out) for one in _names(value))
        return (type(value).__name__, *told)
    return value


def elements(value: object) -> int:
    """Count what is in containers, at any depth."""
    if isinstance(value, (*_LEFT_OUT, str, bytes)):
        return 0
    if isinstance(value, dict):
        return len(value) + sum(elements(one) for one in value.values())
    if isinstance(value, _CONTAINERS):
        return len(value) + sum(elements(one) for one in value)
    if has(type(value)):
        return sum(elements(getattr(value, one)) for one in _names(value))
    return 0


def _names(value: object) -> list[str]:
    return [one.name for one in getattr(type(value), "__attrs_attrs__", ())]


def size(node: Node) -> int:
    """Count what all machines of a node hold; what several hold counts several times."""
    return elements(node._machines) + elements(node._reasons) + elements(node.complaints.counters)
