# -*- test-case-name: tests.sim.test_vocabulary -*-
"""
The orders that a scenario can give.

Each takes the script and its words, and raises C{ValueError} for words that
make no sense.  Times are written as in ha.cf: C{2}, C{1.5}, C{500ms}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.cluster.events import FenceConfirmed, LeaveWanted, ResourceFailed, StandbyWanted, TakeoverWanted
from hatwist.cluster.names import Holding, Verb
from hatwist.config.durations import seconds
from hatwist.sim.auditors import agreement
from hatwist.sim.owners import runners
from hatwist.sim.transcript import Tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hatwist.sim.script import Script


def _seed(script: Script, number: str) -> None:
    """C{seed 27}: another seed than 1 for everything that is random."""
    script.plan.seed = int(number)


def _nodes(script: Script, *words: str) -> None:
    """C{nodes alpha beta keepalive=2 links=eth0,eth1 auto_failback=off}: names and settings."""
    script.plan.set_nodes(words)


def _group(script: Script, *words: str) -> None:
    """C{group alpha 10.0.0.5 www}: a line of haresources."""
    script.plan.add_group(words)


def _clock(script: Script, name: str, offset: str, drift: str = "0") -> None:
    """C{clock alpha 5000 0.0001}: what its clock shows at time 0, and by how much it runs fast."""
    host = script.host(name)
    if host.life:
        raise ValueError("a monotonic clock is not set while the host runs")
    host.offset, host.drift = seconds(offset), float(drift)


def _late(script: Script, name: str, lateness: str) -> None:
    """C{late alpha 200ms}: its alarms ring late from now on."""
    script.host(name).lateness = seconds(lateness)


def _generation(script: Script, name: str, number: str) -> None:
    """C{generation alpha lost}, or a number: what its disk says at the next boot."""
    script.host(name).generation = None if number == "lost" else int(number)


def _old(script: Script, which: str) -> None:
    """C{old beta}: its daemons behave after a split as heartbeat does, from the next boot on."""
    for host in script.hosts(which):
        host.old = True


def _new(script: Script, which: str) -> None:
    """C{new beta}: its daemons are of our kind again, from the next boot on."""
    for host in script.hosts(which):
        host.old = False


def _run(script: Script, duration: str) -> None:
    """C{run 30}: let time pass."""
    script.world.run(seconds(duration))


def _boot(script: Script, which: str) -> None:
    """C{boot alpha}, C{boot all}: start daemons; one that runs is left alone."""
    for host in script.hosts(which):
        script.world.boot(host.name)


def _crash(script: Script, which: str) -> None:
    """C{crash alpha}: cut the power; only the disk survives."""
    for host in script.hosts(which):
        script.world.crash(host.name)


def _kill(script: Script, which: str) -> None:
    """C{kill alpha}: kill the daemon; its resources go on."""
    for host in script.hosts(which):
        script.world.kill(host.name)


def _pause(script: Script, which: str, duration: str) -> None:
    """C{pause alpha 7}: nothing of the daemon runs for a while; its clock and its resources do."""
    for host in script.hosts(which):
        script.world.pause(host.name, seconds(duration))


def _leave(script: Script, which: str) -> None:
    """C{leave alpha}: what SIGTERM does."""
    for host in script.hosts(which):
        script.world.feed(host, LeaveWanted())


def _standby(script: Script, name: str, which: str = "all") -> None:
    """C{standby alpha local}: what C{hatwistctl standby} does; C{all}, C{local} or C{foreign}."""
    script.world.feed(script.host(name), StandbyWanted(Holding.of(which)))


def _takeover(script: Script, name: str, which: str = "all") -> None:
    """C{takeover alpha local}: what C{hatwistctl takeover} does; C{all}, C{local} or C{foreign}."""
    script.world.feed(script.host(name), TakeoverWanted(Holding.of(which)))


def _cut(script: Script, pair: str, *links: str) -> None:
    """C{cut alpha|beta eth0}: both ways; C{alpha>beta}: from alpha to beta; an end may be a ping node."""
    one_way = ">" in pair
    first, _, second = pair.partition(">" if one_way else "|")
    ends = [(script.end(first), script.end(second))]
    if not one_way:
        ends.append((ends[0][1], ends[0][0]))
    for link in script.links(links):
        for sender, hearer in ends:
            script.world.network.cut((sender, hearer, link))
    script.world.note(" ".join(("*** cut", pair, *links)))


def _heal(script: Script) -> None:
    """C{heal}: undo every cut."""
    script.world.network.heal()
    script.world.note("*** heal")


def _network(script: Script, *settings: str) -> None:
    """C{network loss=10% delay=1ms..20ms line=300ms duplicate=1% flip=1% truncate=1%}: on every path."""
    changes: dict[str, float] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name == "delay":
            shortest, _, longest = value.partition("..")
            changes["shortest"], changes["longest"] = seconds(shortest), seconds(longest or shortest)
        elif name == "line":
            changes["line"] = seconds(value)
        elif name in ("loss", "duplicate", "flip", "truncate"):
            changes[name] = float(value.rstrip("%")) / (100 if value.endswith("%") else 1)
        else:
            raise ValueError(f"no such condition: {name}")
    script.world.network.everywhere(**changes)


def _fail(script: Script, name: str, key: str) -> None:
    """C{fail alpha 10.0.0.5}: what runs there stops by itself, and the monitor sees it."""
    host = script.host(name)
    group = next((one for one in script.world.config.groups if one.key == key), None)
    if group is None:
        raise ValueError(f"no such group: {key}")
    host.agents.fail(group)
    script.world.moves += 1
    script.world.note(f"*** {key} fails on {name}")
    script.world.feed(host, ResourceFailed(key, key, "not running"))


def _agent(script: Script, name: str, key: str, verb: str, how: str) -> None:
    """C{agent beta 10.0.0.5 start fail}: let it fail from now on; C{mend} ends it."""
    broken = script.host(name).agents.broken
    if key not in [group.key for group in script.world.config.groups]:
        raise ValueError(f"no such group: {key}")
    if how == "fail":
        broken.add((key, Verb(verb)))
    elif how == "mend":
        broken.discard((key, Verb(verb)))
    else:
        raise ValueError("an agent can fail or mend")


def _switch(script: Script, how: str, takes: str = "1") -> None:
    """C{switch works 3}: the fencing device C{works}, C{fails} or C{lies} from now on, after some seconds."""
    if how not in ("works", "fails", "lies"):
        raise ValueError("a switch works, fails or lies")
    switch = script.world.switch
    switch.works, switch.lies, switch.takes = how == "works", how == "lies", seconds(takes)


def _confirm(script: Script, name: str, down: str) -> None:
    """C{confirm alpha beta}: somebody tells alpha that beta is down."""
    script.world.feed(script.host(name), FenceConfirmed(script.host(down).name))


def _pace(script: Script, name: str, shortest: str, longest: str = "") -> None:
    """C{pace alpha 50ms 3}: how long a start or stop takes there."""
    script.host(name).agents.pace = (seconds(shortest), seconds(longest or shortest))


def _trace(script: Script, which: str = "on") -> None:
    """C{trace}: show datagrams but for heartbeats; C{trace all}: those too; C{trace off}."""
    script.world.trace.which = Tracing(which)


def _forget(script: Script) -> None:
    """C{forget}: leave out of the record what happened until now; it is not what the scenario is about."""
    script.take()


def _status(script: Script, name: str) -> None:
    """C{status alpha}: write what the node would show."""
    node = script.host(name).node
    if node is None:
        script.world.note(f"{name} does not run")
        return
    status = node.status()
    stable = "stable" if status.stable else "moving"
    script.world.note(f"{name} {status.status.value} holds {status.holding.word}, {stable}")
    for view in status.nodes:
        links = " ".join(f"{link.link}={link.status.value}" for link in view.links)
        script.world.note(f"  node {view.name} {view.status.value} {links}")
    for group in status.groups:
        script.world.note(f"  group {group.key} owner={group.owner} here={group.state.value} why={group.why}")


def _counters(script: Script, name: str) -> None:
    """C{counters alpha}: write how often others did what they should not."""
    node = script.host(name).node
    counted = {} if node is None else node.status().counters
    words = ", ".join(f"{kind} {number}" for kind, number in counted.items())
    script.world.note(f"{name} counts: {words or 'nothing'}")


def _owners(script: Script) -> None:
    """C{owners}: write where each group runs."""
    for group in script.world.config.groups:
        script.world.note(
            f"{group.key} runs on {' and '.join(runners(script.world, group.key)) or 'no host'}"
        )


def _agree(script: Script) -> None:
    """C{agree}: fail unless every daemon agrees with all others and with what runs."""
    agreement(script.world)
    script.world.note("*** all agree")


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "seed": _seed,
    "nodes": _nodes,
    "group": _group,
    "clock": _clock,
    "late": _late,
    "generation": _generation,
    "old": _old,
    "new": _new,
    "run": _run,
    "boot": _boot,
    "crash": _crash,
    "kill": _kill,
    "pause": _pause,
    "leave": _leave,
    "standby": _standby,
    "takeover": _takeover,
    "cut": _cut,
    "heal": _heal,
    "network": _network,
    "agent": _agent,
    "fail": _fail,
    "switch": _switch,
    "confirm": _confirm,
    "pace": _pace,
    "trace": _trace,
    "forget": _forget,
    "status": _status,
    "counters": _counters,
    "owners": _owners,
    "agree": _agree,
}
"""Every order and what gives it; the first line of its docstring is its documentation."""
