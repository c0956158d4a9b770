# -*- test-case-name: tests.lab.test_clients -*-
"""
The programs of heartbeat's own package at a node that runs hatwist, and at its
peer that runs heartbeat 3.0.6: they must see no difference.  Needs root.
"""

from __future__ import annotations

import re
from pathlib import Path

from scripts.lab import hbapi
from scripts.lab.configuration import ha_cf, web
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node
from scripts.lab.rack import python
from scripts.lab.remote import Process
from scripts.lab.watch import until
from tests.lab import asking
from tests.lab.base import SETTLED, NodesTestCase, require

RIGHTS = "apiauth dopd gid=haclient uid=hacluster\napiauth watch uid=root\napiauth other uid=nobody\n"

PLACE = "/run/heartbeat/dopd"
DRBDADM = f"#!/bin/sh\necho $* >>{PLACE}/log\n"


class ClientsTests(NodesTestCase[Node]):
    """node01 runs hatwist, node02 heartbeat."""

    def node(self, host: Host) -> Node:
        """One of each."""
        return HeartbeatNode(host) if host.name == "node02" else HatwistNode(host)

    def setUp(self) -> None:
        """Build the rack, if heartbeat can run here."""
        require(HeartbeatNode.obstacle())
        super().setUp()

    @property
    def nodes(self) -> tuple[Node, Node]:
        """Both."""
        return self.one, self.two

    def test_programs_of_heartbeats_package(self) -> None:
        """Each works at both nodes; then one node dies, and they hear of it."""
        self.boot(web(ha_cf() + RIGHTS, "IPaddr2"))
        for node in self.nodes:
            self.await_cl_status(node, ["rscstatus"], 0, "local\n")
        self.compare("cl_status", ["sh", "-c", asking.cl_status()])
        self.compare("hb_api.py", [python(), "-I", "-S", str(Path(hbapi.__file__))])
        self.api_test()
        self.requests()
        self.refusals()
        self.ccm()
        self.ipfail()
        self.dopd()
        self.dead_peer()

    def compare(self, what: str, argv: list[str]) -> None:
        """What a program says on one node it says on the other."""
        running = [node.host.start(argv) for node in self.nodes]
        for process in running:
            process.wait(SETTLED)
        one, two = (asking.plain(process.text()) for process in running)
        self.assertEqual(one.splitlines(), two.splitlines(), what)

    def api_test(self) -> None:
        """It looks at everything there is, then waits for messages until it is ended."""
        ours, theirs = (asking.plain(self.watch_api_test(node)) for node in self.nodes)
        # At the nodes it waits a few milliseconds, too short for heartbeat, and gives up at the next.
        head, walk, tail = ours.partition("Starting node walk\n")
        self.assertEqual(head.splitlines(), theirs.partition(walk)[0].splitlines())
        seen = [line.rpartition("info: ")[2].strip() for line in tail.splitlines()]
        expected = []
        for name in ("node02", "node01"):
            expected += [f"Cluster node: {name}: status: active", f"node {name}: intf: eth1 ifstatus: up"]
            expected += [f"{name}/api_test status:"]
        self.assertEqual(seen, [*expected, "Sleeping..."])

    def watch_api_test(self, node: Node) -> str:
        """Let it look at everything, or give up; return what it says."""
        process = node.host.start(asking.as_cluster(f"{asking.HELPERS}/api_test"))
        until(lambda: "Sleeping" in process.text() or not process.alive(), SETTLED, "api_test is through")
        process.kill()
        process.wait()
        return process.text()

    def requests(self) -> None:
        """Requests, good and bad, are answered in the same words, field for field."""
        argv = asking.asking(*asking.requests())
        ours, theirs = (asking.answers(one) for one in [node.host.start(argv) for node in self.nodes])
        self.assertEqual([one.replace("node=node01 hb", "node=node02 hb") for one in ours], theirs)
        self.assertEqual(ours[-1], "hung up")

    def refusals(self) -> None:
        """Who is not who it says, or may not be, hears the same reason; nobody else gets near."""
        attempts = [
            (changed, [node.host.start(asking.asking(asking.sign_on(**changed), 0.3)) for node in self.nodes])
            for changed in asking.BAD_SIGN_ONS
        ]
        for changed, running in attempts:
            ours, theirs = (asking.answers(one) for one in running)
            self.assertIn(ours[0].replace("node=node01", "node=node02"), theirs[0].splitlines(), changed)
            self.assertIn("result=badreq", ours[0])
            self.assertTrue(ours[-1].endswith("hung up"), changed)
        argv = asking.as_cluster("cl_status", "hbstatus", user="nobody", group="nogroup")
        self.compare("cl_status of nobody", argv)

    def ccm(self) -> None:
        """Its two sides find each other, and a client of its own sees a membership with quorum."""
        running = [self.helper(node, "ccm") for node in self.nodes]
        for node in self.nodes:
            self.await_words(node, ["hbstatus", "-v"], r"ccm membership with quorum\n.*\n\tmembers 2\n")
        for process in running:
            process.kill()

    def ipfail(self) -> None:
        """It signs on at both, meets the other one, and both find that the balance is even."""
        running = [self.helper(node, "ipfail") for node in self.nodes]
        for here in self.nodes:
            for node in self.nodes:
                self.await_client(here, node, "ipfail")
        # Only ipfail that has heard of the other one's equal count asks for that.
        self.one.await_log(r"wants to go standby \[foreign\]", SETTLED)
        for process, node in zip(running, self.nodes, strict=True):
            self.assertTrue(process.alive(), process.text())
            process.kill()
            for here in self.nodes:
                self.await_client(here, node, "ipfail", 1)

    def dopd(self) -> None:
        """The peer's dopd outdates, whichever node asks."""
        for here, there in (self.nodes, self.nodes[::-1]):
            running = [self.helper(node, "dopd") for node in self.nodes]
            for node in self.nodes:
                self.await_client(here, node, "dopd")
            self.assertEqual(self.outdate(here, there.name, f"of-{here.name}"), 4)
            self.assertEqual(there.host.do("cat", f"{PLACE}/log"), f"outdate of-{here.name}\n")
            for process in running:  # after one request Debian's dies of a fault of its own
                process.kill()
            for node in self.nodes:
                self.await_client(here, node, "dopd", 1)

    def dead_peer(self) -> None:
        """Its death is told, and who asks about it hears that it is dead."""
        watcher = self.one.host.start(asking.asking(asking.sign_on("watch"), 60.0))
        dopd = self.helper(self.one, "dopd")
        for name in ("watch", "dopd"):
            self.await_client(self.one, self.one, name)
        self.two.cut_power()
        self.await_cl_status(self.one, ["nodestatus", "node02"], 1, "dead\n")
        self.await_cl_status(self.one, ["hblinkstatus", "node02", "eth1"], 1, "dead\n")
        self.await_client(self.one, self.two, "ipfail", 1)
        self.assertEqual(self.outdate(self.one, "node02", "r0"), 5)
        dopd.kill()
        self.await_cl_status(self.one, ["rscstatus"], 0, "all\n")
        self.one.stop()
        joined, heard = asking.answers(watcher)
        self.assertIn("t=hbapi-clstat st=join from_id=watch to_id=watch src=node01 info=signon", joined)
        for news in ("t=ifstat node=node02 ifname=eth1 st=dead", "t=status src=node02 st=dead", "t=resource"):
            self.assertIn(news, heard)
        self.assertTrue(heard.endswith("hung up"))
        self.assertEqual(self.one.host.do("find", "/run/heartbeat", "-type", "s", "-name", "register"), "")

    def helper(self, node: Node, name: str) -> Process:
        """Start a program as heartbeat's own user, with a drbdadm that writes down what it is told."""
        node.host.do("install", "-d", "-o", "hacluster", "-g", "haclient", PLACE)
        node.host.do("sh", "-c", f"rm -f {PLACE}/*; printf '%s' '{DRBDADM}' >{PLACE}/drbdadm")
        node.host.do("chmod", "755", f"{PLACE}/drbdadm")
        argv = asking.as_cluster(f"{asking.HELPERS}/{name}")
        return node.host.start(argv, {"PATH": f"{PLACE}:/usr/bin:/bin"})

    def await_client(self, here: Node, node: Node, name: str, status: int = 0) -> None:
        """Wait until a client of a node is seen from another, or with status 1 not any more."""
        said = "offline\n" if status else "online\n"
        self.await_cl_status(here, ["clientstatus", node.name, name, "2000"], status, said)

    def await_cl_status(self, node: Node, words: list[str], status: int, said: str) -> None:
        """Wait until cl_status on a node says something."""

        def answered() -> bool:
            node.check()
            return node.host.run("cl_status", *words) == (status, said)

        until(answered, SETTLED, f"cl_status {' '.join(words)} on {node.name} says {said!r}")

    def await_words(self, node: Node, words: list[str], pattern: str) -> None:
        """Wait until what cl_status on a node says has something in it."""

        def answered() -> bool:
            node.check()
            return re.search(pattern, node.host.run("cl_status", *words)[1]) is not None

        until(answered, SETTLED, f"cl_status {' '.join(words)} on {node.name} says {pattern!r}")

    def outdate(self, here: Node, peer: str, resource: str) -> int:
        """Ask for a peer's copy to be outdated; return what becomes of it."""
        argv = [f"{asking.HELPERS}/drbd-peer-outdater", "-p", peer, "-r", resource, "-t", "10"]
        return here.host.run(*argv)[0]
