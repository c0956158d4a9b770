# -*- test-case-name: tests.lab.test_bad_agents -*-
"""
A program that breaks while the daemon runs is its own group's trouble, on real hosts.
"""

from __future__ import annotations

from dataclasses import replace

from scripts.lab.client import Probe
from scripts.lab.configuration import ha_cf, web
from scripts.lab.outage import outages
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase

GOOD = """#!/bin/sh
state=/run/$(basename $0)
case $1 in
    start) touch $state ;;
    stop) rm -f $state ;;
    status) [ -e $state ] && echo running || echo not running ;;
esac
"""

NAMES = ("clinging", "flooding", "raving", "vanishing")

CLINGING = """#!/bin/sh
sleep 1000 &
"""
"It leaves a child behind that holds its pipes open, and says nothing."

FLOODING = """#!/bin/sh
head -c 1000000 /dev/zero | tr '\\\\0' x
exit 1
"""

RAVING = """#!/bin/sh
head -c 100 /dev/urandom
exit 200
"""

MONITOR = "[monitor]\ninterval = 1\n"


class BadAgentTests(TwoNodesTestCase):
    """node01 has a web server with an address, and four groups whose programs go wrong."""

    def setUp(self) -> None:
        """Start both nodes, and wait until everything runs and is watched."""
        super().setUp()
        self.client.power_on()
        files = web(ha_cf(auto_failback="off"))
        lines = files.haresources + "".join(f"node01 {name}\n" for name in NAMES)
        scripts = {**files.scripts, **dict.fromkeys(NAMES, GOOD)}
        self.boot(replace(files, haresources=lines, scripts=scripts, settings=MONITOR))
        self.probe = Probe(self.client, "http", VIRTUAL, 80)
        self.probe.await_answer("node01", SETTLED)
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        for name in NAMES:
            self.one.host.do("sh", "-c", f"until [ -e /run/{name} ]; do sleep 0.02; done")
        self.calm()

    def test_all_at_once(self) -> None:
        """Each failure is named with its resource; the web server answers all the time, where it was."""
        programs = {"clinging": CLINGING, "flooding": FLOODING, "raving": RAVING}
        for name, text in programs.items():
            self.one.host.write(f"/etc/ha.d/resource.d/{name}", text, 0o755)
        self.one.host.do("ln", "-sf", "/nosuch/target", "/etc/ha.d/resource.d/vanishing")
        for name in NAMES:
            self.one.await_log(f"ERROR: Resource {name} of group {name} failed", SETTLED)
        self.one.await_log("ERROR: Cannot locate resource script vanishing", SETTLED)
        self.one.await_log(r"ERROR: Return code 200 from \S*/raving", SETTLED)
        seen = len(self.probe.answers)

        def answers() -> bool:
            self.probe.look()
            return len(self.probe.answers) > seen + 100

        until(answers, SETTLED, "the web server answers")
        self.assertOwner("node01")
        self.assertEqual({answer.who for answer in self.probe.answers}, {"node01"})
        print(f"four broken programs: the web server was away for {self.longest():.2f} s at most")
        self.assertLess(len(self.one.log()), 1_000_000)

    def longest(self) -> float:
        """Return the longest silence of the web server, in seconds."""
        return max(outage.length for outage in outages(self.probe.answers, 0.0))
