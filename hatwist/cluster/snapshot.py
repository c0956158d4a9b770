# -*- test-case-name: tests.cluster.test_snapshot -*-
"""
Look at every machine of a node once, and write down what there is to show.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import evolve

from hatwist.cluster.names import GroupState, NodeStatus
from hatwist.cluster.status import GroupView, NodeView, Status

if TYPE_CHECKING:
    from hatwist.cluster.node import Node
    from hatwist.cluster.pings import PingNode
    from hatwist.config.model import NodeName, ResourceGroup, Seconds


_HERE: Final = (GroupState.STARTING, GroupState.RUNNING, GroupState.STOPPING, GroupState.BLOCKED)


def snapshot(node: Node, now: Seconds) -> Status:
    """Return everything there is to show of a node at C{now}."""
    ledger = node.ledger
    return Status(
        node=node.identity.name,
        uuid=_uuid_text(node.identity.uuid),
        generation=node.identity.generation,
        status=node.membership.status,
        mode=node.mode.describe(),
        auto_failback=node.config.cf.auto_failback.value,
        holding=ledger.ours,
        peer_holding=ledger.theirs,
        stable=ledger.stable,
        leaving=ledger.leaving,
        nodes=(
            *(_node_view(node, name, now) for name in node.roster.members),
            *(_ping_view(node, one, now) for one in node.pings.nodes.values()),
        ),
        groups=tuple(_group_view(node, group, now) for group in node.config.groups),
        deadline=node.lease.left(now),
        waiting=node.fencing.waits(now),
        voided=node.mode.voided,
        counters=MappingProxyType(dict(sorted(node.complaints.counters.items()))),
        newest=MappingProxyType({kind: now - at for kind, at in sorted(node.complaints.newest.items())}),
    )


def _node_view(node: Node, name: NodeName, now: Seconds) -> NodeView:
    links = tuple(
        evolve(one, **node.reception.quality(name, one.link, now)._asdict())
        for one in node.links.view(name, now)
    )
    labels = node.roster.weight(name), node.roster.site(name)
    if name == node.identity.name:
        deadtime, generation = node.config.cf.deadtime, node.identity.generation
        uuid = node.identity.uuid
        return NodeView(name, node.membership.status, generation, 0.0, deadtime, links, uuid, *labels)
    peer = node.membership.peers[name]
    heard = None if peer.seen is None else now - peer.seen
    generation = node.reception.generation(name)
    deadtime, uuid = node.patience.deadtime(name), node.reception.uuid(name)
    unheard = node.flow.unheard(name)
    left = name in node.ledger.gone
    return NodeView(name, peer.status, generation, heard, deadtime, links, uuid, *labels, unheard, left)


def _ping_view(node: Node, ping: PingNode, now: Seconds) -> NodeView:
    heard = None if ping.heard is None else now - ping.heard
    links = tuple(evolve(one, **ping.measured(now)._asdict()) for one in node.links.view(ping.name, now))
    return NodeView(ping.name, ping.status, 0, heard, node.patience.deadtime(ping.name), links)


def _group_view(node: Node, group: ResourceGroup, now: Seconds) -> GroupView:
    condition = node.work.condition(group)
    # Whoever has started it and not proven it released owns it, whatever is claimed by now.
    owner = node.identity.name if condition.state in _HERE else node.ledger.owner(group)
    if node.membership.status is not NodeStatus.ACTIVE and owner != node.identity.name:
        owner = None
    return GroupView(
        key=group.key,
        home=group.node,
        resources=tuple(resource.text for resource in group.resources),
        owner=owner,
        state=condition.state,
        since=None if condition.since is None else now - condition.since,
        why=node.reason(group.key),
        failures=node.recovery.count(group.key, now),
    )


def _uuid_text(raw: bytes) -> str:
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
