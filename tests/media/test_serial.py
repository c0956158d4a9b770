# -*- test-case-name: tests.media.test_serial -*-
"""
Serial lines, on pseudo-terminals.
"""

from __future__ import annotations

import os
import termios
from pathlib import Path

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.names import Level
from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.errors import MediumError
from hatwist.interfaces import ICounting, IMediumFactory
from hatwist.media.serial import LINGER, RETRY, SOURCE, SerialFactory, SerialMedium
from hatwist.wire.envelope import open_datagram
from tests.media.conformance import Cable, Ear, End, MediumConformance
from tests.media.nullmodem import NullModem, turn
from tests.wire.captures import DIRECTIONS, SERIAL, keyring, serial

BAUD = 460800


def beat(number: int) -> bytes:
    """Write a heartbeat."""
    return b">>>\nt=status\nst=active\nseq=%x\n<<<\n" % number


def message(text: str) -> bytes:
    """Write another message."""
    return b">>>\nt=test\ninfo=%b\n<<<\n" % text.encode()


class SerialCable(Cable):
    """Two media on a null modem cable; beta's side of the test is C{modem.beta}."""

    echo = False

    def __init__(self, directory: Path, baud: int = BAUD) -> None:
        self.reactor = MemoryReactorClock()
        self.directory = directory
        self.baud = baud
        self.lines: list[str] = []
        paths = []
        for name in ("alpha", "beta", "locks"):
            (directory / name).mkdir(parents=True)
            paths.append(directory / name / "cable0")
        self.modem = NullModem(*paths[:2])
        self.alpha, self.beta = self.end(paths[0]), self.end(paths[1])
        self.source = SOURCE

    def end(self, path: Path) -> End:
        spec = MediumSpec("serial", LinkName(str(path)), Position("ha.cf", 3, 8), baud=self.baud)
        ear = Ear()
        return End(SerialFactory(self.say, str(self.directory / "locks")).make(spec, self.reactor, ear), ear)

    def say(self, level: Level, text: str) -> None:
        """Keep a line for the log."""
        self.lines.append(f"{level.value}: {text}".replace(f"{self.directory}/", "/"))

    def turn(self, wait: float = 0.0) -> None:
        for _ in range(40):
            turn(self.reactor, self.modem)

    def written(self, data: bytes) -> bytes:
        return b">>>\nx=" + data.hex().encode() + b"\n<<<\n"

    def without_interface(self) -> End:
        return self.end(self.directory / "nowhere0")

    def unplug(self) -> None:
        self.modem.alpha.unplug()

    def replug(self) -> None:
        self.modem.alpha.plug()

    def close(self) -> None:
        for end in (self.alpha, self.beta):
            end.medium.stop()
            self.reactor.advance(LINGER)
        self.modem.close()


class SerialConformance(MediumConformance, SynchronousTestCase):
    """The suite of every medium."""

    def make_cable(self) -> SerialCable:
        cable = SerialCable(Path(self.mktemp()))
        self.addCleanup(cable.close)
        return cable


