# -*- test-case-name: tests.config.test_authkeys -*-
"""
authkeys to a keyring.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.authkeys import parse_authkeys, read_authkeys
from hatwist.config.findings import Findings
from hatwist.config.model import Position
from hatwist.errors import ConfigError
from hatwist.wire.auth import Key, Keyring


class AuthkeysTests(SynchronousTestCase):
    """One key signs, all verify."""

    def test_keys(self) -> None:
        """A comment is a whole line; a key is the third word, whatever it looks like."""
        text = "# keys\nauth 2\n1 crc\n 2\tsha1  a#b rest\n15 md5 k\n"
        self.assertEqual(
            read_authkeys(text, "f"),
            Keyring(2, (Key(1, "crc"), Key(2, "sha1", b"a#b"), Key(15, "md5", b"k"))),
        )

    def test_either_order(self) -> None:
        """The line that names the key may stand below it, which is noted."""
        findings = Findings()
        self.assertEqual(parse_authkeys("1 md5 k\nauth 1", "f", findings), Keyring(1, (Key(1, "md5", b"k"),)))
        self.assertEqual([one.code for one in findings.problems], ["auth-order"])

    def test_last_wins(self) -> None:
        """Of two auth lines, and of two keys with a number, the last counts."""
        text = "auth 2\nauth 1\n1 md5 old\n1 sha1 new\n"
        self.assertEqual(read_authkeys(text, "f"), Keyring(1, (Key(1, "sha1", b"new"),)))

    def test_bytes_of_a_key(self) -> None:
        """A key is bytes; what is not UTF-8 is kept."""
        text = b"auth 1\n1 sha1 \xff\xc3\xa9\n".decode("utf-8", "surrogateescape")
        self.assertEqual(read_authkeys(text, "f").keys[0].secret, b"\xff\xc3\xa9")

    def test_all_problems_at_once(self) -> None:
        """A bad file raises every problem with its place."""
        error = self.assertRaises(ConfigError, read_authkeys, "auth 1\n1 sha2 k\nx\n", "keys")
        self.assertEqual(
            [str(one) for one in error.problems],
            [
                "keys:2:3: error: Invalid authtype [sha2] (did you mean sha1?)",
                "keys:3:1: error: Auth line [x ...] is invalid. (write NUMBER METHOD KEY, as 1 sha1 AKEY)",
            ],
        )

    def test_no_key_is_shown(self) -> None:
        """No message repeats a key, even where the line is in disorder."""
        text = (
            "auth\n1 sha2 secret\nsha1 1 secret\n99 md5 secret\n2 crc secret\nauthx secret\n3 md5 a secret\n"
        )
        error = self.assertRaises(ConfigError, read_authkeys, text, "f")
        self.assertEqual(len(error.problems), 7)
        self.assertNotIn("secret", str(error).replace("authx secret", ""))

    def test_errors_of_other_files(self) -> None:
        """Errors that were found before do not spoil good keys."""
        findings = Findings()
        findings.error(Position("ha.cf"), "x", "wrong")
        self.assertIsNotNone(parse_authkeys("auth 1\n1 crc\n", "f", findings))
