# -*- test-case-name: tests.lab.test_beside -*-
"""
One kind of daemon is stopped on a host, and the other kind is started in its place.

It goes on with the uuid and the generation that it finds: to its peer it is the
same node that was started again.
"""

from __future__ import annotations

from functools import partial

from scripts.lab.nodes import HatwistNode, Node
from scripts.lab.watch import now
from tests.lab.beside.pair import HOME, HeirNode, Pair, everything_on, generation, groups, quick, uuid

NEW = r"uuid changed|replay attack|bad node|failed authentication|another machine|two machines"
"""What a log says of a node that is not the one that was known."""


class Succession:
    """Replaces daemons, and looks what their peers make of it."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair

    def replace(self, node: Node, kind: type[Node]) -> None:
        """Let another kind of daemon take the place of one, on the same disk."""
        pair, peer = self.pair, self.pair.other(node)
        before = uuid(node), generation(node)
        since = now()
        node.stop()
        pair.settle(everything_on(peer.name))
        quiet = peer.count(NEW)
        heir = kind(node.host)
        pair.replace(node, heir)
        heir.start()
        pair.settle(HOME)
        assert uuid(heir) == before[0], "the uuid is another"
        assert generation(heir) > before[1], "the generation is not higher"
        assert peer.count(NEW) == quiet, f"{peer.name} takes it for another node"
        assert pair.tenures(peer.name, since) == [(peer.name, False)], "what is at home at the peer has moved"
        self.look()

    def look(self) -> None:
        """Each node with hatwist says what the cluster speaks, and what that costs."""
        kinds = {node.name: isinstance(node, HatwistNode) for node in self.pair.nodes}
        for node in self.pair.nodes:
            if not isinstance(node, HatwistNode):
                continue
            other = self.pair.other(node).name
            word = "native" if all(kinds.values()) else "compatibility"
            self.pair.await_(
                lambda node=node, word=word: node.status()["mode"].startswith(word),  # type: ignore[misc]
                f"the mode of {node.name} is {word}",
            )
            report = node.status()
            if word == "native":
                assert report["voided"] == [], report["voided"]
            else:
                assert f"node {other} speaks heartbeat's protocol only" in report["mode"], report["mode"]
                assert report["voided"], "nothing is said about promises"


def succession(*kinds: type[Node]) -> None:
    """From one kind on both hosts to the other kind, one host after the other, and back."""
    first, second = kinds
    with Pair(f"succession {first.__name__}", first, first) as pair:
        pair.boot(groups(quick()))
        line = Succession(pair)
        line.replace(pair.one, second)
        line.replace(pair.two, second)
        line.replace(pair.two, first)


LABS = [partial(succession, HatwistNode, HeirNode), partial(succession, HeirNode, HatwistNode)]