class SerialTests(SynchronousTestCase):
    """What only a line has."""

    baud = 9600

    def setUp(self) -> None:
        self.cable = SerialCable(Path(self.mktemp()), self.baud)
        self.addCleanup(self.cable.close)
        self.modem = self.cable.modem
        self.alpha, self.beta = self.cable.alpha, self.cable.beta
        self.alpha.start()
        self.beta.start()

    def turn(self, seconds: float) -> None:
        """Let time pass on the line."""
        for _ in range(round(seconds / 0.05)):
            turn(self.cable.reactor, self.modem)

    def counters(self, end: End) -> dict[str, int]:
        """Return what an end has counted, without the device."""
        assert isinstance(end.medium, SerialMedium)
        return {name.partition(" on ")[0]: count for name, count in end.medium.counters().items()}

    def test_it_counts(self) -> None:
        """A line provides what a status needs, and its factory is one."""
        self.assertTrue(verifyObject(ICounting, self.alpha.medium))
        self.assertTrue(verifyObject(IMediumFactory, SerialFactory(self.cable.say)))
        self.assertEqual(self.counters(self.alpha), {})

    def test_start_is_said(self) -> None:
        """The log says it as heartbeat does, with device and speed."""
        self.assertEqual(
            self.cable.lines,
            [
                f"info: glib: Starting serial heartbeat on tty /{name}/cable0 (9600 baud)"
                for name in ("alpha", "beta")
            ],
        )

    def test_settings(self) -> None:
        """The device is raw with eight bits, no parity, no handshake, at the speed of ha.cf."""
        device = os.open(self.modem.alpha.path, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, device)
        incoming, outgoing, control, local, *speeds, characters = termios.tcgetattr(device)
        self.assertEqual((incoming, outgoing, local), (termios.IGNBRK, 0, 0))
        self.assertEqual(control & termios.CSIZE, termios.CS8)
        unwanted = termios.PARENB | termios.CSTOPB | termios.CRTSCTS
        self.assertEqual(control & unwanted, 0)
        self.assertTrue(control & termios.CLOCAL)
        self.assertEqual(speeds, [termios.B9600, termios.B9600])
        self.assertEqual(characters[termios.VMIN], 1)

    def test_it_takes_its_time(self) -> None:
        """A message of 960 bytes takes a second at 9600 baud."""
        text = message("x" * (960 - len(message(""))))
        self.alpha.send(text)
        self.turn(0.7)
        self.assertEqual(self.beta.ear.heard, [])
        self.turn(0.4)
        self.assertEqual(self.beta.ear.heard, [text])

    def test_saturated(self) -> None:
        """A line that is too slow carries the newest heartbeat, counts the others, and says so."""
        self.beta.send(message("x"))
        self.turn(0.5)
        for number in range(100):
            self.alpha.send(beat(number))
            self.turn(0.05)
        self.alpha.send(message("x" * 960))
        for number in range(100, 110):
            self.alpha.send(beat(number))
            self.turn(0.05)
        self.turn(3.0)
        self.assertEqual(self.beta.ear.heard[-2:], [message("x" * 960), beat(109)])
        left_out = self.counters(self.alpha)["old heartbeats not sent"]
        self.assertEqual(len(self.beta.ear.heard) + left_out, 111)
        text = "3 heartbeats not sent, newer ones were: there is more to send than the line carries"
        self.assertEqual(self.cable.lines[2:], [f"WARN: serial /alpha/cable0: {text}"])

    def test_nobody_answers(self) -> None:
        """Of a line on which nobody is heard it is not known that it is too slow; it is counted."""
        self.alpha.send(message("x" * 960))
        for number in range(10):
            self.alpha.send(beat(number))
            self.turn(0.05)
        self.assertGreater(self.counters(self.alpha)["old heartbeats not sent"], 3)
        self.assertEqual(self.cable.lines[2:], [])

    def test_too_much(self) -> None:
        """What does not fit into ten seconds of the line is dropped, oldest first, counted and said."""
        texts = [message(f"{number:04}" + "x" * 960) for number in range(20)]
        for text in texts:
            self.alpha.send(text)
        self.turn(15.0)
        self.assertEqual(self.beta.ear.heard, [texts[0], *texts[-9:]])
        self.assertEqual(self.counters(self.alpha), {"messages not sent": 10})
        self.assertIn(
            "WARN: serial /alpha/cable0: 1 messages not sent: the line is too slow", self.cable.lines
        )

    def test_noise(self) -> None:
        """Noise is skipped, counted and said; the next message is heard."""
        self.alpha.send(beat(1))
        self.turn(0.2)
        self.modem.beta.write(b"\xff\x00 noise")
        self.alpha.send(beat(2))
        self.turn(0.2)
        self.assertEqual(self.beta.ear.heard, [beat(1), beat(2)])
        self.assertEqual(self.counters(self.beta), {"noise": 8})
        self.assertIn(
            "WARN: serial /beta/cable0: 5 bytes that belong to no message "
            "(do both sides have the same baud?)",
            self.cable.lines,
        )

    def test_joining(self) -> None:
        """The end of a message that was on its way already is no noise."""
        self.modem.beta.write(beat(1)[9:])
        self.alpha.send(beat(2))
        self.turn(0.2)
        self.assertEqual(self.beta.ear.heard, [beat(2)])
        self.assertEqual(self.counters(self.beta), {})

    def test_noise_alone(self) -> None:
        """A line that brings nothing but noise, as with another speed, is said to."""
        for _ in range(3):
            self.modem.beta.write(b"\xf8" * 1000)
            self.turn(0.05)
        self.assertGreater(self.counters(self.beta)["noise"], 2000)

    def test_torn(self) -> None:
        """A message that was cut short is counted."""
        self.alpha.send(beat(1))
        self.turn(0.2)
        self.modem.beta.write(beat(2)[:13])
        self.alpha.send(beat(3))
        self.turn(0.2)
        self.assertEqual(self.beta.ear.heard, [beat(1), beat(3)])
        self.assertEqual(self.counters(self.beta), {"noise": 13, "torn messages": 1})

    def test_vanished_and_back(self) -> None:
        """A device that is taken away is said to be lost, and opened anew when it is back."""
        self.modem.alpha.unplug()
        self.turn(0.1)
        self.assertEqual(
            self.cable.lines[2:],
            ["ERROR: glib: TTY write failure on [/alpha/cable0]: Input/output error"],
        )
        self.turn(5 * RETRY)
        self.assertEqual([kind for kind, _ in self.alpha.ear.reports], ["down"])
        self.modem.alpha.plug()
        self.turn(RETRY + 0.1)
        self.assertEqual([kind for kind, _ in self.alpha.ear.reports], ["down", "up"])
        self.alpha.send(beat(1))
        self.turn(0.2)
        self.assertEqual(self.beta.ear.heard, [beat(1)])

    def test_torn_by_its_sender(self) -> None:
        """What was cut off in the middle does not take the next message with it."""
        self.alpha.send(message("x" * 960))
        self.turn(0.3)
        self.modem.alpha.unplug()
        self.turn(0.1)
        self.modem.alpha.plug()
        self.alpha.send(beat(1))
        self.turn(RETRY + 0.3)
        self.assertEqual(self.beta.ear.heard, [beat(1)])
        self.assertEqual(self.counters(self.beta)["torn messages"], 1)

    def test_nobody_reads(self) -> None:
        """A line that takes nothing is said to be stuck, and to work when it does."""
        master, self.modem.alpha.master = self.modem.alpha.master, -1
        for number in range(100):
            self.alpha.send(message(f"{number}" + "x" * 960))
            self.turn(1.0)
        stuck = [line for line in self.cable.lines if "timeout" in line]
        self.assertEqual(
            stuck,
            [
                "WARN: glib: TTY write timeout on [/alpha/cable0] "
                "(no connection or bad cable? [see documentation])"
            ],
        )
        self.assertEqual(self.alpha.ear.reports, [("down", "the line takes nothing")])
        self.modem.alpha.master = master
        self.turn(0.5)
        self.assertEqual([kind for kind, _ in self.alpha.ear.reports], ["down", "up"])

    def test_last_words(self) -> None:
        """What was said before the stop still goes out, at the line's pace."""
        text = message("x" * 960)
        self.alpha.send(text)
        done = self.alpha.medium.stop()
        self.turn(0.5)
        self.assertNoResult(done)
        self.turn(1.0)
        self.successResultOf(done)
        self.assertEqual(self.beta.ear.heard, [text])

    def test_last_words_have_an_end(self) -> None:
        """A line that is too slow for them is closed in the middle."""
        self.alpha.send(message("x" * 9600))
        done = self.alpha.medium.stop()
        self.turn(LINGER + 0.1)
        self.successResultOf(done)
        self.assertEqual(list(self.cable.reactor.getReaders()), [self.beta.medium._port])  # type: ignore[attr-defined]

    def test_stopped_while_it_is_gone(self) -> None:
        """A line that is stopped while its device is away is not opened again."""
        self.modem.alpha.unplug()
        self.turn(0.1)
        self.successResultOf(self.alpha.medium.stop())
        self.modem.alpha.plug()
        self.turn(2 * RETRY)
        self.assertEqual(len(list(self.cable.reactor.getReaders())), 1)

    def test_gone_during_last_words(self) -> None:
        """A device that vanishes while the last words are said is the end."""
        self.alpha.send(message("x" * 960))
        done = self.alpha.medium.stop()
        self.turn(0.1)
        self.modem.alpha.unplug()
        self.turn(0.1)
        self.successResultOf(done)
        self.assertEqual(self.alpha.ear.reports, [])

    def test_lock(self) -> None:
        """A line is locked while it is used, also while its device is away, and no longer."""
        locks = self.cable.directory / "locks"
        self.assertEqual(len(os.listdir(locks)), 2)
        self.modem.alpha.unplug()
        self.turn(0.1)
        self.assertEqual(len(os.listdir(locks)), 2)
        self.alpha.medium.stop()
        self.assertEqual(len(os.listdir(locks)), 1)


