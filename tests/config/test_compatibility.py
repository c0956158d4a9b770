# -*- test-case-name: tests.config.test_compatibility -*-
"""
The oddities of authkeys and haresources, one by one, as docs/compatibility.md decides them.

Each docstring says what heartbeat 3.0.6 does; what is asserted is what becomes of it here.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.authkeys import parse_authkeys
from hatwist.config.check import Seen, check_groups
from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.lexer import decode
from hatwist.config.model import ResourceGroup, node_name
from hatwist.wire.auth import Key, Keyring


class AuthkeysTests(SynchronousTestCase):
    """authkeys."""

    def read(self, text: str) -> Keyring | None:
        """Read a text; C{found} has gravity, line and text of each finding."""
        findings = Findings()
        keys = parse_authkeys(text, "f", findings)
        self.found = [f"{one.gravity.value} {one.where.line}: {one.text}" for one in findings.problems]
        return keys

    def test_comments(self) -> None:
        """A comment is a line whose first sign is a hash; elsewhere it is part of a key: kept."""
        self.assertEqual(self.read("  # x\nauth 1\n1 md5 a#b\n"), Keyring(1, (Key(1, "md5", b"a#b"),)))
        self.assertEqual(self.found, [])

    def test_a_comment_behind_crc(self) -> None:
        """crc with anything behind it, be it a comment, is refused: kept, and the reason is said."""
        self.assertIsNone(self.read("auth 1\n1 crc # no key\n"))
        self.assertEqual(self.found, ["error 2: Auth method [crc] doesn't use a key"])

    def test_what_follows_a_key(self) -> None:
        """A key ends at the first blank, the rest is ignored: kept, with a note."""
        self.assertEqual(self.read("auth 1\n1 md5 k rest\n"), Keyring(1, (Key(1, "md5", b"k"),)))
        self.assertEqual(self.found, ["note 2: what follows the key is not part of it"])

    def test_auth_twice(self) -> None:
        """The last auth line counts, without a word: kept, with a warning."""
        keys = self.read("auth 1\nauth 2\n1 md5 a\n2 md5 b\n")
        assert keys is not None
        self.assertEqual(keys.active, 2)
        self.assertEqual(self.found, ["warning 2: auth again: the last one counts"])

    def test_a_number_twice(self) -> None:
        """The last key of a number counts, without a word: kept, with a warning."""
        self.assertEqual(self.read("auth 1\n1 md5 a\n1 md5 b\n"), Keyring(1, (Key(1, "md5", b"b"),)))
        self.assertEqual(self.found, ["warning 3: key 1 again: the last one counts"])

    def test_order(self) -> None:
        """auth must stand above the key it names, or that is not found: any order will do."""
        self.assertIsNotNone(self.read("1 md5 k\nauth 1\n"))
        self.assertEqual(self.found, ["note 2: auth 1 stands below the key it names"])

    def test_words_that_begin_with_a(self) -> None:
        """Whatever begins with an a is an auth line, and a bad one: kept."""
        self.assertIsNone(self.read("auth 1\nabc\n1 md5 k\n"))
        self.assertEqual(self.found, ["error 2: Invalid auth line [abc] in f"])

    def test_numbers(self) -> None:
        """Numbers are 0 to 15: kept."""
        for number, good in (("0", True), ("15", True), ("16", False)):
            self.assertEqual(self.read(f"auth {number}\n{number} md5 k\n") is not None, good)

    def test_echo(self) -> None:
        """What dash's echo makes of C{-ne} spoils the file: kept, and the reason is said."""
        self.assertIsNone(self.read("-ne auth 1\n1 md5 k\n"))
        self.assertEqual(self.found, ["error 1: Auth line [-ne ...] is invalid."])


