# -*- test-case-name: tests.service.test_reread -*-
"""
Files that have changed since they were read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twisted.internet.defer import Deferred, execute
from twisted.trial.unittest import SynchronousTestCase

from hatwist.service.reread import Reread
from hatwist.wire.auth import Keyring
from tests.service.fakes import Bug, LogBook, temporary

UNCHANGED = ["info: Configuration unchanged."]
BROKEN = "authkeys cannot be used: the keys from before stay in use"
REREADING = "info: Rereading authentication file."


class RereadTests(SynchronousTestCase):
    """A directory, and SIGHUP."""

    def setUp(self) -> None:
        self.directory = Path(temporary(self))
        for name in ("ha.cf", "haresources"):
            self.write(name, "\n")
        self.write("authkeys", "auth 1\n1 sha1 old\n")
        self.book = LogBook()
        self.keys: list[Keyring] = []
        self.threads: list[Callable[[], None]] = []
        self.reread = Reread(str(self.directory), self.book, self.keys.append, self.in_thread)

    def in_thread(self, call: Callable[[], None]) -> Deferred[None]:
        """Call it at once."""
        return execute(call)

    def write(self, name: str, text: str, mode: int = 0o600) -> None:
        """Write a file of the directory, as an editor does: a new one in place of the old."""
        new = self.directory / f"{name}.new"
        new.write_text(text)
        new.chmod(mode)
        new.rename(self.directory / name)

    def said(self) -> list[str]:
        """Look again; return what was said."""
        self.book.lines.clear()
        self.reread()
        return list(self.book.lines)

    def test_nothing_has_changed(self) -> None:
        """The log says so, each time."""
        self.assertEqual([self.said(), self.said()], [UNCHANGED, UNCHANGED])
        self.assertEqual(self.keys, [])

    def test_new_keys(self) -> None:
        """They are read, checked and handed over, once."""
        self.write("authkeys", "auth 2\n2 sha1 new\n")
        self.assertEqual(self.said(), [REREADING])
        self.assertEqual([one.active for one in self.keys], [2])
        self.assertEqual(self.said(), UNCHANGED)

    def test_new_keys_with_a_warning(self) -> None:
        """What is to be said about them is said, and they are used."""
        self.write("authkeys", "auth 1\n1 sha1 new\n", 0o622)
        said = self.said()
        self.assertEqual((said[0], len(said), len(self.keys)), (REREADING, 2, 1))
        self.assertTrue(said[1].startswith("WARN: others than its owner can write"), said)

    def test_broken_keys(self) -> None:
        """Every problem is logged, no key is repeated, the old keys stay; and so until they are mended."""
        self.write("authkeys", "auth 3\n1 sha secret\n2 md5\n", 0o644)
        for _ in range(2):
            said = self.said()
            self.assertEqual(said[0], REREADING)
            self.assertEqual(len(said), 6)
            self.assertTrue(all(line.startswith("ERROR: ") for line in said[1:]), said)
            self.assertNotIn("secret", " ".join(said))
            self.assertIn("authkeys cannot be used: the keys from before stay in use", said[-1])
            [trouble] = self.reread.troubles()
            self.assertTrue(trouble.startswith(f"{BROKEN} ("), trouble)
            self.assertNotIn("secret", trouble)
        self.write("authkeys", "auth 1\n1 sha1 mended\n")
        self.assertEqual(self.said(), [REREADING])
        self.assertEqual(len(self.keys), 1)
        self.assertEqual(self.reread.troubles(), [])

    def test_broken_keys_taken_back(self) -> None:
        """When the file that is in use is put back nothing is left to look at."""
        (self.directory / "authkeys").rename(self.directory / "kept")
        self.write("authkeys", "auth 3\n")
        self.said()
        self.assertEqual(len(self.reread.troubles()), 1)
        (self.directory / "kept").rename(self.directory / "authkeys")
        self.assertEqual(self.said(), UNCHANGED)
        self.assertEqual(self.reread.troubles(), [])

    def test_no_keys(self) -> None:
        """A file that is gone is as good as a broken one."""
        (self.directory / "authkeys").unlink()
        self.assertIn("Cannot open keyfile", self.said()[1])
        self.assertEqual(self.keys, [])

    def test_other_files(self) -> None:
        """What needs a new start is said, each time, until there was one."""
        self.write("ha.cf", "debug 1\n")
        self.write("hatwist.toml", "")
        tail = "has changed: it takes effect when heartbeat is stopped and started again"
        expected = [f"WARN: ha.cf {tail}", f"WARN: hatwist.toml {tail}"]
        self.assertEqual([self.said(), self.said()], [expected, expected])
        self.write("authkeys", "auth 1\n1 sha1 new\n")
        self.assertEqual(self.said(), [*expected, REREADING])
        self.assertEqual(len(self.keys), 1)

    def test_a_slow_disk(self) -> None:
        """While it is looked, another signal means another look afterwards, and only one."""
        waiting: list[Deferred[None]] = []

        def slow(call: Callable[[], None]) -> Deferred[None]:
            call()
            waiting.append(Deferred())
            return waiting[-1]

        self.reread = Reread(str(self.directory), self.book, self.keys.append, slow)
        for _ in range(3):
            self.reread()
        self.assertEqual((len(waiting), self.book.lines), (1, []))
        waiting[0].callback(None)
        self.assertEqual((len(waiting), self.book.lines), (2, UNCHANGED))
        waiting[1].callback(None)
        self.assertEqual((len(waiting), self.book.lines), (2, UNCHANGED * 2))

    def test_a_bug(self) -> None:
        """Whatever goes wrong is told to the developers, and does not hinder the next time."""

        def broken(keys: Keyring) -> None:
            raise Bug("broken")

        self.reread = Reread(str(self.directory), self.book, broken, self.in_thread)
        self.write("authkeys", "auth 2\n2 sha1 new\n")
        self.reread()
        self.assertEqual(len(self.flushLoggedErrors(Bug)), 1)
        self.assertEqual(self.said(), UNCHANGED)