class CaptureTests(SynchronousTestCase):
    """A line on which heartbeat 3.0.6 spoke."""

    def test_everything_is_heard(self) -> None:
        """Every message of both nodes is found, whole and well signed, and nothing else."""
        for direction in DIRECTIONS:
            cable = SerialCable(Path(self.mktemp()))
            self.addCleanup(cable.close)
            cable.beta.start()
            spoken = serial(direction)
            for start in range(0, len(spoken), 500):
                cable.modem.beta.write(spoken[start : start + 500])
                turn(cable.reactor, cable.modem)
            self.assertEqual(b"".join(cable.beta.ear.heard), spoken)
            types = {open_datagram(one, keyring(SERIAL)).get("t") for one in cable.beta.ear.heard}
            self.assertIn("status", types)
            assert isinstance(cable.beta.medium, SerialMedium)
            self.assertEqual(cable.beta.medium.counters(), {})


class RefusalTests(SynchronousTestCase):
    """Lines that cannot be opened."""

    def setUp(self) -> None:
        self.cable = SerialCable(Path(self.mktemp()))
        self.addCleanup(self.cable.close)

    def refusal(self, end: End) -> str:
        """Return why it does not start."""
        problem = self.assertRaises(MediumError, end.start)
        self.assertEqual(os.listdir(self.cable.directory / "locks"), [])
        return str(problem).replace(f"{self.cable.directory}/", "/")

    def test_no_device(self) -> None:
        """The place in ha.cf is named, the device, and why."""
        self.assertEqual(
            self.refusal(self.cable.without_interface()),
            "cannot open /nowhere0: No such file or directory",
        )

    def test_no_serial_line(self) -> None:
        """A device that has no line settings is none."""
        link = self.cable.directory / "nothing"
        link.symlink_to("/dev/null")
        self.assertIn("cannot open /nothing: ", self.refusal(self.cable.end(link)))

    def test_locked(self) -> None:
        """A line that another process has locked is not touched."""
        owner = os.getppid()
        medium = self.cable.alpha.medium
        assert isinstance(medium, SerialMedium)
        medium._lock.path.write_text(f"{owner:10d}\n")
        problem = str(self.assertRaises(MediumError, self.cable.alpha.start))
        self.assertIn(f"cannot lock line {medium.spec.link} (process {owner} has it", problem)
        self.assertNotIn("ha.cf", problem)

    def test_device_left_open_by_nobody(self) -> None:
        """A refused line leaves nothing open, and stopping it does no harm."""
        end = self.cable.without_interface()
        self.assertRaises(MediumError, end.start)
        self.successResultOf(end.medium.stop())
        self.assertEqual(list(self.cable.reactor.getReaders()), [])
