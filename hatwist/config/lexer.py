# -*- test-case-name: tests.config.test_lexer -*-
"""
Bytes to lines, and lines to words that know their place.

Columns count characters from 1.  Text that is not UTF-8 is carried along as
surrogates (C{surrogateescape}), so that a key or a path keeps its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from hatwist.config.findings import Findings
from hatwist.config.model import Position

MAX_FILE: Final = 1024 * 1024
"""Bytes of one file of ours."""

MAX_LINE: Final = 5119
"""Bytes of one line; the original cuts a longer one and reads the rest as another line."""

_BLANKS: Final = " \t\r\f\v"
_BLANK_SEPARATED: Final = re.compile(rf"[^{_BLANKS}]+")
_VALUE: Final = re.compile(rf"[^{_BLANKS},]+")
_LOOKS_BLANK: Final = frozenset("\u00a0\u2002\u2003\u2009\u200b\u202f\u3000\ufeff")
_PLAIN: Final = dict.fromkeys(map(ord, _LOOKS_BLANK), " ")
_UNDECODED: Final = frozenset(map(chr, range(0xDC80, 0xDD00)))


@frozen
class Word:
    """A word and its place."""

    text: str
    where: Position


@frozen
class Line:
    """
    One line without comment, line end and trailing blanks.

    @ivar number: counts from 1.
    """

    file: str
    number: int
    text: str

    def values(self) -> tuple[Word, ...]:
        """Return the words between blanks and commas, as most of ha.cf has them."""
        return self._words(_VALUE)

    def words(self) -> tuple[Word, ...]:
        """Return the words between blanks."""
        return self._words(_BLANK_SEPARATED)

    def at(self, column: int) -> Position:
        """Return the place of a column of this line."""
        return Position(self.file, self.number, column)

    def after(self, word: Word) -> Line:
        """Return this line with everything up to the end of C{word} blanked out."""
        end = word.where.column - 1 + len(word.text)
        return Line(self.file, self.number, " " * end + self.text[end:])

    def _words(self, pattern: re.Pattern[str]) -> tuple[Word, ...]:
        return tuple(Word(found.group(), self.at(found.start() + 1)) for found in pattern.finditer(self.text))


def decode(content: bytes, file: str, findings: Findings) -> str:
    """
    Decode a file, and find what no line of it should have.

    @param content: the file; only its first L{MAX_FILE} bytes are looked at.
    @return: the text, lines ending in C{\\n}; NULs and a byte order mark are out of it.
    """
    if len(content) > MAX_FILE:
        text = f"the file is larger than {MAX_FILE} bytes"
        findings.error(Position(file), "file-too-large", text, "only its beginning was looked at")
    text = content[:MAX_FILE].decode("utf-8", "surrogateescape")
    if text.startswith("\ufeff"):
        text = text[1:]
        findings.error(Position(file, 1, 1), "byte-order-mark", "a byte order mark", "remove it")
    if "\r\n" in text:
        line = text[: text.index("\r\n")].count("\n") + 1
        text = text.replace("\r\n", "\n")
        remedy = "convert the file, the scripts of heartbeat stumble over it"
        findings.warn(Position(file, line), "crlf", "lines end in CR LF", remedy)
    if "\0" in text:
        before = text[: text.index("\0")]
        where = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        findings.error(where, "nul", "a NUL byte", "this is not a text file, or a damaged one")
    return text.replace("\0", "")


def lines(text: str, file: str, findings: Findings) -> Iterator[Line]:
    """
    Yield the lines with content; everything from C{#} on is comment.

    For ha.cf and haresources: there is no quoting, a C{#} is never content.
    """
    for line in _all_lines(text, file, findings):
        stripped = _without_comment(line, findings).rstrip(_BLANKS)
        if stripped.strip(_BLANKS):
            yield Line(file, line.number, stripped)


def whole_lines(text: str, file: str, findings: Findings) -> Iterator[Line]:
    """
    Yield the lines with content; a comment is a line that begins with C{#}.

    For authkeys: a C{#} elsewhere belongs to a key.
    """
    for line in _all_lines(text, file, findings):
        stripped = line.text.rstrip(_BLANKS)
        if stripped.strip(_BLANKS) and not stripped.lstrip(_BLANKS).startswith("#"):
            yield Line(file, line.number, stripped)


def resource_lines(text: str, file: str, findings: Findings) -> Iterator[tuple[Word, ...]]:
    """
    Yield the words of each logical line of haresources: a backslash at the
    end of a line joins it with the next.
    """
    words: list[Word] = []
    joined: Line | None = None
    for line in _continued(text, file, findings):
        ends = line.text.rstrip(_BLANKS).endswith("\\")
        content = line.text.rstrip(_BLANKS)
        if ends and not line.text.endswith("\\"):
            where = line.at(len(content))
            findings.error(where, "blank-after-backslash", "blanks after the backslash", "remove them")
        words.extend(Line(file, line.number, content[:-1] if ends else content).words())
        joined = line if ends else None
        if not ends:
            yield from [tuple(words)] if words else []
            words = []
    if joined is not None:
        where = joined.at(len(joined.text.rstrip(_BLANKS)))
        findings.warn(where, "dangling-backslash", "nothing follows the backslash", "remove it")
        yield from [tuple(words)] if words else []


def _continued(text: str, file: str, findings: Findings) -> Iterator[Line]:
    """Yield all lines without their comments, the blanks at their ends kept."""
    for line in _all_lines(text, file, findings):
        yield Line(file, line.number, _without_comment(line, findings))


def _all_lines(text: str, file: str, findings: Findings) -> Iterator[Line]:
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        size = len(line.encode("utf-8", "surrogateescape"))
        if size > MAX_LINE:
            message = f"the line has {size} bytes, more than {MAX_LINE}"
            findings.error(Position(file, number), "line-too-long", message, "split it")
            continue
        yield Line(file, number, line)


def _without_comment(line: Line, findings: Findings) -> str:
    """Return the line's content, with plain blanks for what only looks like one."""
    content, _, comment = line.text.partition("#")
    for column, letter in enumerate(content, start=1):
        if letter in _LOOKS_BLANK:
            text = f"U+{ord(letter):04X} looks like a blank and is none"
            findings.error(line.at(column), "odd-character", text, "write a plain blank")
        elif letter in _UNDECODED:
            text = f"the byte 0x{ord(letter) - 0xDC00:02x} is not UTF-8"
            findings.warn(line.at(column), "odd-character", text, "write the file in UTF-8")
            break
    if not _UNDECODED.isdisjoint(comment):
        where = line.at(len(content) + 1)
        findings.note(where, "comment-encoding", "the comment is not UTF-8", "write the file in UTF-8")
    return content.translate(_PLAIN)
