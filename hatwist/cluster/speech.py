# -*- test-case-name: tests.cluster.test_speech -*-
"""
The messages of the resource layer (protocol 6.3), and words that several speak.
"""

from __future__ import annotations

from hatwist.cluster.actions import Log
from hatwist.cluster.names import Holding, Level
from hatwist.config.model import NodeName
from hatwist.wire.message import Message


def resource(ours: Holding, stable: bool, info: str = "") -> Message:
    """Say in full what this node holds and whether it has finished moving things."""
    message = Message.of(t="resource", rsc_hold=ours.word, rtype="full", isstable="1" if stable else "0")
    return message.with_field("info", info) if info else message


def mach_down() -> Message:
    """Say, in the partial form of the scripts, that a takeover is complete."""
    return Message.of(t="resource", rsc_hold=Holding.FOREIGN.word, info="mach_down")


def starting() -> Message:
    """Ask the peers what they hold."""
    return Message.of(t="starting")


def ask_resources(which: Holding, turn: str) -> Message:
    """
    Make one step of the standby operation.

    @param which: in the words of the node that gives.
    @param turn: C{me}, C{other} or C{done}.
    """
    return Message.of(t="ask_resources", rsc_hold=which.word, info=turn)


def ip_request(key: str) -> Message:
    """Ask the others to give up a group (C{auto_failback legacy})."""
    return Message.of(t="ip-request", ipaddr=key)


def ip_response(dest: str, key: str, own: bool) -> Message:
    """Answer such a request, or, addressed to ourselves, stand in for an answer."""
    return Message.of(t="ip-request-resp", dest=dest, ipaddr=key, weown="yes" if own else "no", ok="OK")


def stonith(node: str, result: str) -> Message:
    """Tell how a question of fencing ended."""
    return Message.of(t="stonith", node=node, result=result)


def shutdone() -> Message:
    """Say that everything was given up."""
    return Message.of(t="shutdone", st="dead")


def dead(node: NodeName, ts: str) -> Message:
    """Say in the name of a node that died that it did; for the programs of this host only."""
    return Message.of(t="status", seq="1", ts=ts, src=node, st="dead")


def takeover(which: Holding) -> Message:
    """Ask the others to go standby with what C{which} names here (C{hb_takeover})."""
    return Message.of(t="hb_takeover", rsc_hold=which.word)


def hook(name: str) -> Log:
    """
    Write the line by which log watchers know that a script of C{rc.d} would run.

    What heartbeat's own script does is built in.
    """
    return Log(Level.INFO, f"Running /etc/ha.d//rc.d/{name} {name}", "harc(default)")
