# -*- test-case-name: tests.lab.test_seed_log -*-
"""
The log that a reader of the seed document expects, from a cluster started as it says.

Lines of the document that do not come out, and why:

 - C{G_main_add_TriggerHandler ...}, C{G_main_add_SignalHandler ...}: they tell of the
   main loop of the C program; its own later versions say them when debugging only.

Some come out with other values: the version, the group of the document's ha.cf
(its log is from another one), one process id for all, C{send_arp}, which is built in.
The table of all lines is in docs/compatibility.md, "Log lines".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from scripts.lab.configuration import demo
from tests.lab.base import SETTLED, TwoNodesTestCase

DAEMON = r"^\w{3} \d\d \d\d:\d\d:\d\d node01 heartbeat: \[\d+\]: "
SCRIPT = r"^\d{4}/\d\d/\d\d_\d\d:\d\d:\d\d  "
AGENT = SCRIPT + r"/usr/lib/ocf/resource\.d//heartbeat/IPaddr\(IPaddr_172\.16\.0\.210\)\[\d+\]:    "
MANAGER = SCRIPT + r"ResourceManager\(default\)\[\d+\]:    info: "
GROUP = r"node01 IPaddr::172\.16\.0\.210/24/eth0 httpd$"
INITIAL = DAEMON + r"info: Initial resource acquisition complete \(T_RESOURCES\(us\)\)$"
STOPPED = AGENT + r"INFO:  Resource is stopped$"
LOCAL = DAEMON + r"info: Local Resource acquisition completed\.$"
REQUEST = (
    SCRIPT + r"harc\(default\)\[\d+\]:    info: Running /etc/ha\.d//rc\.d/ip-request-resp ip-request-resp$"
)

START = [
    DAEMON + r"info: Pacemaker support: false$",
    DAEMON + r"WARN: Logging daemon is disabled --enabling logging daemon is recommended$",
    DAEMON + r"info: \*{26}$",
    DAEMON + r"info: Configuration validated\. Starting heartbeat 3\.0\.6",
    DAEMON + r"info: heartbeat: version 3\.0\.6",
    DAEMON + r"WARN: No Previous generation - starting at \d+$",
    DAEMON + r"info: Heartbeat generation: \d+$",
    DAEMON + r"info: No uuid found for current node - generating a new uuid\.$",
    DAEMON + r"info: Creating FIFO /var/lib/heartbeat/fifo\.$",
    DAEMON + r"info: glib: UDP multicast heartbeat started for group 225\.0\.0\.75 port 694 interface eth1"
    r" \(ttl=1 loop=0\)$",
    DAEMON + r"info: glib: ping heartbeat started\.$",
    DAEMON + r"info: Local status now set to: 'up'$",
    DAEMON + r"info: Link 172\.16\.0\.1:172\.16\.0\.1 up\.$",
    DAEMON + r"info: Status update for node 172\.16\.0\.1: status ping$",
    # Here the document starts the backup node.
    DAEMON + r"info: Link node02:eth1 up\.$",
    DAEMON + r"info: Status update for node node02: status (up|init)$",
    SCRIPT + r"harc\(default\)\[\d+\]:    info: Running /etc/ha\.d//rc\.d/status status$",
    DAEMON + r"info: Comm_now_up\(\): updating status to active$",
    DAEMON + r"info: Local status now set to: 'active'$",
    DAEMON + r"info: Status update for node node02: status active$",
    SCRIPT + r"harc\(default\)\[\d+\]:    info: Running /etc/ha\.d//rc\.d/status status$",
    DAEMON + r"info: (remote|local) resource transition completed\.$",
    INITIAL,
    REQUEST,
    SCRIPT + r"ip-request-resp\(default\)\[\d+\]:    received ip-request-resp"
    r" IPaddr::172\.16\.0\.210/24/eth0 OK yes$",
    MANAGER + "Acquiring resource group: " + GROUP,
    STOPPED,
    MANAGER + r"Running /etc/ha\.d/resource\.d/IPaddr 172\.16\.0\.210/24/eth0 start$",
    SCRIPT + r"IPaddr\(IPaddr_172\.16\.0\.210\)\[\d+\]:    INFO: Adding inet address 172\.16\.0\.210/24"
    r" with broadcast address 172\.16\.0\.255 to device eth0$",
    SCRIPT + r"IPaddr\(IPaddr_172\.16\.0\.210\)\[\d+\]:    INFO: Bringing device eth0 up$",
    SCRIPT
    + r"IPaddr\(IPaddr_172\.16\.0\.210\)\[\d+\]:    INFO: .*send_arp .*-r 5 .*eth0 172\.16\.0\.210 auto"
    r" not_used not_used$",
    AGENT + r"INFO:  Success$",
]
STOP = [
    DAEMON + r"info: Heartbeat shutdown in progress\. \(\d+\)$",
    DAEMON + r"info: Giving up all HA resources\.$",
    MANAGER + "Releasing resource group: " + GROUP,
]


class SeedLogTests(TwoNodesTestCase):
    """node01 is started, then node02; later node01 is stopped."""

    def setUp(self) -> None:
        """Go through it; a busy machine must not make node01 give node02 up before it is there."""
        super().setUp()
        self.client.power_on()  # It is the router that the document pings.
        patient = demo().with_timing({"initdead": "120"})
        self.one.boot(patient)
        self.one.await_log("Local status now set to: 'up'", SETTLED)
        self.two.boot(patient)
        self.settle("node01")
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.one.await_log("resource.d/httpd start", SETTLED)
        self.one.stop()

    def assertInOrder(self, patterns: Sequence[str]) -> None:
        """These lines stand in node01's log in this order; others may stand between."""
        lines = iter(self.one.log().splitlines())
        for pattern in patterns:
            found = any(re.search(pattern, line) for line in lines)
            self.assertTrue(found, f"not found, or not in its place: {pattern}")

    def test_lines_in_their_order(self) -> None:
        """Every line of the document comes out, in its order."""
        self.assertInOrder(START + STOP)
        self.assertEqual(self.one.count(f"(?m){LOCAL}"), 1)

    def test_own_resources_are_looked_at_before_they_are_asked_for(self) -> None:
        """The node finds its group stopped, says that it is done with that, then asks for it."""
        self.assertInOrder([INITIAL, STOPPED, LOCAL, REQUEST])
