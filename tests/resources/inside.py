"""
The built-in address on a real kernel; run by L{tests.resources.test_addresses},
through L{run_inside}, in a network name space that may be ruined.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import ResourceGroup
from hatwist.resources.addresses import CONF, KernelNetwork
from hatwist.resources.build import make_runner
from hatwist.resources.frames import announcements
from hatwist.resources.kept import KeptNetwork, SharedNetwork
from hatwist.resources.lost import listen_to_addresses
from hatwist.resources.network import Held, IPAddress, Network, NoLinkError
from tests.namespaces import ip
from tests.resources.conformance import HOME, IP, OTHER, SIX, NetworkConformance
from tests.resources.fakes import LogBook, group, temporary

MAC = "02:00:ac:10:00:01"


def furnish() -> None:
    """Make C{eth0} with a cable to C{far0}, an address and a default route."""
    ip("link set lo up")
    ip(f"link add eth0 address {MAC} type veth peer name far0")
    ip("link set far0 up")
    ip("link set eth0 up")
    ip(f"address add {HOME}/24 broadcast + dev eth0")
    ip("route add default via 172.16.0.1 dev eth0")


class KernelInside(NetworkConformance, SynchronousTestCase):
    """L{KernelNetwork}: the suite, and what only a kernel does."""

    def make_network(self) -> Network:
        furnish()
        self.addCleanup(ip, "link delete eth0")
        network = KernelNetwork()
        self.addCleanup(network.__exit__, None, None, None)
        return network

    def setting(self) -> Path:
        """Return the setting that makes neighbours stay."""
        return Path(CONF, "eth0", "promote_secondaries")

    def test_what_ip_sees(self) -> None:
        """What was added is what an administrator sees, and for ever."""
        self.network.add(self.address(label="eth0:0"))
        shown = ip("address show dev eth0")
        self.assertIn(f"inet {IP}/24 brd 172.16.0.255 scope global secondary eth0:0\n", shown)
        self.assertIn("valid_lft forever preferred_lft forever", shown.partition(str(IP))[2])

    def test_what_is_renewed_stays_as_it_was(self) -> None:
        """Flags, metric, label, scope and broadcast address are what they were, but for the lifetime."""
        ip(f"address add {IP}/24 broadcast 172.16.0.127 metric 77 dev eth0 label eth0:7")
        ip(f"address add {SIX}/64 nodad home noprefixroute metric 78 dev eth0")
        before, routes = self.shown(), (ip("route"), ip("-6 route"))
        for one in self.network.held():
            if one.ip in (IP, SIX):
                self.network.renew(one, 1000)
        self.assertIn("valid_lft 1000sec preferred_lft 1000sec", ip(f"address show to {IP}"))
        self.assertEqual(self.shown(), before)
        self.assertEqual((ip("route"), ip("-6 route")), routes)

    def shown(self) -> list[str]:
        """Return how the addresses are shown, without their lifetimes."""
        lines = ip("address show dev eth0").splitlines()
        return [line.replace(" dynamic", "") for line in lines if "inet" in line]

    def test_the_kernel_removes_what_nobody_renews(self) -> None:
        """Once its lifetime has passed an address is gone, and what was renewed is there."""
        self.network.add(self.address(), 1)
        self.network.add(self.address(OTHER), 1)
        self.network.add(Held(SIX, 64, self.eth0), 1)
        other = next(one for one in self.network.held() if one.ip == OTHER)
        limit = time.monotonic() + 10
        while {IP, SIX} & {one.ip for one in self.network.held()}:
            self.assertLess(time.monotonic(), limit)
            self.network.renew(other, 1)
            time.sleep(0.1)
        self.assertEqual(self.on_eth0(), {HOME, str(OTHER)})

    def test_settings_are_put_back(self) -> None:
        """The setting that makes neighbours stay is what it was before."""
        for before in ("0\n", "1\n"):
            self.setting().write_text(before)
            self.network.add(self.address())
            self.network.add(self.address(OTHER))
            for one in self.network.held():
                if str(one.ip) == HOME:
                    self.network.remove(one)
            self.assertEqual(self.setting().read_text(), before)
            self.assertIn("default via 172.16.0.1", ip("route"))
            ip("address flush dev eth0")
            ip(f"address add {HOME}/24 broadcast + dev eth0")
            ip("route add default via 172.16.0.1 dev eth0")

    def test_where_settings_cannot_be_written(self) -> None:
        """Where the setting is out of reach, neighbours are put back after they were dropped."""
        self.setting().write_text("0\n")
        self.network.add(self.address())
        home = next(one for one in self.network.held() if str(one.ip) == HOME)
        with KernelNetwork(conf="/nowhere") as network:
            network.remove(home)
        self.assertEqual(self.on_eth0(), {str(IP)})

    def test_a_downed_interface_comes_up(self) -> None:
        """An interface that is down is brought up."""
        ip("link set eth0 down")
        self.network.bring_up(self.network.link("eth0"))
        self.assertIn("UP", ip("link show eth0").partition(">")[0])

    def test_an_alternative_name(self) -> None:
        """An interface answers to its alternative names as well."""
        ip("link property add dev eth0 altname enp0s31f6")
        self.assertEqual(self.network.link("enp0s31f6").index, self.eth0)

    def test_ipv6_serves_at_once(self) -> None:
        """An IPv6 address is used without waiting for duplicates to be detected."""
        self.network.add(Held(SIX, 64, self.eth0))
        self.assertIn(f"inet6 {SIX}/64 scope global nodad", ip("-6 address show dev eth0"))

    def test_nothing_stays_open(self) -> None:
        """A network that was closed leaves no descriptor."""
        before = len(os.listdir("/proc/self/fd"))
        with KernelNetwork() as network:
            network.held()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class KeptInside(NetworkConformance, SynchronousTestCase):
    """L{KeptNetwork}: the suite, and what others change meanwhile."""

    def make_network(self) -> Network:
        furnish()
        self.addCleanup(subprocess.run, ["ip", "link", "delete", "eth0"], check=False, capture_output=True)
        network = KeptNetwork()
        self.addCleanup(network.__exit__, None, None, None)
        return network

    def test_what_others_do(self) -> None:
        """Whatever anybody does to addresses is known at once."""
        self.assertEqual(self.on_eth0(), {HOME})
        ip(f"address add {IP}/24 dev eth0")
        ip(f"address add {IP}/32 dev lo")
        self.addCleanup(ip, f"address del {IP}/32 dev lo")
        self.assertEqual({one.prefix for one in self.network.at(IP)}, {24, 32})
        ip(f"address del {HOME}/24 dev eth0")
        ip(f"address add {OTHER}/24 dev eth0")
        with KernelNetwork() as kernel:
            self.assertEqual(sorted(map(repr, self.network.held())), sorted(map(repr, kernel.held())))
        ip("link delete eth0")
        self.assertEqual({one.prefix for one in self.network.at(IP)}, {32})
        self.assertRaises(NoLinkError, self.network.link, "eth0")

    def test_more_than_it_can_hold(self) -> None:
        """When more has changed than the kernel could tell, all is read anew."""
        self.network.held()
        script = "".join(f"address add 10.9.{n // 250}.{n % 250 + 1}/32 dev eth0\n" for n in range(2000))
        subprocess.run(["ip", "-batch", "-"], input=script, text=True, check=True)
        self.assertEqual(len(self.on_eth0()), 2001)

    def test_an_interface_changes(self) -> None:
        """Another MAC, and that it is down now, are known at once."""
        self.assertTrue(self.network.link("eth0").up)
        ip("link set eth0 down address 02:00:ac:10:00:09")
        eth0 = self.network.link("eth0")
        self.assertEqual((eth0.hardware.hex(), eth0.up), ("0200ac100009", False))

    def test_trouble_opens_another(self) -> None:
        """A network that is shared is opened once, and anew after an error."""
        made: list[KeptNetwork] = []

        def make() -> KeptNetwork:
            made.append(KeptNetwork())
            return made[-1]

        shared = SharedNetwork(make)
        for _ in range(2):
            with shared() as network:
                self.assertTrue(network.held())
        with self.assertRaises(NoLinkError), shared() as network:
            network.link("eth9")
        with shared() as network:
            self.assertTrue(network.held())
        shared.close()
        self.assertEqual(len(made), 2)


class ServiceInside(TestCase):
    """A group of addresses, over a cable."""

    timeout = 30

    def setUp(self) -> None:
        furnish()
        self.addCleanup(ip, "link delete eth0")
        self.log = LogBook()
        self.runner = make_runner(reactor, temporary(self), "node01", {}, self.log)
        self.far = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(3))
        self.far.bind(("far0", 0))
        self.addCleanup(self.far.close)

    def heard(self, expected: tuple[bytes, ...]) -> list[bytes]:
        """Return the announcements that arrived at the far end."""
        frames: list[bytes] = []
        while True:
            try:
                frame = self.far.recv(2000)
            except BlockingIOError:
                return frames
            if frame in expected:
                frames.append(frame)

    async def test_an_address_is_announced_five_times(self) -> None:
        """The far end hears both forms of gratuitous ARP, and the advertisement, five times each."""
        both = group(f"IPaddr::{IP}/24/eth0", f"IPv6addr::{SIX}/64/eth0")
        self.assertEqual(await self.runner.run(both, Verb.START), (Outcome.OK, ""))
        expected = (*announcements(self.hardware(), IP), *announcements(self.hardware(), SIX))
        self.assertEqual(self.heard(expected), list(expected))
        await deferLater(IReactorTime(reactor), 0.7)
        self.assertEqual(sorted(self.heard(expected)), sorted(expected * 4))
        self.assertEqual((await self.runner.run(both, Verb.STATUS))[0], Outcome.RUNNING)
        self.assertEqual(await self.runner.run(both, Verb.STOP), (Outcome.OK, ""))
        self.assertNotIn(str(IP), ip("address"))
        self.assertNotIn(str(SIX), ip("address"))

    async def test_a_released_address_is_silent(self) -> None:
        """Nothing announces an address after it was released."""
        web = group(f"IPaddr::{IP}")
        await self.runner.run(web, Verb.START)
        await self.runner.run(web, Verb.STOP)
        expected = announcements(self.hardware(), IP)
        self.assertEqual(self.heard(expected), list(expected))
        await deferLater(IReactorTime(reactor), 0.7)
        self.assertEqual(self.heard(expected), [])

    async def test_an_address_that_is_there_already(self) -> None:
        """One that a former life has left is announced all the same, and watched over."""
        ip(f"address add {IP}/24 dev eth0")
        web = group(f"IPaddr::{IP}/24/eth0")
        self.assertEqual(await self.runner.run(web, Verb.START), (Outcome.OK, ""))
        expected = announcements(self.hardware(), IP)
        self.assertEqual(self.heard(expected), list(expected))
        await self.runner.run(web, Verb.STOP)

    async def test_it_is_quick(self) -> None:
        """To start and to stop an address takes milliseconds, also while it is announced."""
        web = group(f"IPaddr::{IP}/24/eth0")
        began = time.monotonic()
        for _ in range(20):
            await self.runner.run(web, Verb.START)
            await self.runner.run(web, Verb.STOP)
        self.assertLess(time.monotonic() - began, 20 * 0.02)

    def hardware(self) -> bytes:
        """Return the MAC of eth0."""
        return bytes.fromhex(MAC.replace(":", ""))


RIVAL = bytes.fromhex("020000000066")


class RivalInside(TestCase):
    """Somebody else has an address of ours."""

    timeout = 30

    def setUp(self) -> None:
        furnish()
        self.addCleanup(subprocess.run, ["ip", "link", "delete", "eth0"], check=False, capture_output=True)
        self.log = LogBook()
        self.runner = make_runner(reactor, temporary(self), "node01", {}, self.log)
        self.addCleanup(self.runner.close)
        self.both = group(f"IPaddr::{IP}/24/eth0", f"IPv6addr::{SIX}/64/eth0")

    def errors(self) -> set[str]:
        """Return what is logged as an error."""
        return {line for line in self.log.lines() if line.startswith("ERROR")}

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something; the test's time-out ends it."""
        while not condition():
            await deferLater(IReactorTime(reactor), 0.02)

    async def test_a_host_that_does_not_know(self) -> None:
        """A host whose kernel has our addresses, and says nothing by itself, is found by asking."""
        with subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "echo here; read gone"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as host:
            assert host.stdout is not None
            host.stdout.readline()
            ip(f"link set far0 netns {host.pid}")
            for words in (
                f"link set far0 address {RIVAL.hex(':')}",
                f"address add {IP}/24 dev far0",
                f"address add {SIX}/64 dev far0 nodad",
                "link set far0 up",
            ):
                subprocess.run(["nsenter", "-t", str(host.pid), "-n", "ip", *words.split()], check=True)
            self.assertEqual(await self.runner.run(self.both, Verb.START), (Outcome.OK, ""))
            expected = {f"ERROR: {one} is also claimed by {RIVAL.hex(':')} on eth0" for one in (IP, SIX)}
            await self.until(lambda: self.errors() >= expected)
            self.assertEqual(self.errors(), expected)
            self.assertEqual(len(self.runner.troubles()), 2)
            await self.runner.run(self.both, Verb.STOP)
            host.communicate("gone\n")
        self.assertEqual(list(self.runner.troubles()), [])

    async def test_a_host_that_announces_it(self) -> None:
        """One that takes an address that is held here is named, and the address defended; others are not."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(3)) as far:
            far.bind(("far0", 0))
            await self.runner.run(self.both, Verb.START)
            await deferLater(IReactorTime(reactor), 0.7)
            while _heard(far):
                pass
            self.assertEqual(self.runner.counters(), {})
            for frame in (*announcements(RIVAL, OTHER), *announcements(RIVAL, IP)):
                far.send(frame)
            await self.until(lambda: len(self.runner.troubles()) == 1)
            self.assertIn(f"{IP} is also claimed by {RIVAL.hex(':')} on eth0 (", self.runner.troubles()[0])
            ours = announcements(bytes.fromhex(MAC.replace(":", "")), IP)
            seen: set[bytes] = set()

            def defended() -> bool:
                seen.add(_heard(far))
                return seen >= set(ours)

            await self.until(defended)
        await self.runner.run(self.both, Verb.STOP)


def _heard(far: socket.socket) -> bytes:
    """Return a frame that has come, or nothing."""
    try:
        return far.recv(2000)
    except BlockingIOError:
        return b""


class VanishingInside(TestCase):
    """An interface that goes, and comes back."""

    timeout = 30

    def setUp(self) -> None:
        furnish()
        self.addCleanup(ip, "link delete eth0")
        self.log = LogBook()
        self.runner = make_runner(reactor, temporary(self), "node01", {}, self.log)
        self.addCleanup(self.runner.close)

    async def status(self, which: ResourceGroup) -> Outcome:
        """Ask whether a group runs."""
        return (await self.runner.run(which, Verb.STATUS))[0]

    async def test_there_and_back(self) -> None:
        """A group on it fails by name and starts again when it is back; other groups are not touched."""
        ip("link add eth1 type veth peer name far1")
        web, mail = group(f"IPaddr::{IP}/24/eth0"), group("IPaddr::10.9.0.1/24/eth1")
        for one in (web, mail):
            self.assertEqual(await self.runner.run(one, Verb.START), (Outcome.OK, ""))
        ip("link delete eth1")
        before = ip("address show eth0")
        self.assertEqual([await self.status(one) for one in (web, mail)], [Outcome.RUNNING, Outcome.STOPPED])
        outcome, detail = await self.runner.run(mail, Verb.RECOVER)
        self.assertEqual(
            (outcome, detail), (Outcome.FAILED, "IPaddr::10.9.0.1/24/eth1: there is no interface eth1")
        )
        self.assertIn("ERROR: there is no interface eth1", self.log.lines())
        ip("link add eth1 type veth peer name far1")
        self.assertEqual(await self.runner.run(mail, Verb.START), (Outcome.OK, ""))
        self.assertEqual(await self.status(mail), Outcome.RUNNING)
        self.assertIn("state", ip("link show eth1"))
        self.assertEqual(await self.runner.run(mail, Verb.STOP), (Outcome.OK, ""))
        ip("link delete eth1")
        self.assertEqual(await self.status(web), Outcome.RUNNING)
        self.assertEqual(ip("address show eth0"), before)
        await self.runner.run(web, Verb.STOP)

    async def test_announcing_on_it(self) -> None:
        """While its address is being announced, that is said once, and ends."""
        await self.runner.run(group(f"IPaddr::{IP}/24/eth0"), Verb.START)
        ip("link delete eth0")
        await deferLater(IReactorTime(reactor), 0.7)
        furnish()
        warnings = [line for line in self.log.lines() if line.startswith("WARN")]
        self.assertEqual(warnings, [f"WARN: {IP} is not on eth0 any more"])


class LostInside(SynchronousTestCase):
    """What the kernel says of addresses."""

    def setUp(self) -> None:
        furnish()
        self.addCleanup(ip, "link delete eth0")
        self.reactor = MemoryReactorClock()
        self.gone: list[IPAddress | None] = []
        self.close = listen_to_addresses(self.reactor, self.gone.append)

    def hear(self) -> list[IPAddress | None]:
        """Read what there is; return what has gone."""
        for reader in self.reactor.getReaders():
            reader.doRead()
        heard = list(self.gone)
        self.gone.clear()
        return heard

    def test_an_address_goes(self) -> None:
        """It is told; one that comes is not."""
        ip(f"address add {IP}/24 dev eth0")
        self.assertEqual(self.hear(), [])
        ip(f"address del {IP}/24 dev eth0")
        self.assertEqual(self.hear(), [IP])
        ip(f"address add {SIX}/64 dev eth0 nodad")
        ip("address flush dev eth0")
        self.assertIn(SIX, self.hear())

    def test_more_than_it_can_hold(self) -> None:
        """Then nobody knows which, and everything is looked at."""
        script = "".join(f"address add 10.9.{n // 250}.{n % 250 + 1}/32 dev eth0\n" for n in range(2000))
        subprocess.run(["ip", "-batch", "-"], input=script, text=True, check=True)
        self.assertIn(None, self.hear())

    def test_the_end(self) -> None:
        """Nothing is read any more, whether we end it or the reactor."""
        (reader,) = self.reactor.getReaders()
        reader.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.reactor.getReaders(), [])
        close = listen_to_addresses(self.reactor, self.gone.append)
        (reader,) = self.reactor.getReaders()
        self.assertEqual(reader.logPrefix(), "addresses")
        self.assertGreater(reader.fileno(), 0)
        close()
        self.assertEqual(self.reactor.getReaders(), [])
