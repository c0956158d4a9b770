# -*- test-case-name: tests.service.test_state -*-
"""
Uuid and generation on disk, as heartbeat keeps them.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from uuid import UUID

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import GenerationMethod, HaCf, NodeName, UuidSource
from hatwist.errors import StateError
from hatwist.service.state import StateFiles
from tests.service.fakes import LogBook, temporary
from tests.service.test_nodeuuid import KNOWN

CF = HaCf(nodes=(NodeName("node01"), NodeName("node02")), media=())
NODE01 = NodeName("node01")
WALL = 1437473362.9


class _StateCase(SynchronousTestCase):
    """A state directory."""

    def setUp(self) -> None:
        self.directory = Path(temporary(self)) / "heartbeat"
        self.directory.mkdir()
        self.book = LogBook()
        self.state = StateFiles(str(self.directory), self.book)

    def names(self) -> list[str]:
        """Return what is in the directory."""
        return sorted(os.listdir(self.directory))


class GenerationTests(_StateCase):
    """hb_generation (protocol 8.2)."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.directory / "hb_generation"

    def test_the_first_start(self) -> None:
        """Without a file it begins with the present time plus one, and says so."""
        self.assertEqual(self.state.new_generation(CF, WALL), 1437473363)
        self.assertEqual(
            self.book.lines,
            [
                "WARN: No Previous generation - starting at 1437473363",
                "info: Heartbeat generation: 1437473363",
            ],
        )
        self.assertEqual(self.file.read_bytes(), b"     1437473363\n")

    def test_each_start_counts_one_more(self) -> None:
        """The number in the file is raised by one; it is on disk when it is known."""
        self.file.write_bytes(b"     1795366743\n")
        self.assertEqual(self.state.new_generation(CF, WALL), 1795366744)
        self.assertEqual(self.file.read_bytes(), b"     1795366744\n")
        self.assertEqual(self.state.new_generation(CF, WALL), 1795366745)
        self.assertEqual(self.names(), ["hb_generation"])

    def test_a_broken_file(self) -> None:
        """Whatever else is in the file, the time is greater than any count."""
        for content in (b"", b"soon\n", b"-3\n", b"0\n", b"1.5\n", b"9" * 64, b"\xff" * 16, b"1 2\n"):
            self.file.write_bytes(content)
            self.book.lines.clear()
            self.assertEqual(self.state.new_generation(CF, WALL), 1437473363)
            self.assertEqual(self.book.lines[0], "WARN: BROKEN previous generation - starting at 1437473363")
            self.assertEqual(self.file.read_bytes(), b"     1437473363\n")

    def test_other_widths(self) -> None:
        """Numbers are read however they are padded, and may be wider than fifteen digits."""
        self.file.write_bytes(b"41")
        self.assertEqual(self.state.new_generation(CF, WALL), 42)
        self.file.write_bytes(b"1000000000000000\n")
        self.assertEqual(self.state.new_generation(CF, WALL), 1000000000000001)
        self.assertEqual(self.file.read_bytes(), b"1000000000000001\n")

    def test_generation_by_time(self) -> None:
        """With hbgenmethod time it is the time, and no file is read or written."""
        self.file.write_bytes(b"broken")
        cf = evolve(CF, hbgenmethod=GenerationMethod.TIME)
        self.assertEqual(self.state.new_generation(cf, WALL), 1437473362)
        self.assertEqual(self.book.lines, ["info: Heartbeat generation: 1437473362"])
        self.assertEqual(self.file.read_bytes(), b"broken")

    def test_through_to_the_disk(self) -> None:
        """The new file is synced, then renamed, then its directory is synced."""
        steps: list[str] = []
        sync, rename = os.fsync, os.rename

        def recording_sync(descriptor: int) -> None:
            kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
            steps.append(f"sync {kind}")
            sync(descriptor)

        def recording_rename(source: str, target: str) -> None:
            steps.append(f"rename {os.path.basename(source)} {os.path.basename(target)}")
            rename(source, target)

        state = StateFiles(str(self.directory), self.book, recording_sync, recording_rename)
        state.new_generation(CF, WALL)
        expected = ["sync file", "rename hb_generation.new hb_generation", "sync directory"]
        self.assertEqual(steps, expected)

    def test_a_file_that_cannot_be_read(self) -> None:
        """It is not taken for a missing one: the count might go back."""
        self.file.mkdir()
        error = self.assertRaises(StateError, self.state.new_generation, CF, WALL)
        self.assertEqual(str(error), f"cannot read {self.file}: Is a directory")

    def test_a_directory_that_cannot_be_written(self) -> None:
        """What cannot be kept is not used; the error names the file."""
        state = StateFiles("/proc/version", self.book)
        error = self.assertRaises(StateError, state.new_generation, CF, WALL)
        self.assertEqual(str(error), "cannot read /proc/version/hb_generation: Not a directory")

    def test_a_disk_that_fails(self) -> None:
        """The old file stays, and no half-written one beside it."""
        self.file.write_bytes(b"             41\n")

        def failing(descriptor: int) -> None:
            raise OSError(5, "Input/output error")

        state = StateFiles(str(self.directory), self.book, failing)
        error = self.assertRaises(StateError, state.new_generation, CF, WALL)
        self.assertEqual(str(error), f"cannot write {self.file}: Input/output error")
        self.assertEqual(self.file.read_bytes(), b"             41\n")
        self.assertEqual(self.names(), ["hb_generation"])

    def test_a_missing_directory_is_made(self) -> None:
        """With its parents."""
        state = StateFiles(str(self.directory / "var" / "lib"), self.book)
        state.new_generation(CF, WALL)
        self.assertTrue((self.directory / "var" / "lib" / "hb_generation").exists())


