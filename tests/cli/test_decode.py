# -*- test-case-name: tests.cli.test_decode -*-
"""
C{hatwistctl decode}, on real captures and on odd files.

C{golden/} holds what it says of some captures.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.decode import DecodeOptions, decode
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import seal
from hatwist.wire.message import Message
from tests.cli.packets import ethernet, ipv4, pcap, udp
from tests.wire.captures import CAPTURES, DIRECTIONS, SERIAL, VECTORS, capture, serial

GOLDEN = Path(__file__).parent / "golden"
KEYS = Keyring(1, (Key(1, "sha1", b"s3cret"),))
STATUS = seal(Message.of(t="status", src="node01", st="up"), KEYS)


class DecodeTestCase(SynchronousTestCase):
    """Runs the command."""

    def decode(self, file: str, *more: str) -> tuple[int, list[str], list[str]]:
        """Run it; return its status and the lines of both outputs."""
        options = DecodeOptions()
        options.parseOptions([*more, file])
        out, err = io.StringIO(), io.StringIO()
        status = decode(options, out, err)
        return status, out.getvalue().splitlines(), err.getvalue().splitlines()

    def written(self, data: bytes) -> str:
        """Write a file and return its name."""
        path = Path(self.mktemp())
        path.write_bytes(data)
        return str(path)

    def keys(self, name: str = "classic-msgfmt") -> tuple[str, str]:
        """Return the option that names the keys of a capture."""
        return "--authkeys", str(VECTORS / name / "authkeys")

    def equals_golden(self, lines: list[str], name: str) -> None:
        """Compare with a file; what is new is written beside the test's other output."""
        path = GOLDEN / name
        expected = path.read_text("ascii").splitlines() if path.exists() else []
        if lines != expected:
            actual = Path(self.mktemp())
            actual.write_text("\n".join(lines) + "\n", "ascii")
            self.fail(f"not as in {path}: see {actual.resolve()}")


class CaptureTests(DecodeTestCase):
    """Real traffic."""

    def test_all_captures(self) -> None:
        """Every message of every capture decodes and verifies."""
        for name in CAPTURES:
            status, lines, errors = self.decode(self.written(capture(name)), *self.keys(name))
            self.assertEqual((status, errors), (0, []))
            self.assertIn(" 0 with a wrong signature, 0 that do not decode", lines[-3])

    def test_lines(self) -> None:
        """One message a line, totals at the end."""
        status, lines, _ = self.decode(self.written(capture("join-crc-bcast")), *self.keys("join-crc-bcast"))
        self.assertEqual(status, 0)
        self.equals_golden(lines, "join-crc-bcast.txt")

    def test_json(self) -> None:
        """One object a line, one a message; the totals do not disturb them."""
        status, lines, errors = self.decode(self.written(capture("mcast6")), "--json", *self.keys("mcast6"))
        self.assertEqual((status, len(lines)), (0, 160))
        self.assertEqual(
            errors[0], "total: 160 messages, 160 verified, 0 with a wrong signature, 0 that do not decode"
        )
        self.equals_golden(lines[:12], "mcast6.json")

    def test_all_interfaces(self) -> None:
        """A capture of all interfaces shows each packet as often as it was seen, and where."""
        status, lines, _ = self.decode(self.written(capture("ping-icmp")), *self.keys("ping-icmp"))
        self.assertEqual(status, 0)
        self.equals_golden([*lines[:20], *lines[-3:]], "ping-icmp.txt")

    def test_fragments(self) -> None:
        """Datagrams that came in fragments are put together."""
        name = "large-uncompressed"
        _, lines, _ = self.decode(self.written(capture(name)), "--json", *self.keys(name))
        large = [one for one in map(json.loads, lines) if one["size"] > 1500]
        self.assertEqual([(one["type"], one["verified"]) for one in large], [("xbig", True)] * 2)

    def test_serial(self) -> None:
        """The bytes of a serial line are read without any capture around them."""
        for direction, count in zip(DIRECTIONS, (74, 82), strict=True):
            status, lines, _ = self.decode(self.written(serial(direction)), *self.keys(SERIAL))
            self.assertEqual(status, 0)
            expected = (
                f"total: {count} messages, {count} verified, 0 with a wrong signature, 0 that do not decode"
            )
            self.assertEqual(lines[-3], expected)


