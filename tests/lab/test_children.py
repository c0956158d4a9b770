# -*- test-case-name: tests.lab.test_children -*-
"""
Children of the daemon, and processes of resources: begun again, and ended in order.
"""

from __future__ import annotations

import grp
import os
import pwd
import sys
from dataclasses import replace
from typing import Final

from scripts.lab.client import Probe
from scripts.lab.configuration import address_only, ha_cf, web
from scripts.lab.nodes import HeartbeatNode
from scripts.lab.outage import outages
from scripts.lab.plan import VIRTUAL
from scripts.lab.remote import LabError
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase, require

PLACE: Final = "/var/log/children"
"""Where children of a host write down what they see; the disk keeps it."""

USER: Final = "nobody" if os.geteuid() == 0 else "root"
"""Whom a child may become: an ordinary user is root in the lab, and nobody else."""

AS: Final = f"{USER}:{grp.getgrgid(pwd.getpwnam(USER).pw_gid).gr_name}"

KEY: Final = f"IPaddr::{VIRTUAL}/24/eth0"

PATIENT: Final = f"""[monitor]
interval = 300
[monitor."{KEY}"]
pidfiles = ["/run/httpd-demo.pid"]
"""

HANGING: Final = f"""
import socket, time
daemon = socket.socket(socket.AF_UNIX)
daemon.connect("/run/hatwist/apphb.sock")
daemon.sendall(b"register web {KEY} httpd 2\\n")
for beat in range(3): daemon.sendall(b"beat\\n"); time.sleep(1)
time.sleep(600)
"""

CHILD: Final = f"""#!/bin/sh
echo "begun $1 as $(id -un):$(id -gn) $HA_CURHOST $HA_COLOUR" >> {PLACE}/$1
echo $$ > {PLACE}/$1.pid
trap 'echo "told to end" >> {PLACE}/$1; ip -4 address show dev eth0 >> {PLACE}/$1; exit 0' TERM
while :; do sleep 0.1; done
"""

VITAL: Final = f"""#!/bin/sh
until [ -e {PLACE}/die ]; do sleep 0.1; done
rm {PLACE}/die
exit 3
"""


class ChildrenTests(TwoNodesTestCase):
    """node01 and node02 run hatwist, and each has children."""

    def boot_with(self, lines: str) -> None:
        """Start both nodes with further lines in ha.cf; node01 has the address."""
        self.client.power_on()
        for node in (self.one, self.two):
            node.host.power_on()
            node.host.do("mkdir", "-m", "777", "-p", PLACE)
            node.host.write("/etc/ha.d/child", CHILD, 0o755)
            node.host.write("/etc/ha.d/vital", VITAL, 0o755)
            address_only(ha_cf(auto_failback="off") + lines).write(node.host)
            node.start()
        self.settle("node01")
        self.calm()

    def child(self, name: str) -> list[str]:
        """Return what a child of node01 wrote."""
        found = self.one.host.run("cat", f"{PLACE}/{name}")
        return found[1].splitlines() if found[0] == 0 else []

    def await_lives(self, name: str, number: int) -> None:
        """Wait until a child of node01 was begun so often."""

        def begun() -> bool:
            self.one.check()
            return sum(line.startswith("begun") for line in self.child(name)) >= number

        until(begun, SETTLED, f"{name} has begun {number} times")

    def test_begun_again_and_ended(self) -> None:
        """One that is killed is begun again; at leaving they end in reverse order, after the address."""
        self.boot_with(
            f"env COLOUR=blue\nrespawn {USER} /etc/ha.d/child first\nrespawn root /etc/ha.d/child second\n"
        )
        self.await_lives("first", 1)
        self.await_lives("second", 1)
        self.assertEqual(self.child("first"), [f"begun first as {AS} node01 blue"])
        self.one.host.do("sh", "-c", f"kill -9 $(cat {PLACE}/first.pid)")
        self.await_lives("first", 2)
        self.one.await_log(r"WARN: Managed /etc/ha.d/child first process \d+ killed by signal 9", SETTLED)
        self.one.await_log(r'ERROR: Respawning client "/etc/ha.d/child first":', SETTLED)
        self.one.stop()
        for name in ("first", "second"):
            told = "\n".join(self.child(name)).partition("told to end")[2]
            self.assertIn("eth0", told)
            self.assertNotIn(VIRTUAL, told)
        killed = [line for line in self.one.log().splitlines() if "process group" in line]
        self.assertEqual(["second" in line for line in killed], [True, False], killed)
        self.settle("node02")

    def test_a_client_of_the_api(self) -> None:
        """heartbeat's own ccm signs on as its user, and again when it was killed, on both nodes."""
        require(HeartbeatNode.obstacle())
        self.boot_with("respawn hacluster /usr/libexec/heartbeat/ccm\n")
        self.await_ccm("online")
        self.one.host.do("sh", "-c", "kill -9 $(pgrep -x ccm)")
        self.one.await_log(r"Respawning client", SETTLED)
        self.await_ccm("online")
        self.one.stop()
        self.assertEqual(self.one.host.run("pgrep", "-x", "ccm")[0], 1)

    def await_ccm(self, status: str) -> None:
        """Wait until node02 hears that of node01's."""
        asked = ("cl_status", "clientstatus", "node01", "ccm", "2000")
        until(lambda: self.two.host.run(*asked)[1].strip() == status, SETTLED, f"ccm is {status}")

    def test_the_daemon_is_killed(self) -> None:
        """Its children are told to end by the kernel, and the next daemon has its own."""
        self.boot_with("respawn root /etc/ha.d/child only\n")
        self.await_lives("only", 1)
        self.one.kill()
        until(lambda: "told to end" in self.child("only"), SETTLED, "the child was told to end")
        self.one.start()
        self.await_lives("only", 2)

    def test_failfast(self) -> None:
        """Its death restarts the host, and the other node has the address."""
        self.boot_with("failfast root /etc/ha.d/vital\n")
        self.one.host.do("touch", f"{PLACE}/die")
        self.one.process = None
        until(lambda: self.watch.owners(VIRTUAL) == ("node02",), SETTLED, "node02 has the address")
        self.assertIn("EMERG: Rebooting system.  Reason: /etc/ha.d/vital", self.one.log())
        self.assertRaises(LabError, self.one.host.do, "true")