class UuidTests(_StateCase):
    """hb_uuid (protocol 9.1)."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.directory / "hb_uuid"

    def test_the_first_start(self) -> None:
        """Without a file one is made, sixteen raw bytes, and said."""
        made = self.state.own_uuid(CF, NODE01)
        self.assertEqual(self.file.read_bytes(), made)
        self.assertEqual(UUID(bytes=made).version, 4)
        self.assertEqual(self.book.lines, ["info: No uuid found for current node - generating a new uuid."])

    def test_it_stays(self) -> None:
        """What is in the file is the node's uuid, silently."""
        self.file.write_bytes(bytes(range(16)))
        self.assertEqual(self.state.own_uuid(CF, NODE01), bytes(range(16)))
        self.assertEqual(self.book.lines, [])

    def test_a_broken_file(self) -> None:
        """Too short, too long or all zeros is no uuid; a new one is made and kept."""
        for content in (b"", b"\1" * 15, b"\1" * 17, bytes(16)):
            self.file.write_bytes(content)
            made = self.state.own_uuid(CF, NODE01)
            self.assertEqual(len(made), 16)
            self.assertEqual(self.file.read_bytes(), made)

    def test_from_the_nodes_name(self) -> None:
        """With uuidfrom nodename it follows from the name; no file is read or written."""
        cf = evolve(CF, uuidfrom=UuidSource.NODENAME)
        self.file.write_bytes(b"broken")
        found = {name: str(UUID(bytes=self.state.own_uuid(cf, NodeName(name)))) for name in KNOWN}
        self.assertEqual(found, KNOWN)
        self.assertEqual(self.file.read_bytes(), b"broken")

    def test_nobody_else_can_read_them(self) -> None:
        """Both files have mode 600, whatever the umask allows."""
        self.addCleanup(os.umask, os.umask(0))
        self.state.own_uuid(CF, NODE01)
        self.state.new_generation(CF, WALL)
        for path in self.directory.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_a_left_over_half_written_file(self) -> None:
        """What an interrupted start left behind is in nobody's way, and its mode is not kept."""
        left = self.directory / "hb_uuid.new"
        left.write_bytes(b"half")
        left.chmod(0o644)
        made = self.state.own_uuid(CF, NODE01)
        self.assertEqual(self.file.read_bytes(), made)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