class HaresourcesTests(SynchronousTestCase):
    """haresources."""

    def read(self, text: str) -> tuple[ResourceGroup, ...]:
        """Read a text; C{found} has gravity, code and line of each finding, those of check included."""
        findings = Findings()
        groups = parse_haresources(decode(text.encode(), "f", findings), "f", findings)
        seen = Seen(node_name("alpha"))
        reading = read_hacf("node alpha beta\nping gate\n", "ha.cf", Findings(), seen.node)
        check_groups(groups, reading, seen, "f", findings)
        self.found = [f"{one.gravity.value} {one.code} {one.where.line}" for one in findings.problems]
        return groups

    def words(self, text: str) -> list[list[str]]:
        """Return the resources of each group, as they are written."""
        return [[one.text for one in group.resources] for group in self.read(text)]

    def test_comments(self) -> None:
        """A hash begins a comment anywhere, also in a word, and cannot be quoted: kept."""
        self.assertEqual(self.words("# x\nalpha a#b\nalpha 'c#d'\n"), [["a"], ["'c"]])
        self.assertEqual(self.found, [])

    def test_comments_in_continued_lines(self) -> None:
        """In continued lines comments are not always removed: they are."""
        self.assertEqual(
            self.words("alpha a \\\n  b # x\nalpha c # y \\\nalpha d\n"), [["a", "b"], ["c"], ["d"]]
        )

    def test_continuation(self) -> None:
        """A backslash at the very end joins lines: kept."""
        self.assertEqual(self.words("alpha a\\\n b\\\n\\\n c\nbeta d\n"), [["a", "b", "c"], ["d"]])
        self.assertEqual(self.found, [])

    def test_blanks_behind_the_backslash(self) -> None:
        """They make it a resource, and the next line a group: an error."""
        self.read("alpha a \\ \nb\n")
        self.assertEqual(self.found, ["error blank-after-backslash 1"])

    def test_carriage_returns(self) -> None:
        """They become part of the last resource: dropped, with a warning."""
        self.assertEqual(self.words("alpha a\r\nalpha b\r\n"), [["a"], ["b"]])
        self.assertEqual(self.found, ["warning crlf 1"])

    def test_case(self) -> None:
        """The node is folded, resources are not: kept."""
        (group,) = self.read("ALPHA Httpd\n")
        self.assertEqual((group.node, group.key), ("alpha", "Httpd"))
        self.assertEqual(self.found, [])

    def test_unknown_nodes(self) -> None:
        """The first node that is none ends the check: every one is found, and so is a ping node."""
        self.read("gamma a\nalpha b\ndelta c\ngate d\n")
        self.assertEqual(self.found, [f"error unknown-node {line}" for line in (1, 3, 4)])

    def test_keys_are_no_patterns(self) -> None:
        """A key is looked for as a pattern, anywhere in a line: it is the first resource, exactly."""
        groups = self.read("alpha 10.0.0.1 web\nalpha 10.0.0x1y mail\nbeta web.1\nbeta web-1 10.0.0.9\n")
        self.assertEqual([one.key for one in groups], ["10.0.0.1", "10.0.0x1y", "web.1", "web-1"])
        self.assertEqual(self.found, [])

    def test_a_key_twice(self) -> None:
        """Two lines of one key run together: an error."""
        self.read("alpha a b\nbeta a c\n")
        self.assertEqual(self.found, ["error duplicate-group 2"])

    def test_a_key_within_another_line(self) -> None:
        """Such lines run together as well: they do not; that both start the same is a warning."""
        groups = self.read("alpha a b\nbeta b c\n")
        self.assertEqual([one.key for one in groups], ["a", "b"])
        self.assertEqual(self.found, ["warning duplicate-resource 2"])

    def test_addresses_twice(self) -> None:
        """An address in two groups is not noticed, in whatever spelling: an error."""
        self.read("alpha a 10.0.0.1/24/eth0\nbeta b IPaddr2::10.0.0.1\n")
        self.assertEqual(self.found, ["error duplicate-address 2"])

    def test_shorthand(self) -> None:
        """A word with three dots, and a digit before, between and behind them, is an address: kept."""
        for word, script in (
            ("10.0.0.1", "IPaddr"),
            ("10.0.0.1/24/eth0/10.0.0.255", "IPaddr"),
            ("1a.2b.3c.4d", "IPaddr"),
            ("1.2.3", "1.2.3"),
            ("a1.2.3.4", "a1.2.3.4"),
        ):
            (group,) = self.read(f"alpha {word}\n")
            self.assertEqual(group.resources[0].script, script, word)
        self.read("alpha 1a.2b.3c.4d\n")
        self.assertEqual(self.found, ["error bad-address 1"])

    def test_double_colons(self) -> None:
        """They split an IPv6 address: an error that shows its brackets, in which they do not."""
        self.read("alpha IPv6addr::2001:db8::5/64\n")
        self.assertEqual(self.found, ["error unbracketed-address 1"])
        (group,) = self.read("alpha IPv6addr::[2001:db8::5]/64\n")
        self.assertEqual(group.resources[0].arguments, ("2001:db8::5/64",))

    def test_single_colons(self) -> None:
        """They split nothing, so that an NFS source can be written: kept."""
        (group,) = self.read("alpha Filesystem::192.168.18.95:/web::/var/www/html::nfs\n")
        self.assertEqual(group.resources[0].arguments, ("192.168.18.95:/web", "/var/www/html", "nfs"))

    def test_blanks_in_arguments(self) -> None:
        """There is no way to write one: kept."""
        self.assertEqual(self.words('alpha MailTo::root::"a b"\n'), [['MailTo::root::"a', 'b"']])

    def test_nothing_to_do(self) -> None:
        """A line with a node alone, or no line at all, is accepted: kept, with a word."""
        self.read("alpha\n")
        self.assertEqual(self.found, ["warning empty-group 1", "note no-groups 0"])