class ProcessTests(TwoNodesTestCase):
    """A web server on node01 that is not looked at for minutes."""

    def test_a_process_that_is_killed(self) -> None:
        """Its pid file is known: it runs again, on the same node, long before the next look."""
        self.client.power_on()
        self.boot(replace(web(ha_cf(auto_failback="off")), settings=PATIENT))
        self.calm()
        kill = "kill -9 $(cat /run/httpd-demo.pid)"
        probe = Probe(self.client, "http", VIRTUAL, 80)
        probe.await_answer("node01", SETTLED)
        descriptor = "ls -l /proc/*/fd 2>/dev/null | grep -q pidfd"
        for number in (1, 2):
            until(lambda: self.one.host.run("sh", "-c", descriptor)[0] == 0, SETTLED, "it is waited for")
            self.one.host.do("sh", "-c", kill)
            self.one.await_log(rf"ERROR: Resource httpd of group \S+ failed \({number}\)", SETTLED)
            self.one.await_log(r"Running /etc/ha.d/resource.d/httpd  ?start", SETTLED, number + 1)
            seen = len(probe.answers)

            def answers(seen: int = seen) -> bool:
                probe.look()
                return len(probe.answers) > seen

            until(answers, SETTLED, "the web server answers again")
        away = max(outage.length for outage in outages(probe.answers, 0.0))
        print(f"a process that is waited for killed: away for {away:.2f} s at most, looked at every 300 s")
        self.assertOwner("node01")

    def test_an_application_that_hangs(self) -> None:
        """What does not beat is started again, though it runs; the address stays."""
        self.client.power_on()
        self.boot(web(ha_cf(auto_failback="off") + "use_apphbd yes\n"))
        self.calm()
        probe = Probe(self.client, "http", VIRTUAL, 80)
        probe.await_answer("node01", SETTLED)
        hanging = self.one.host.start([sys.executable, "-c", HANGING])
        self.one.await_log(
            rf"ERROR: Resource httpd of group {KEY} failed \(1\): no heartbeat of web", SETTLED
        )
        self.one.await_log(r"Running /etc/ha.d/resource.d/httpd  ?start", SETTLED, 2)
        self.assertIn("web (process", self.one.control("status")[1])
        hanging.kill()
        self.one.await_log(r"apphb client 'web' / 'httpd' \(pid \d+\) hangup", SETTLED)
        probe.await_answer("node01", SETTLED)
        self.calm()
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())
        self.assertEqual(self.one.count(r"Resource httpd of group \S+ failed"), 1)
