# -*- test-case-name: tests.cluster.test_ownership -*-
"""
The one rule about who may own a group.

Every way to own (boot, takeover, failback, standby, restart) asks here before
anything is started, and the answer names its reason.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.cluster.ledger import StandbyPhase
from hatwist.cluster.names import NodeStatus
from hatwist.config.model import NodeName

if TYPE_CHECKING:
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import ResourceGroup


_LETTING_GO: Final = "node {} has not said yet that it has let go of what it had"


class Ground(Enum):
    """Why a node believes that a group is its to start."""

    HOME = "home"
    "The group's home is here, and nobody else claims it."
    DEATH = "death"
    "The node it belonged to is dead."
    GOODBYE = "goodbye"
    "The node it belonged to left in order."
    HANDOVER = "handover"
    "Its owner gave it up to us in a standby operation."
    REPLY = "reply"
    "Its owner answered our request for it (auto_failback legacy)."


@frozen
class Claim:
    """
    What a start rests on.

    @ivar node: the node that died, left, gave or answered; empty for L{Ground.HOME}.
    """

    ground: Ground
    node: NodeName = NodeName("")


@frozen
class Permission:
    """The answer, and its reason in words."""

    allowed: bool
    reason: str


def may_own(group: ResourceGroup, claim: Claim, ledger: Ledger) -> Permission:
    """
    Decide whether this node may start a group now.

    @param claim: what the start rests on; it is checked, not believed.
    """
    if ledger.leaving:
        return Permission(False, "this node is leaving")
    if not ledger.leased:
        return Permission(False, "no peer has confirmed in time that it hears this node")
    unseen = next(iter(sorted(ledger.unseen)), None)
    if unseen is not None:
        return Permission(False, f"node {unseen} was not seen since this node's start")
    if ledger.unclear and ledger.living_peers():
        return Permission(False, f"node {ledger.living_peers()[0]} is back, and has not said what it holds")
    match claim.ground:
        case Ground.HOME:
            return _at_home(group, ledger)
        case Ground.DEATH | Ground.GOODBYE:
            return _orphaned(group, claim, ledger)
        case Ground.HANDOVER:
            if ledger.standby is StandbyPhase.DONE:
                return Permission(True, f"node {claim.node} gave it up to this node")
            return Permission(False, "the standby operation is over")
        case Ground.REPLY:
            return Permission(True, f"node {claim.node} answered that it does not run it")


def _orphaned(group: ResourceGroup, claim: Claim, ledger: Ledger) -> Permission:
    if claim.node in ledger.unfenced:
        return Permission(False, f"node {claim.node} is silent, and not fenced yet")
    if ledger.peers.get(claim.node) is NodeStatus.DEAD:
        return Permission(True, f"node {claim.node} is dead")
    if claim.node in ledger.gone and not ledger.claimed_by_peer(group):
        return Permission(True, f"node {claim.node} left in order and has let go")
    if claim.node in ledger.releasing:
        return Permission(False, _LETTING_GO.format(claim.node))
    if ledger.claimed_by_peer(group) or not ledger.nice:
        # A legacy node does not say what it holds, but what is at home there it takes.
        return Permission(False, f"node {claim.node} is back and holds it")
    return Permission(True, f"node {claim.node} is back and does not hold it")


def _at_home(group: ResourceGroup, ledger: Ledger) -> Permission:
    if group.node != ledger.me:
        return Permission(False, f"its home is {group.node}")
    living = ledger.living_peers()
    releaser = ledger.releaser()
    if releaser is not None:
        return Permission(False, _LETTING_GO.format(releaser))
    if ledger.unfenced:
        # What it holds it may not have said.
        return Permission(False, f"node {min(ledger.unfenced)} is silent, and not fenced yet")
    if living and (ledger.contested or ledger.claimed_by_peer(group)):
        return Permission(False, f"node {living[0]} holds it")
    return Permission(True, "its home is here and nobody else holds it")
