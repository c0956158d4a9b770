# -*- test-case-name: tests.sim.test_storms -*-
"""
Random trouble from a seed, then peace, then everybody must agree.

A storm is a scenario: its orders are lines of the scenario language, so what
a seed found can be written into a file as it is.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from hatwist.sim.auditor import Violation
from hatwist.sim.script import Script

if TYPE_CHECKING:
    from collections.abc import Iterator

TROUBLES: Final = 12
"""Orders that make trouble, in one storm."""

SETTLE: Final = 90
"""Seconds of peace after which everybody agrees: more than initdead and every wait of the protocol."""

_HEADS: Final = (
    "nodes alpha beta keepalive=1 deadtime=6 initdead=12 auto_failback={failback} links={links}",
    "group alpha 10.0.0.1 www",
    "group beta 10.0.0.2 mail",
)


def orders(seed: int) -> Iterator[str]:
    """Yield the orders of a storm."""
    rng = Random(f"storm {seed}")
    for head in _HEADS:
        yield head.format(failback=rng.choice(("on", "off")), links=rng.choice(("eth0", "eth0,eth1")))
    for name in ("alpha", "beta"):
        yield f"clock {name} {rng.randrange(100000)} {rng.uniform(-0.0001, 0.0001):.6f}"
        yield f"pace {name} 50ms {rng.choice(('100ms', '1', '3'))}"
    yield f"network loss={rng.choice((0, 1, 5, 15))}% delay=1ms..{rng.choice((1, 5, 50))}ms"
    yield f"network duplicate={rng.choice((0, 5))}% flip={rng.choice((0, 2))}% truncate={rng.choice((0, 2))}%"
    yield from ("boot alpha", f"run {rng.choice((0, 1, 15))}", "boot beta", f"run {rng.randrange(5, 40)}")
    for _ in range(rng.randrange(1, TROUBLES)):
        yield _trouble(rng)
        yield f"run {rng.choice(('50ms', '500ms', '3', '7', '15', '40'))}"
    yield from ("network loss=0 delay=1ms duplicate=0 flip=0 truncate=0", "heal", f"run {SETTLE}")
    yield from ("boot all", f"run {SETTLE}", "boot all", f"run {SETTLE}", "agree")


def run_storm(seed: int) -> Script:
    """
    Play a storm to its end.

    @raise Violation: with the command that plays it again.
    """
    script = Script(seed)
    try:
        for order in orders(seed):
            script.order(order)
    except Violation as violation:
        raise Violation(f"{violation}\nreplay: python -m hatwist.sim --storm {seed}") from violation
    return script


def _trouble(rng: Random) -> str:
    name = rng.choice(("alpha", "beta"))
    return rng.choice(
        (
            f"crash {name}",
            f"crash {name}",
            f"boot {name}",
            "boot all",
            f"kill {name}",
            f"leave {name}",
            f"pause {name} {rng.choice(('500ms', '3', '9', '20'))}",
            f"standby {name} {rng.choice(('all', 'local', 'foreign'))}",
            f"takeover {name} {rng.choice(('all', 'local', 'foreign'))}",
            "cut alpha|beta",
            "cut alpha>beta",
            "heal",
            f"network loss={rng.choice((0, 10, 30))}%",
        )
    )
