# -*- test-case-name: tests.service.test_lines -*-
"""
The lines that log watchers and administrators look for, in the words of heartbeat
3.0.6, as a whole daemon writes them into its ha-log.

A change of words is noticed here.  What the core says has tests of its own
(L{tests.cluster.test_lines}).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import Factory, define, evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.signon import Applicant, complaint
from hatwist.config.model import HaConfig, LinkName, MediumSpec, Position
from hatwist.media.bcast import BCAST
from hatwist.media.mcast import MCAST
from hatwist.media.mcast6 import MCAST6
from hatwist.media.memory import Hub
from hatwist.media.sockets import Plan
from hatwist.media.ucast import UCAST
from hatwist.media.ucast6 import UCAST6
from hatwist.resources.agents import Stage
from hatwist.resources.announce import Announcer
from hatwist.resources.build import Agents
from hatwist.resources.groups import GroupRunner
from hatwist.resources.locate import Places as ResourcePlaces
from hatwist.resources.process import Ran
from hatwist.service.build import Places, Say
from tests.service.host import AUTHKEYS, Host

DAEMON = r"^\w{3} \d\d \d\d:\d\d:\d\d node01 heartbeat: \[\d+\]: "
MANAGER = r"^\d{4}/\d\d/\d\d_\d\d:\d\d:\d\d  ResourceManager\(default\)\[\d+\]:    "

START = (
    DAEMON + r"info: Pacemaker support: false$",
    DAEMON + r"WARN: Initial dead time \[9000 ms\] may be too small! \[.*\]$",
    DAEMON + r"info: Initial dead time accounts for slow network startup time$",
    DAEMON + r"info: It should be >= deadtime and >= 10 seconds$",
    DAEMON + r"WARN: Deprecated 'legacy' auto_failback option selected\. \[.*\]$",
    DAEMON + r"WARN: Please convert to 'auto_failback on'\.$",
    DAEMON + r"WARN: See documentation for conversion details\.$",
    DAEMON + r"WARN: Logging daemon is disabled --enabling logging daemon is recommended$",
    DAEMON + r"info: \*{26}$",
    DAEMON + r"info: Configuration validated\. Starting heartbeat 3\.0\.6",
    DAEMON + r"info: heartbeat: version 3\.0\.6",
    DAEMON + r"WARN: No Previous generation - starting at \d+$",
    DAEMON + r"info: Heartbeat generation: \d+$",
    DAEMON + r"info: No uuid found for current node - generating a new uuid\.$",
    DAEMON + r"info: Creating FIFO .*/fifo\.$",
    DAEMON + r"info: Local status now set to: 'up'$",
    DAEMON + r"info: Local status now set to: 'active'$",
    MANAGER + r"info: Acquiring resource group: node01 httpd$",
    MANAGER + r"info: Running .*/resource\.d/httpd start$",
)

STOP = (
    DAEMON + r"info: Heartbeat shutdown in progress\. \(\d+\)$",
    MANAGER + r"info: Releasing resource group: node01 httpd$",
    MANAGER + r"info: Running .*/resource\.d/httpd stop$",
    DAEMON + r"info: All HA resources relinquished\.$",
    DAEMON + r"info: node01 Heartbeat shutdown complete\.$",
)

TROUBLE = (
    MANAGER + r"ERROR: Return code 1 from .*/resource\.d/httpd$",
    MANAGER + r"CRIT: Giving up resources due to failure of httpd$",
    MANAGER + r"info: Retrying failed stop operation \[httpd\]$",
    MANAGER + r"ERROR: Resource script for httpd probably not LSB-compliant\.$",
    MANAGER + r"WARN: it \(httpd\) MUST succeed on a stop when already stopped$",
    MANAGER + r"WARN: Machine reboot narrowly avoided!$",
    MANAGER + r"ERROR: Cannot locate resource script disk$",
    MANAGER + r"CRIT: Resource STOP failure\. Reboot required!$",
)

SPEC = MediumSpec("", LinkName("eth1"), Position("ha.cf"), "eth1", "225.0.0.75", 694, 1, loop=False)
PLAN = Plan("", 2, (), (), ("", 0), ("192.0.2.2", 694))

MEDIA = [
    "glib: UDP Broadcast heartbeat started on port 694 (694) interface eth1",
    "glib: UDP Broadcast heartbeat closed on port 694 interface eth1 - Status: 0",
    "glib: UDP multicast heartbeat started for group 225.0.0.75 port 694 interface eth1 (ttl=1 loop=0)",
    "glib: ucast: write socket priority set to IPTOS_LOWDELAY on eth1",
    "glib: ucast: bound send socket to device: eth1",
    "glib: ucast: set SO_REUSEPORT(w)",
    "glib: ucast: set SO_REUSEADDR",
    "glib: ucast: bound receive socket to device: eth1",
    "glib: ucast: set SO_REUSEPORT",
    "glib: ucast: started on port 694 interface eth1 to 192.0.2.2",
]

MEDIA6 = [
    "glib: UDP multicast heartbeat started for [ff12::75:1]:694 on interface eth1 (hops=1 loop=0)",
    "glib: ucast6: bound send socket to device: eth1",
    "glib: ucast6: bound receive socket to device: eth1",
    "glib: ucast6: set SO_REUSEPORT",
    "glib: ucast6: heartbeat started for [fe80::2%eth1]:694 on interface eth1",
]


@define
class Programs:
    """
    Resource scripts that end at once.

    @ivar answers: how one ends, by its name and verb; else a status is stopped, and all else works.
    """

    answers: dict[tuple[str, str], Ran] = Factory(dict)

    def __call__(
        self, words: Sequence[str], _environment: Mapping[str, str], _timeout: float
    ) -> Deferred[Ran]:
        usual = Ran(3, None, "stopped\n", stdout="stopped\n") if words[-1] == "status" else Ran(0, None, "")
        return succeed(self.answers.get((Path(words[0]).name, words[-1]), usual))


class _Silent:
    """Announces nothing."""

    def send(self, link: object, frame: bytes) -> None:
        pass


class LinesTests(SynchronousTestCase):
    """What node01 writes, whose peer is never heard."""

    def setUp(self) -> None:
        self.host = Host(self, "node01", Hub(), "legacy")
        self.host.parts = evolve(self.host.parts, runner=self.make_runner)
        cf = (self.host.directory / "ha.d" / "ha.cf").read_text()
        self.host.write("haresources", "node01 httpd\nnode01 disk\nnode02 mail\n")
        self.disk = self.host.write("resource.d/disk", "#!/bin/sh\n")
        self.disk.chmod(0o755)
        self.host.write("ha.cf", cf.replace("initdead 20", "initdead 9").replace("deadtime 10", "deadtime 8"))
        self.programs = Programs()

    def make_runner(
        self, clock: IReactorTime, places: Places, _config: HaConfig, say: Say, _: object
    ) -> GroupRunner:
        """Make what runs scripts, but for starting them."""
        announcer = Announcer(clock, lambda _link, _ip: False, _Silent(), say)
        found = ResourcePlaces(places.directory, places.init)
        return GroupRunner(Agents(found, Stage(self.programs, {}, say), announcer).agent_for, say, clock)

    def live(self) -> None:
        """Start, and wait until the peer is given up."""
        self.host.start()
        self.host.advance(12)

    def leave(self, seconds: float) -> list[str]:
        """Leave; return the log."""
        self.host.node.leave("a signal")
        self.host.advance(seconds)
        self.host.crash()
        return self.host.ha_log.splitlines()

    def assertInOrder(self, expected: Iterable[str], lines: Iterable[str]) -> None:
        """These lines come in this order; others may stand between."""
        left = iter(lines)
        for one in expected:
            found = any(re.search(one, line) for line in left)
            self.assertTrue(found, f"not said, or not in its place: {one}")

    def test_life(self) -> None:
        """From the first start to the end."""
        self.live()
        self.assertInOrder((*START, *STOP), self.leave(3))

    def test_generation(self) -> None:
        """A generation that cannot be read is replaced."""
        state = self.host.directory / "state"
        state.mkdir()
        (state / "hb_generation").write_text("what?")
        self.live()
        self.assertInOrder([DAEMON + r"WARN: BROKEN previous generation - starting at \d+$"], self.leave(3))

    def test_reread(self) -> None:
        """What SIGHUP makes it say."""
        self.live()
        assert self.host.built is not None
        self.host.built.reread()
        self.host.write("authkeys", AUTHKEYS.replace("secret", "better")).chmod(0o600)
        self.host.built.reread()
        expected = (
            DAEMON + r"info: Configuration unchanged\.$",
            DAEMON + r"info: Rereading authentication file\.$",
        )
        self.assertInOrder(expected, self.leave(3))

    def test_trouble(self) -> None:
        """Scripts that fail at a start or a stop, are not there, or cannot be stopped at all."""
        failed, running = Ran(1, None, "no\n"), Ran(0, None, "running\n", stdout="running\n")
        self.programs.answers = {("httpd", "start"): failed, ("httpd", "stop"): failed}
        self.host.start()
        self.disk.unlink()
        self.host.advance(30)
        self.programs.answers = {("mail", "stop"): failed, ("mail", "status"): running}
        lines = self.leave(15)
        for one in TROUBLE:
            self.assertInOrder([one], lines)

    def test_media(self) -> None:
        """What media say when they are opened and closed; the words of what they lose have a test there."""
        said = (*BCAST.started(SPEC, PLAN), *BCAST.closed(SPEC, PLAN), *MCAST.started(SPEC, PLAN))
        self.assertEqual([*said, *UCAST.started(SPEC, PLAN)], MEDIA)
        group = evolve(SPEC, address="ff12::75:1")
        peer = evolve(PLAN, destination=("fe80::2", 694, 0, 2))
        said = (*MCAST6.started(group, PLAN), *UCAST6.started(evolve(SPEC, address="fe80::2"), peer))
        self.assertEqual(list(said), MEDIA6)

    def test_clients(self) -> None:
        """What a client makes it say that may not sign on."""
        who = Applicant("ipfail", 711, casual=False)
        self.assertEqual(
            [complaint(who, why) for why in ("client failed authorization", "duplicate add request")],
            [
                "Client [ipfail] pid 711 failed authorization [client failed authorization]",
                "duplicate client add request [ipfail] [711]",
            ],
        )
