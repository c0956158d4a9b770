# -*- test-case-name: tests.wire.test_auth -*-
"""
Signing and verifying (protocol section 3).
"""

from __future__ import annotations

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import AuthenticationError
from hatwist.wire.auth import METHODS, Key, Keyring, crc
from tests.wire.strategies import QUICK

CRC = Key(1, "crc")
MD5 = Key(2, "md5", b"Hello!")
SHA1 = Key(15, "sha1", b"HI!")


def bitwise_crc(data: bytes) -> str:
    """Compute the crc as it is defined, bit by bit."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
            register &= 0xFFFFFFFF
    return f"{register ^ 0xFFFFFFFF:x}"


class DigestTests(SynchronousTestCase):
    """The three methods."""

    @QUICK
    @given(st.binary(max_size=300))
    def test_crc_is_the_bitwise_one(self, data: bytes) -> None:
        """The fast crc gives what the definition gives."""
        self.assertEqual(crc(data), bitwise_crc(data))

    def test_crc_has_no_leading_zeros(self) -> None:
        """A crc is as short as it can be."""
        short = min((crc(b"%d" % number) for number in range(1000)), key=len)
        self.assertLess(len(short), 7)
        self.assertNotEqual(short[0], "0")

    def test_md5_and_sha1_are_hmac(self) -> None:
        """The keyed methods are those of RFC 2104, with keys of any length."""
        for length in (1, 9, 64, 65, 200):
            key = bytes(range(length))
            for name, algorithm in (("md5", hashlib.md5), ("sha1", hashlib.sha1)):
                expected = hmac.new(key, b"data", algorithm).hexdigest()
                self.assertEqual(METHODS[name].digest(key, b"data"), expected)

    def test_which_need_a_key(self) -> None:
        """All but crc need a key."""
        self.assertEqual({name for name, one in METHODS.items() if one.needs_key}, {"md5", "sha1"})

    def test_secret_is_never_shown(self) -> None:
        """A key can be logged without giving it away."""
        self.assertNotIn("Hello", repr(Keyring(2, (MD5,))) + str(MD5))


class KeyringTests(SynchronousTestCase):
    """One key signs, all verify."""

    def test_active_key_signs(self) -> None:
        """The signature has the index of the active key and its digest."""
        keys = Keyring(2, (CRC, MD5, SHA1))
        self.assertEqual(keys.sign(b"data"), b"2 " + MD5.digest(b"data").encode())

    def test_all_keys_verify(self) -> None:
        """A signature by any key of ours is good, and its index is told."""
        keys = Keyring(1, (CRC, MD5, SHA1))
        for key in (CRC, MD5, SHA1):
            token = f"{key.index} {key.digest(b'data')}".encode()
            self.assertEqual(keys.verify(b"data", token), key.index)

    def test_wrong_signatures(self) -> None:
        """A changed byte, another key and another case are wrong."""
        keys = Keyring(2, (MD5,))
        good = keys.sign(b"data")
        other = Keyring(2, (Key(2, "md5", b"hello!"),)).sign(b"data")
        self.assertRaises(AuthenticationError, keys.verify, b"dat4", good)
        for token in (other, good.upper(), good[:-1], good + b"0", good.replace(b" ", b"  ")):
            self.assertRaises(AuthenticationError, keys.verify, b"data", token)

    def test_unknown_method(self) -> None:
        """An index that is not in authkeys is named."""
        keys = Keyring(2, (MD5,))
        error = self.assertRaises(AuthenticationError, keys.verify, b"data", b"3 00")
        self.assertEqual(str(error), "method 3 is not in our authkeys")

    def test_what_is_no_index(self) -> None:
        """An index has one or two digits and is at most 15."""
        keys = Keyring(2, (MD5,))
        for token in (b"", b" 00", b"x 00", b"-1 00", b"002 00", b"16 00", b"\xb2 00"):
            error = self.assertRaises(AuthenticationError, keys.verify, b"data", token)
            self.assertEqual(str(error), "the signature has no method number")
        self.assertEqual(error.claimed, "")
