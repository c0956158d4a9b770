# -*- test-case-name: tests.config.test_lexer -*-
"""
Lines and words, and where they are.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.lexer import (
    MAX_FILE,
    MAX_LINE,
    Line,
    decode,
    lines,
    resource_lines,
    whole_lines,
)
from hatwist.config.model import Position


class LexerTestCase(SynchronousTestCase):
    """Counts what was found."""

    def setUp(self) -> None:
        self.findings = Findings()

    def found(self) -> list[str]:
        """Return code and place of each problem."""
        return [f"{one.code} {one.where}" for one in self.findings.problems]


class DecodeTests(LexerTestCase):
    """Bytes to text."""

    def test_plain_text(self) -> None:
        """UTF-8 is taken as it is."""
        self.assertEqual(decode("node é\n".encode(), "f", self.findings), "node é\n")
        self.assertEqual(self.found(), [])

    def test_other_bytes_are_kept(self) -> None:
        """Bytes that are not UTF-8 survive."""
        text = decode(b"\xff\xfe", "f", self.findings)
        self.assertEqual(text.encode("utf-8", "surrogateescape"), b"\xff\xfe")

    def test_carriage_returns(self) -> None:
        """CR LF is a line end, and said once, at its first line."""
        self.assertEqual(decode(b"a\nb\r\nc\r\n", "f", self.findings), "a\nb\nc\n")
        self.assertEqual(self.found(), ["crlf f:2"])

    def test_nul(self) -> None:
        """A NUL is an error at its place, and is taken out."""
        self.assertEqual(decode(b"a\nbc\0d", "f", self.findings), "a\nbcd")
        self.assertEqual(self.found(), ["nul f:2:3"])

    def test_byte_order_mark(self) -> None:
        """A byte order mark is an error, and is taken out."""
        self.assertEqual(decode(b"\xef\xbb\xbfa", "f", self.findings), "a")
        self.assertEqual(self.found(), ["byte-order-mark f:1:1"])

    def test_size_is_bounded(self) -> None:
        """Only the beginning of a huge file is looked at, and it is an error."""
        text = decode(b"a" * (MAX_FILE + 1), "f", self.findings)
        self.assertEqual(len(text), MAX_FILE)
        self.assertEqual(self.found(), ["file-too-large f"])


class LineTests(LexerTestCase):
    """Text to lines."""

    def test_comments_and_empty_lines_are_out(self) -> None:
        """From C{#} on everything is comment; empty lines do not count, but are counted."""
        found = list(lines("# all\n\n  a b # c\n\t \nlast", "f", self.findings))
        self.assertEqual(found, [Line("f", 3, "  a b"), Line("f", 5, "last")])

    def test_whole_line_comments(self) -> None:
        """In authkeys a C{#} inside of a line belongs to it."""
        found = list(whole_lines("  # all\n1 sha1 a#b \n\n", "f", self.findings))
        self.assertEqual(found, [Line("f", 2, "1 sha1 a#b")])

    def test_long_line(self) -> None:
        """A line above the bound is an error, and not read."""
        found = list(lines("a" * (MAX_LINE + 1) + "\n" + "b" * MAX_LINE, "f", self.findings))
        self.assertEqual([line.number for line in found], [2])
        self.assertEqual(self.found(), ["line-too-long f:1"])

    def test_false_blanks(self) -> None:
        """What only looks like a blank is an error, and read as a blank."""
        (line,) = lines("keepalive\u00a02\u30003", "f", self.findings)
        self.assertEqual(line.text, "keepalive 2 3")
        self.assertEqual(self.found(), ["odd-character f:1:10", "odd-character f:1:12"])

    def test_not_utf8(self) -> None:
        """Bytes that are not UTF-8 are a warning, said once a line; in a comment a note."""
        list(lines("a \udcff\udcfe # \udcff\nb # \udce9", "f", self.findings))
        self.assertEqual(
            self.found(), ["odd-character f:1:3", "comment-encoding f:1:6", "comment-encoding f:2:3"]
        )


class WordTests(LexerTestCase):
    """Lines to words."""

    def test_values(self) -> None:
        """Values stand between blanks and commas; columns count from 1."""
        words = Line("f", 7, "\tnode a,b ,c").values()
        self.assertEqual([one.text for one in words], ["node", "a", "b", "c"])
        self.assertEqual([one.where.column for one in words], [2, 7, 9, 12])
        self.assertEqual(words[0].where, Position("f", 7, 2))

    def test_words(self) -> None:
        """Words stand between blanks alone."""
        self.assertEqual([one.text for one in Line("f", 1, "uid=a,b gid=c").words()], ["uid=a,b", "gid=c"])

    def test_after(self) -> None:
        """What comes after a word keeps its columns."""
        line = Line("f", 1, "mcast eth0 x")
        rest = line.after(line.words()[0])
        self.assertEqual([(one.text, one.where.column) for one in rest.words()], [("eth0", 7), ("x", 12)])


class ResourceLineTests(LexerTestCase):
    """Logical lines of haresources."""

    def read(self, text: str) -> list[list[str]]:
        """Return the words of each logical line, with the line of each word."""
        return [
            [f"{word.text}@{word.where.line}" for word in words]
            for words in resource_lines(text, "f", self.findings)
        ]

    def test_lines(self) -> None:
        """A line is a group; comments and empty lines are out."""
        self.assertEqual(self.read("a b # c\n#\n\nd\n"), [["a@1", "b@1"], ["d@4"]])

    def test_backslash_joins(self) -> None:
        """A backslash at the end joins lines; words know the line they stand in."""
        self.assertEqual(self.read("a b\\\n c \\\nd\ne"), [["a@1", "b@1", "c@2", "d@3"], ["e@4"]])

    def test_blank_after_backslash(self) -> None:
        """Blanks after the backslash are an error; the lines are joined to see what else is wrong."""
        self.assertEqual(self.read("a b\\ \nc"), [["a@1", "b@1", "c@2"]])
        self.assertEqual(self.found(), ["blank-after-backslash f:1:4"])

    def test_dangling_backslash(self) -> None:
        """A backslash that ends the file is a warning."""
        self.assertEqual(self.read("a b\\\n"), [["a@1", "b@1"]])
        self.assertEqual(self.read("\\"), [])
        self.assertEqual(self.found(), ["dangling-backslash f:1:4", "dangling-backslash f:1:1"])