class VerdictTests(DecodeTestCase):
    """Exit statuses and what is said about them."""

    def packet(self, payload: bytes, **ports: int) -> bytes:
        """Make a packet that carries it."""
        return ethernet(ipv4(udp(payload, **ports)))

    def test_without_keys(self) -> None:
        """Without keys nothing is verified; it is said, and no reason to fail."""
        name = self.written(pcap(self.packet(STATUS)))
        status, lines, _ = self.decode(name)
        self.assertEqual(status, 0)
        self.assertIn(" unverified status st=up", lines[0])
        self.assertEqual(
            lines[1:],
            [
                "total: 1 messages, not verified, for want of --authkeys, 0 that do not decode",
                "types: status 1",
                "nodes: node01 1",
            ],
        )
        _, lines, _ = self.decode(name, "--json")
        self.assertIsNone(json.loads(lines[0])["verified"])

    def test_wrong_key(self) -> None:
        """A message that does not verify makes the status 1."""
        name = self.written(pcap(self.packet(STATUS)))
        status, lines, _ = self.decode(name, *self.keys("standby-md5-ucast"))
        self.assertEqual(status, 1)
        self.assertIn(" BAD status ", lines[0])
        self.assertIn("1 with a wrong signature", lines[1])

    def test_broken_message(self) -> None:
        """So does one that does not decode, with keys or without."""
        name = self.written(pcap(self.packet(b">>>broken"), self.packet(STATUS)))
        for more in ((), self.keys()):
            status, lines, _ = self.decode(name, *more)
            self.assertEqual(status, 1)
            self.assertIn(" BROKEN ", lines[0])
            self.assertTrue(lines[2].endswith(", 1 that do not decode"))

    def test_incomplete_message(self) -> None:
        """So does one whose fragments are missing."""
        status, lines, _ = self.decode(self.written(pcap(ethernet(ipv4(udp(STATUS)[:80], more=True)))))
        self.assertEqual(status, 1)
        self.assertIn("(only fragments with the first 80 bytes were captured)", lines[0])

    def test_any_port(self) -> None:
        """A message is known by how it begins, not by its port."""
        packets = self.packet(STATUS, destination=12345), self.packet(b"other"), ethernet(b"who has", 0x0806)
        status, lines, _ = self.decode(self.written(pcap(*packets)))
        self.assertEqual((status, lines[1][:17]), (0, "total: 1 messages"))

    def test_nothing_to_show(self) -> None:
        """A capture without heartbeat messages is no error."""
        status, lines, _ = self.decode(self.written(pcap(self.packet(b"other"))), *self.keys())
        expected = ["total: 0 messages, 0 verified, 0 with a wrong signature, 0 that do not decode"]
        self.assertEqual((status, lines), (0, expected))

    def test_single_datagram(self) -> None:
        """A file that is one datagram is read too."""
        status, lines, _ = self.decode(self.written(STATUS), *self.keys())
        self.assertEqual(status, 0)
        self.assertIn("-/serial node01 > * ok status", lines[0])

    def test_noise_on_a_serial_line(self) -> None:
        """Bytes that are no part of a message are counted."""
        status, lines, _ = self.decode(self.written(b"noise" + serial(DIRECTIONS[0]) + b">>>\nt=st"))
        self.assertEqual((status, lines[-1]), (0, "note: 13 bytes are not part of a message"))

    def test_capture_that_was_cut_off(self) -> None:
        """What a cut off file holds is shown, and that it is cut off."""
        status, lines, _ = self.decode(self.written(pcap(self.packet(STATUS), self.packet(STATUS))[:-5]))
        self.assertEqual((status, lines[1][:17]), (0, "total: 1 messages"))
        self.assertEqual(lines[-1], "note: it ends in the middle of a packet")


class UnreadableTests(DecodeTestCase):
    """Files that cannot be read."""

    def fails(self, said: str, file: str, *more: str) -> None:
        """Expect status 2, nothing shown, and the reason."""
        status, lines, errors = self.decode(file, *more)
        self.assertEqual((status, lines), (2, []))
        self.assertIn(said, errors[0])

    def test_no_such_file(self) -> None:
        """A missing file is named, the capture or the keys."""
        self.fails("hatwistctl decode: /nowhere/x.pcap: No such file or directory", "/nowhere/x.pcap")
        name = self.written(pcap())
        self.fails("hatwistctl decode: /nowhere/keys: No such file", name, "--authkeys", "/nowhere/keys")

    def test_directory(self) -> None:
        """A directory is no capture."""
        self.fails(": Is a directory", str(GOLDEN))

    def test_neither_capture_nor_recording(self) -> None:
        """A file without any message is something else."""
        for data in (b"", b"hello\n" * 1000):
            self.fails("it is neither a capture nor a recording of a serial line", self.written(data))

    def test_unknown_kind_of_link(self) -> None:
        """A capture of links that we do not know is not passed over in silence."""
        self.fails("it was taken on links of type 105", self.written(pcap(b"x", linktype=105)))

    def test_broken_keys(self) -> None:
        """A broken authkeys is an error that shows no secret."""
        keys = self.written(b"auth 1\n1 sha512 s3cret\n")
        self.fails(keys, self.written(pcap()), "--authkeys", keys)
        _, _, errors = self.decode(self.written(pcap()), "--authkeys", keys)
        self.assertNotIn("s3cret", "".join(errors))

    def test_usage(self) -> None:
        """One file, no more and no less."""
        for arguments in ([], ["a", "b"], ["--what", "a"]):
            self.assertRaises(UsageError, DecodeOptions().parseOptions, arguments)

    def test_reader_that_has_had_enough(self) -> None:
        """When nobody reads the output any more, that is no fault of the file."""

        class Closed(io.StringIO):
            def write(self, text: str) -> int:
                raise BrokenPipeError

        options = DecodeOptions()
        options.parseOptions([self.written(STATUS)])
        self.assertRaises(BrokenPipeError, decode, options, Closed(), io.StringIO())


class SecretTests(DecodeTestCase):
    """What must never be shown."""

    def test_keys_are_never_shown(self) -> None:
        """The key is in no output, whether it fits or not."""
        name = self.written(capture("classic-msgfmt"))
        for more in ((), ("--json",)):
            for keys in ("classic-msgfmt", "compress-zlib"):
                _, lines, errors = self.decode(name, *more, *self.keys(keys))
                self.assertNotIn("s3cret", "\n".join(lines + errors))
