# -*- test-case-name: tests.lab.test_nullmodem -*-
"""
The null modem cable of the lab.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import tty

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from scripts.lab import plan
from scripts.lab.nullmodem import GRAIN, HELD, TORN, WHOLE, Cable, Way, serve
from scripts.lab.serialcable import DEVICE, SerialCable
from tests.lab.base import LabTestCase

MESSAGE = b">>>\n" + b"x" * 200 + b"\n<<<\n"

MAX_LOOKS = 3000
"""Grains of time in which everything has arrived."""


class WayTests(SynchronousTestCase):
    """One direction, at 960 bytes a second, with a clock that stands still."""

    def setUp(self) -> None:
        self.way = Way(960.0)

    def all(self, since: float, until: float, step: float = 0.005) -> bytes:
        """Return what comes out in some time, looked at often."""
        steps = round((until - since) / step)
        return b"".join(self.way.get(since + number * step) for number in range(1, steps + 1))

    def test_a_byte_takes_its_time(self) -> None:
        """A byte comes out when the line has carried all of it."""
        self.assertIsNone(self.way.due())
        self.way.put(b"ab", 10.0)
        self.assertAlmostEqual(self.way.due() or 0, 10.0 + 1 / 960)
        self.assertEqual(self.way.get(10.001), b"")
        self.assertEqual(self.way.get(10.0011), b"a")
        self.assertEqual(self.way.get(10.0021), b"b")
        self.assertIsNone(self.way.due())

    def test_rate(self) -> None:
        """However it is looked at, a second carries what the rate says."""
        for step in (0.001, 0.005, 0.25):
            self.way = Way(960.0)
            self.way.put(b"x" * 3000, 10.0)
            came = len(self.all(10.0, 12.0, step))
            self.assertIn(came, (1919, 1920))
            self.assertEqual(self.way.carried, came)

    def test_idleness_earns_nothing(self) -> None:
        """After a pause the line is as fast as before."""
        self.way.put(b"x", 10.0)
        self.assertEqual(self.way.get(20.0), b"x")
        self.way.put(b"y" * 100, 20.0)
        self.assertIn(len(self.way.get(20.05)), (47, 48))

    def test_room(self) -> None:
        """So much may be on its way."""
        self.way.put(b"x" * 96, 10.0)
        self.assertEqual(self.way.room(), HELD - 96)
        self.way.get(10.1)
        self.assertEqual(self.way.room(), HELD)

    def test_cut(self) -> None:
        """What comes out of a cable that is cut is lost, and counted."""
        self.way.cut = True
        self.way.put(b"x" * 96, 10.0)
        self.assertEqual(self.way.get(10.2), b"")
        self.way.cut = False
        self.way.put(b"y", 10.2)
        self.assertEqual(self.way.get(10.3), b"y")
        self.assertEqual((self.way.carried, self.way.lost), (1, 96))

    def test_torn(self) -> None:
        """The next message that begins loses its middle, whatever the pieces are; nothing else does."""
        torn = MESSAGE[:WHOLE] + MESSAGE[WHOLE + TORN :]
        for step in (0.001, 0.013, 2.0):
            self.way = Way(960.0)
            self.way.put(MESSAGE * 4, 10.0)
            self.assertEqual(self.way.get(10.1), MESSAGE[:96])
            self.way.tear()
            came = self.all(10.1, 12.2, step)
            self.assertEqual(came, MESSAGE[96:] + torn + MESSAGE * 2)
            self.assertEqual((self.way.carried, self.way.lost), (len(MESSAGE) * 4 - TORN, TORN))


class CableTests(SynchronousTestCase):
    """Two pseudo-terminals, with a clock that stands still."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.cable = Cable(9600, self.clock.seconds)
        self.files = []
        for number in (0, 1):
            path = self.cable.obey({"do": "plug", "end": number})["path"]
            assert isinstance(path, str)
            self.files.append(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
            self.addCleanup(self.cable.ends[number].unplug)
            self.addCleanup(os.close, self.files[-1])

    def carry(self, seconds: float) -> None:
        """Let time pass on the line."""
        for _ in range(round(seconds / GRAIN)):
            for master, number in self.cable.readable().items():
                if select.select([master], [], [], 0)[0]:
                    self.cable.take(number)
            self.clock.advance(GRAIN)
            self.cable.give()

    def received(self, number: int) -> bytes:
        """Return what can be read at an end."""
        ready = select.select([self.files[number]], [], [], 0)[0]
        return os.read(self.files[number], 1 << 16) if ready else b""

    def test_both_ways(self) -> None:
        """What is written to one end is read from the other, as it was, at the cable's rate."""
        os.write(self.files[0], bytes(range(256)))
        os.write(self.files[1], b"hello")
        there, back = bytearray(), bytearray()
        began = self.clock.seconds()
        for _ in range(MAX_LOOKS):
            self.carry(GRAIN)
            there += self.received(1)
            back += self.received(0)
            # 9600 baud are 960 bytes a second; the kernel may hand over later, never sooner.
            self.assertLessEqual(len(there), (self.clock.seconds() - began) * 960 + 1)
            if len(there) == 256 and len(back) == 5:
                break
            time.sleep(GRAIN)
        self.assertEqual((bytes(there), bytes(back)), (bytes(range(256)), b"hello"))
        self.assertEqual(self.cable.obey({"do": "count"}), {"carried": [5, 256], "lost": [0, 0]})

    def test_nothing_to_do(self) -> None:
        """While nothing is on the line nobody needs to look."""
        self.assertIsNone(self.cable.wait())
        os.write(self.files[0], b"x")
        self.cable.take(0)
        self.assertEqual(self.cable.wait(), GRAIN)

    def test_full(self) -> None:
        """Who sends faster than the line carries has to wait."""
        for _ in range(1000):
            try:
                os.write(self.files[0], b"x" * 4096)
            except BlockingIOError:
                break
            self.carry(GRAIN)
        else:
            self.fail("it never has to")

    def test_nobody_reads(self) -> None:
        """What is not read is lost when no more of it can be kept."""
        way = self.cable.ways[1]
        way.rate = 100_000.0
        for _ in range(60):
            os.write(self.files[0], b"x" * 2000)
            self.carry(0.05)
        self.assertGreater(way.lost, 0)
        self.assertEqual(way.carried + way.lost, 60 * 2000)

    def test_orders(self) -> None:
        """Noise comes out at its end, a cut line is silent, a torn message is shorter."""
        self.cable.obey({"do": "noise", "end": 1, "count": 300})
        self.assertEqual(len(self.received(1)), 300)
        self.cable.obey({"do": "cut"})
        os.write(self.files[0], b"lost")
        self.carry(0.1)
        self.cable.obey({"do": "heal"})
        self.cable.obey({"do": "tear", "end": 1})
        os.write(self.files[0], MESSAGE)
        self.carry(0.4)
        self.assertEqual(len(self.received(1)), len(MESSAGE) - TORN)
        self.assertEqual(self.cable.obey({"do": "count"})["lost"], [0, 4 + TORN])

    def test_unplugged(self) -> None:
        """Who uses a port that is taken away hears that it hung up; what is sent to it is lost."""
        self.cable.obey({"do": "unplug", "end": 1})
        self.assertEqual(os.read(self.files[1], 10), b"")
        os.write(self.files[0], b"lost")
        self.carry(0.1)
        self.assertEqual(self.cable.obey({"do": "count"}), {"carried": [0, 0], "lost": [0, 4]})

    def test_served(self) -> None:
        """Orders come over a socket, and the end of it is the end."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        cable = Cable(460800)
        server = threading.Thread(target=serve, args=(cable, theirs))
        server.start()
        files = []
        for number in (0, 1):
            ours.send(b'{"do": "plug", "end": %d}' % number)
            path = ours.recv(4096).split(b'"')[3].decode()
            files.append(os.open(path, os.O_RDWR | os.O_NOCTTY))
            self.addCleanup(os.close, files[-1])
        os.write(files[0], MESSAGE)
        tty.setraw(files[1])
        came = b""
        while len(came) < len(MESSAGE):
            came += os.read(files[1], 4096)
        self.assertEqual(came, MESSAGE)
        ours.close()
        server.join(10)
        self.assertFalse(server.is_alive())
        for end in cable.ends:
            end.unplug()


class HostTests(LabTestCase):
    """The cable between two hosts of a rack."""

    def test_between_hosts(self) -> None:
        """Each host has a port of the same name; what one writes the other reads, and it is counted."""
        one, two = plan.node(self.rack, 1), plan.node(self.rack, 2)
        cable = SerialCable(self.rack, (one, two), 115200)
        self.addCleanup(cable.close)
        for host in (one, two):
            host.power_on()
            cable.plug(host)
        reader = two.start(["head", "-c", "6", DEVICE])
        one.do("sh", "-c", f"echo hello >{DEVICE}")
        self.assertEqual(reader.wait(), 0)
        self.assertEqual(reader.text(), "hello\n")
        self.assertEqual((cable.counts(two).carried, cable.counts(one).carried), (6, 0))
        cable.unplug(two)
        self.assertNotEqual(two.run("test", "-e", DEVICE)[0], 0)
        two.power_off()
        two.power_on()
        cable.plug(two)
        self.assertEqual(two.run("test", "-c", DEVICE)[0], 0)
