# -*- test-case-name: tests.config.test_firewall -*-
"""
Would a firewall drop our datagrams?  Judged from what C{iptables -S} or
C{nft list ruleset} prints.

A rule with a condition that is not understood here is taken not to match: the
answer is a hint for people, never the ground of a decision.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import Factory, define, frozen

MAX_JUMPS: Final = 16
"""So deep chains are followed."""

_PASSED: Final = ""
_NFT_CHAIN: Final = re.compile(r"\s*chain (\S+) \{")
_NFT_TABLE: Final = re.compile(r"\s*table (\S+)")
_NFT_HOOK: Final = re.compile(r"\s*type filter hook input\b.*?(?:policy (\w+))?;?$")
_NFT_TOKEN: Final = re.compile(r'"[^"]*"|\{[^}]*\}|\S+')


@frozen
class Packet:
    """
    What we want to receive: UDP, to this port, on this interface.

    @ivar six: whether it comes over IPv6.
    """

    port: int
    interface: str
    six: bool = False


@define
class _Chain:
    """
    One chain.

    @ivar policy: C{accept} or C{drop}; empty for a chain that is only jumped to.
    @ivar rules: as listed.
    """

    policy: str = ""
    rules: list[str] = Factory(list)


Verdict = Callable[[str, Packet], str]
"""What a rule says of a packet: C{accept}, C{drop}, the name of a chain, or nothing."""


def blocked_by_iptables(listing: str, packet: Packet) -> str | None:
    """
    Find what drops the packet.

    @param listing: of C{iptables -S}, or of C{ip6tables -S} for what comes over IPv6.
    @return: the rule, or the policy; C{None} if it gets through.
    """
    chains: dict[str, _Chain] = {}
    for line in listing.split("\n"):
        kind, name, *rest = [*line.split(maxsplit=2), "", ""]
        chain = chains.setdefault(name, _Chain())
        if kind == "-P":
            chain.policy = "accept" if rest[0] == "ACCEPT" else "drop"
        elif kind == "-A":
            chain.rules.append(line.strip())
    return _judge(chains, "INPUT", packet, _iptables_verdict, MAX_JUMPS) or None


def blocked_by_nft(listing: str, packet: Packet) -> str | None:
    """
    Find what drops the packet.

    @param listing: of C{nft list ruleset}.
    @return: the rule, or the policy; C{None} if it gets through.
    """
    other = "ip" if packet.six else "ip6"
    for family, chains in _nft_tables(listing):
        if family == other:
            continue
        for name in [name for name, chain in chains.items() if chain.policy]:
            blocked = _judge(chains, name, packet, _nft_verdict, MAX_JUMPS)
            if blocked:
                return blocked
    return None


def _judge(
    chains: Mapping[str, _Chain], name: str, packet: Packet, verdict: Verdict, jumps: int
) -> str | None:
    """Return the rule or policy that drops, C{_PASSED}, or C{None} at the end of a chain without policy."""
    chain = chains.get(name, _Chain())
    for rule in chain.rules:
        said = verdict(rule, packet)
        if said == "accept":
            return _PASSED
        if said == "drop":
            return rule
        inner = _judge(chains, said, packet, verdict, jumps - 1) if said and jumps else None
        if inner is not None:
            return inner
    if not chain.policy:
        return None
    return f"the policy of chain {name}" if chain.policy == "drop" else _PASSED


def _iptables_verdict(rule: str, packet: Packet) -> str:
    try:
        words = iter(shlex.split(rule)[2:])
    except ValueError:
        return ""
    for word in words:
        value = next(words, "")
        if word in ("-j", "-g"):
            return {"ACCEPT": "accept", "DROP": "drop", "REJECT": "drop"}.get(value, value)
        if not _iptables_matches(word, value, packet):
            return ""
    return ""


def _iptables_matches(word: str, value: str, packet: Packet) -> bool:
    if word == "-p":
        return value in ("udp", "all")
    if word == "-i":
        return _is_interface(value.replace("+", "*"), packet)
    if word in ("--dport", "--dports"):
        return _has_port(value.split(","), ":", packet)
    return word == "--comment" or (word == "-m" and value in ("udp", "multiport", "comment"))


def _nft_tables(listing: str) -> Iterator[tuple[str, dict[str, _Chain]]]:
    """Yield each table: what it is for, C{ip}, C{ip6}, C{inet}, and its chains."""
    family = ""
    chains: dict[str, _Chain] = {}
    current = _Chain()
    for line in listing.split("\n"):
        table, chain, hook = _NFT_TABLE.match(line), _NFT_CHAIN.match(line), _NFT_HOOK.match(line)
        if table:
            yield family, chains
            family, chains = table[1], {}
        elif chain:
            current = chains.setdefault(chain[1], _Chain())
        elif hook:
            current.policy = hook[1] or "accept"
        elif line.strip() not in ("", "}"):
            current.rules.append(line.strip())
    yield family, chains


def _nft_verdict(rule: str, packet: Packet) -> str:
    words = iter(_NFT_TOKEN.findall(rule))
    for word in words:
        if word in ("accept", "drop", "reject"):
            return "drop" if word == "reject" else str(word)
        value = next(words, "")
        if word in ("jump", "goto"):
            return str(value)
        if not _nft_matches(word, value, words, packet):
            return ""
    return ""


def _nft_matches(word: str, value: str, words: Iterator[str], packet: Packet) -> bool:
    if word in ("iif", "iifname"):
        return any(_is_interface(name, packet) for name in _members(value))
    if (word, value) == ("udp", "dport"):
        return _has_port(_members(next(words, "")), "-", packet)
    if (word, value) in (("meta", "l4proto"), ("ip", "protocol")):
        return "udp" in _members(next(words, ""))
    if (word, value) == ("counter", "packets"):  # counter packets N bytes N
        return [next(words, "") for _ in range(3)][1] == "bytes"
    return False


def _members(text: str) -> list[str]:
    return [one.strip().strip('"') for one in text.strip("{}").split(",")]


def _is_interface(pattern: str, packet: Packet) -> bool:
    if pattern.endswith("*"):
        return packet.interface.startswith(pattern[:-1])
    return packet.interface == pattern


def _has_port(ranges: Sequence[str], separator: str, packet: Packet) -> bool:
    for one in ranges:
        low, _, high = one.partition(separator)
        if low.isdigit() and int(low) <= packet.port <= int(high if high.isdigit() else low):
            return True
    return False
