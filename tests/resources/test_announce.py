# -*- test-case-name: tests.resources.test_announce -*-
"""
When an address is announced, and when no more.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from attrs import evolve
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.announce import Announcer
from hatwist.resources.frames import announcements, probe
from hatwist.resources.network import IPAddress, Link
from tests.resources.fakes import LogBook

IP = IPv4Address("172.16.0.210")
ETH0 = Link(2, "eth0", bytes.fromhex("0200ac100001"), announces=True)
BURST = list(announcements(ETH0.hardware, IP))


class MemorySender:
    """Remembers what was sent, and when in milliseconds, to the next 10."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[tuple[int, str, bytes]] = []
        self.refusal: OSError | None = None

    def send(self, link: Link, frame: bytes) -> None:
        """See L{Sender.send}."""
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((round(self.clock.seconds() * 100) * 10, link.name, frame))


class MemoryGuard:
    """Remembers what it watches over."""

    def __init__(self) -> None:
        self.held: set[IPAddress] = set()

    def hold(self, link: Link, ip: IPAddress) -> None:
        """See L{Guard.hold}."""
        self.held.add(ip)

    def release(self, ip: IPAddress) -> None:
        """See L{Guard.release}."""
        self.held.remove(ip)


class AnnouncerTests(SynchronousTestCase):
    """L{Announcer}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.sender = MemorySender(self.clock)
        self.held = {IP}
        self.log = LogBook()
        self.announcer = Announcer(self.clock, self.is_ours, self.sender, self.log)

    def is_ours(self, link: Link, ip: IPAddress) -> bool:
        """Whether the address is still there."""
        return link == ETH0 and ip in self.held

    def moments(self) -> list[int]:
        """Return when something was sent, in ms, once for each moment."""
        return sorted({moment for moment, _, _ in self.sender.sent})

    def test_five_times_in_half_a_second(self) -> None:
        """Both frames leave at once, and again after 50, 100, 200 and 500 ms."""
        self.announcer.begin(ETH0, IP)
        self.assertEqual([frame for _, _, frame in self.sender.sent], BURST)
        self.clock.pump([0.002] * 500)
        self.assertEqual(self.moments(), [0, 50, 100, 200, 500])
        self.assertEqual([frame for _, _, frame in self.sender.sent], BURST * 5)
        self.assertEqual({name for _, name, _ in self.sender.sent}, {"eth0"})
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_released_address_is_announced_no_more(self) -> None:
        """After cancel nothing is sent."""
        self.announcer.begin(ETH0, IP)
        self.clock.pump([0.002] * 30)
        self.announcer.cancel(IP)
        self.announcer.cancel(IP)
        self.clock.pump([0.002] * 500)
        self.assertEqual(self.moments(), [0, 50])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_an_address_that_was_taken_away(self) -> None:
        """An address that is gone without our doing is announced no more, and that is said."""
        self.announcer.begin(ETH0, IP)
        self.held.clear()
        self.clock.pump([0.002] * 500)
        self.assertEqual(self.moments(), [0])
        self.assertEqual(self.log.lines(), ["WARN: 172.16.0.210 is not on eth0 any more"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_second_start_begins_anew(self) -> None:
        """An address that is announced again while it still is, is announced from the beginning."""
        self.announcer.begin(ETH0, IP)
        self.clock.pump([0.002] * 30)
        self.announcer.begin(ETH0, IP)
        self.clock.pump([0.002] * 500)
        self.assertEqual(self.moments(), [0, 50, 60, 110, 160, 260, 560])

    def test_failures_do_not_matter(self) -> None:
        """What cannot be sent is logged; the next try is made all the same."""
        self.sender.refusal = OSError(100, "Network is down")
        self.announcer.begin(ETH0, IP)
        self.sender.refusal = None
        self.clock.pump([0.002] * 500)
        self.assertEqual(self.moments(), [50, 100, 200, 500])
        self.assertEqual(
            self.log.lines(), ["WARN: 172.16.0.210 not announced on eth0: [Errno 100] Network is down"]
        )

    def test_again_as_long_as_it_is_held(self) -> None:
        """It is announced again each minute, and it is asked who else has it, until it is released."""
        guard = MemoryGuard()
        self.announcer = Announcer(self.clock, self.is_ours, self.sender, self.log, guard, refresh=60.0)
        self.announcer.begin(ETH0, IP)
        self.clock.pump([0.002] * 90500)
        self.assertEqual(self.moments(), [0, 50, 100, 200, 500, 60500, 120500, 180500])
        asked = [moment for moment, _, frame in self.sender.sent if frame == probe(ETH0.hardware, IP)]
        self.assertEqual(asked, [50, 60500, 120500, 180500])
        self.assertEqual(guard.held, {IP})
        self.announcer.cancel(IP)
        self.assertEqual((guard.held, self.clock.getDelayedCalls()), (set(), []))

    def test_taken_away_before_it_is_announced_again(self) -> None:
        """An address that is gone is not announced again, and nobody watches over it."""
        guard = MemoryGuard()
        self.announcer = Announcer(self.clock, self.is_ours, self.sender, self.log, guard, refresh=60.0)
        self.announcer.begin(ETH0, IP)
        self.clock.pump([0.01] * 100)
        self.held.clear()
        self.clock.pump([0.1] * 700)
        self.assertEqual(self.log.lines(), ["WARN: 172.16.0.210 is not on eth0 any more"])
        self.assertEqual((guard.held, self.clock.getDelayedCalls()), (set(), []))

    def test_defended(self) -> None:
        """One that is held is announced once more; of one that is not, nobody says anything."""
        self.announcer.begin(ETH0, IP)
        self.clock.pump([0.002] * 500)
        self.announcer.once_more(IP)
        self.assertEqual(len(self.sender.sent), 12)
        self.announcer.close()
        self.announcer.once_more(IP)
        self.assertEqual(len(self.sender.sent), 12)

    def test_no_neighbours(self) -> None:
        """On an interface without ARP, such as lo, nothing is sent."""
        self.announcer.begin(evolve(ETH0, announces=False), IP)
        self.assertEqual((self.sender.sent, self.clock.getDelayedCalls()), ([], []))
