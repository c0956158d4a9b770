# -*- test-case-name: tests.sim.test_storms -*-
"""
Random trouble from a seed, then peace, then everybody must agree.

A storm is a scenario: its orders are lines of the scenario language, so what
a seed found can be written into a file as it is.  Each storm draws from some
of the kinds of trouble only: what one kind provokes another often hides.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.sim.auditor import Violation
from hatwist.sim.auditors import every
from hatwist.sim.script import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hatwist.sim.auditor import Auditor

TROUBLES: Final = 12
"""Orders that make trouble, in one storm, at most."""

SETTLE: Final = 60
"""Seconds of peace after which everybody agrees: more than every wait of the protocol."""

OLD: Final = 0.3
"""The share of storms in which one of the nodes behaves as heartbeat does."""

GATED: Final = 0.3
"""The share of storms in which there is a ping node."""

FENCED: Final = 0.25
"""The share of storms in which there is a fencing device."""

GUARDED: Final = 0.5
"""The share of storms in which there are guardians."""

NAMES: Final = ("alpha", "beta")

_LAYOUTS: Final = (
    ("alpha 10.0.0.1 www", "beta 10.0.0.2 mail"),
    ("alpha 10.0.0.1 www",),
    ("alpha 10.0.0.1 www", "alpha 10.0.0.3", "alpha 10.0.0.4", "beta 10.0.0.2 mail"),
    ("alpha 10.0.0.1 www", "alpha 10.0.0.3", "beta 10.0.0.2 mail", "beta 10.0.0.4"),
)
_KINDS: Final = (
    "crash alpha/beta/all",
    "kill NAME",
    "leave alpha/beta/all",
    "pause NAME 500ms/3/9/20",
    "late NAME 0/50ms/300ms",
    "standby NAME all/local/foreign",
    "takeover NAME all/local/foreign",
    "cut alpha|beta",
    "cut alpha>beta/beta>alpha",
    "cut alpha|beta LINK",
    "network loss=0/loss=10%/loss=30%",
    "network line=0/line=100ms/line=300ms",
    "network delay=1ms/delay=1ms..50ms/delay=1ms..400ms/delay=1ms..3",
    "agent NAME KEY start/start/stop fail",
    "agent NAME KEY start/stop mend",
    "fail NAME KEY",
    "pace NAME 50ms 100ms/3/12",
    "generation NAME lost",
)
"""Kinds of trouble; of C{a/b/c} one is drawn, and one of the names, keys and links."""

_GATE: Final = "cut alpha|gate/beta|gate"
"""What happens where there is a ping node, too."""

_SWITCH: Final = "switch works/works/fails 0/1/8"
"""What happens where there is a fencing device, too."""

_REMEDIES: Final = ("boot NAME", "boot all", "heal")
_PAUSE: Final = "run 0/2ms/50ms/500ms/3/7/15/40"


@frozen
class Sea:
    """
    Where a storm happens.

    @ivar words: what the capitals in an order may stand for.
    """

    rng: Random
    words: Mapping[str, Sequence[str]]

    def order(self, template: str) -> str:
        """Write an order."""
        return " ".join(self.rng.choice(self.words.get(word, word.split("/"))) for word in template.split())


def orders(seed: int) -> Iterator[str]:
    """Yield the orders of a storm."""
    rng = Random(f"storm {seed}")
    groups, links = rng.choice(_LAYOUTS), rng.choice((("eth0",), ("eth0", "eth1")))
    sea = Sea(rng, {"NAME": NAMES, "KEY": [group.split()[1] for group in groups], "LINK": links})
    failback = rng.choice(("on", "on", "off", "legacy"))
    times = f"keepalive={rng.choice((1, 2))} deadtime=6 initdead=12"
    yield f"seed {seed}"
    extra = f"{_gate(seed)}{_guardian(seed)}{_fencing(seed)}"
    yield f"nodes {' '.join(NAMES)} {times} auto_failback={failback} links={','.join(links)}{extra}"
    yield from (f"group {group}" for group in groups)
    yield from _weather(rng)
    yield from _kinds(seed)
    yield from ("boot alpha", f"run {rng.choice((0, 1, 15))}", "boot beta", f"run {rng.randrange(5, 40)}")
    more = ((_gate(seed), _GATE), (_fencing(seed), _SWITCH))
    yield from _trouble(sea, (*_KINDS, *(kind for there, kind in more if there)))
    yield from _peace(sea)


def run_storm(seed: int, auditors: Callable[[], tuple[Auditor, ...]] = every) -> Script:
    """
    Play a storm to its end.

    @raise Violation: with the command that plays it again.
    """
    script = Script(auditors)
    try:
        for order in orders(seed):
            script.order(order)
    except Violation as violation:
        raise Violation(f"{violation}\nreplay: python -m hatwist.sim --storm {seed}") from violation
    return script


def _weather(rng: Random) -> Iterator[str]:
    for name in NAMES:
        yield f"clock {name} {rng.randrange(100000)} {rng.uniform(-0.0001, 0.0001):.6f}"
        yield f"pace {name} 50ms {rng.choice(('100ms', '1', '3'))}"
    yield f"network loss={rng.choice((0, 1, 5, 15))}% delay=1ms..{rng.choice((1, 5, 50))}ms"
    yield f"network duplicate={rng.choice((0, 5))}% flip={rng.choice((0, 2))}% truncate={rng.choice((0, 2))}%"
    if rng.random() < 0.1:
        yield "cut alpha|beta"


def _kinds(seed: int) -> Iterator[str]:
    """Let one node in some storms be of heartbeat's kind."""
    rng = Random(f"kinds {seed}")
    if rng.random() < OLD:
        yield f"old {rng.choice(NAMES)}"


def _gate(seed: int) -> str:
    """Let there be a ping node in some storms, and ipfail."""
    rng = Random(f"gate {seed}")
    if rng.random() >= GATED:
        return ""
    return f" ping=gate deadping=4 ipfail={rng.choice((0, 0, 3))}"


def _fencing(seed: int) -> str:
    """Let there be a fencing device in some storms."""
    return " fencing=on" if Random(f"fencing {seed}").random() < FENCED else ""


def _guardian(seed: int) -> str:
    """Let there be guardians in half of the storms."""
    return " guardian=on" if Random(f"guardian {seed}").random() < GUARDED else ""


def _trouble(sea: Sea, every_kind: Sequence[str]) -> Iterator[str]:
    kinds = (*sea.rng.sample(every_kind, sea.rng.randrange(2, 7)), *_REMEDIES)
    for _ in range(sea.rng.randrange(1, TROUBLES)):
        yield sea.order(sea.rng.choice(kinds))
        yield sea.order(_PAUSE)


def _peace(sea: Sea) -> Iterator[str]:
    """Mend everything, look, and see whether one host can still stand in for the other."""
    yield from ("network loss=0 delay=1ms line=0 duplicate=0 flip=0 truncate=0", "heal")
    yield "switch works"
    for name in NAMES:
        yield f"late {name} 0"
        yield from (
            f"agent {name} {key} {verb} mend" for key in sea.words["KEY"] for verb in ("start", "stop")
        )
    yield from (f"run {SETTLE}", "boot all", f"run {SETTLE}", "boot all", f"run {SETTLE}", "agree")
    name = sea.rng.choice(NAMES)
    yield from (f"crash {name}", f"run {SETTLE}", "agree", f"boot {name}", f"run {SETTLE}", "agree")
