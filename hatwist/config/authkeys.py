# -*- test-case-name: tests.config.test_authkeys -*-
"""
authkeys: text in, L{Keyring} out.

No message repeats a key, nor a line that may hold one.
"""

from __future__ import annotations

from typing import Final

from attrs import Factory, define

from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.lexer import Line, Word, whole_lines
from hatwist.config.model import Position
from hatwist.errors import ConfigError
from hatwist.wire.auth import MAX_METHOD_INDEX, METHODS, Key, Keyring

CONSTANT_KEYS: Final = frozenset({"(stdin)=", "MD5(stdin)=", "SHA1(stdin)=", "SHA2-256(stdin)="})
"""What a key becomes when the output of C{openssl md5} is taken whole: a label, the same everywhere."""

_FIX_KEY: Final = "make a key with: openssl rand -hex 32"


@define
class _Draft:
    """
    authkeys, half read.

    @ivar keys: by index, with the place of each.
    @ivar refused: numbers of lines that could not be read.
    @ivar active: the number and place of the last C{auth} line.
    """

    file: str
    findings: Findings
    keys: dict[int, tuple[Key, Position]] = Factory(dict)
    refused: set[int] = Factory(set)
    active: tuple[int, Position] | None = None


def read_authkeys(text: str, file: str) -> Keyring:
    """
    Read authkeys.

    @raise ConfigError: with every problem, if there is an error among them.
    """
    findings = Findings()
    keyring = parse_authkeys(text, file, findings)
    if keyring is None:
        raise ConfigError(findings.ordered())
    return keyring


def parse_authkeys(text: str, file: str, findings: Findings) -> Keyring | None:
    """
    Read authkeys to its end, whatever is wrong with it.

    @param findings: gets every problem.
    @return: C{None} if there was an error.
    """
    known = len(findings.problems)
    draft = _Draft(file, findings)
    for line in whole_lines(text, file, findings):
        if line.words()[0].text == "-ne":
            line = _without_echo(draft, line)
        if not line.words():
            continue
        if line.text.lstrip().startswith("a"):
            _read_auth(draft, line)
        else:
            _read_key(draft, line)
    keyring = _finish(draft)
    this_file = Findings(findings.problems[known:])
    return None if this_file.fatal else keyring


def _without_echo(draft: _Draft, line: Line) -> Line:
    """Report C{echo -ne} taken at its word, as a shell without bash's echo does, and return the rest."""
    word = line.words()[0]
    remedy = "the shell's echo knows no -ne: remove this word; use printf"
    draft.findings.error(word.where, "bad-key-line", "Auth line [-ne ...] is invalid.", remedy)
    return line.after(word)


def _read_auth(draft: _Draft, line: Line) -> None:
    words = line.words()
    number = words[1].text if len(words) > 1 else ""
    if words[0].text != "auth" or not _is_index(number):
        shape = " ".join(shown(word.text, 16) for word in words[:2])
        text = f"Invalid auth line [{shape}] in {draft.file}"
        draft.findings.error(words[0].where, "bad-auth-line", text, "write auth NUMBER, as auth 1")
        return
    if not _in_range(draft, words[1]):
        return
    if draft.active is not None:
        first = f"the first one is in line {draft.active[1].line}"
        draft.findings.warn(words[0].where, "repeated", "auth again: the last one counts", first)
    draft.active = (int(number), words[1].where)


def _read_key(draft: _Draft, line: Line) -> None:
    words = line.words()
    if len(words) < 2 or not _is_index(words[0].text):
        remedy = "write NUMBER METHOD KEY, as 1 sha1 AKEY"
        if words[0].text in CONSTANT_KEYS:
            remedy = f"this is what openssl printed, label and all; {_FIX_KEY}"
        text = f"Auth line [{shown(words[0].text, 12)} ...] is invalid."
        draft.findings.error(words[0].where, "bad-key-line", text, remedy)
        return
    number, method = words[:2]
    index = int(number.text)
    if not _in_range(draft, number):
        return
    if not _is_method(draft, method) or not _check_secret(draft, method, words[2:]):
        draft.refused.add(index)
        return
    secret = words[2].text if len(words) > 2 else ""
    if index in draft.keys:
        first = f"the first one is in line {draft.keys[index][1].line}"
        text = f"key {index} again: the last one counts"
        draft.findings.warn(number.where, "repeated", text, first)
    key = Key(index, method.text, secret.encode("utf-8", "surrogateescape"))
    draft.keys[index] = (key, number.where)


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _in_range(draft: _Draft, number: Word) -> bool:
    if int(number.text) <= MAX_METHOD_INDEX:
        return True
    text = f"Invalid authnum [{number.text}] in {draft.file}"
    draft.findings.error(number.where, "bad-auth-number", text, f"from 0 to {MAX_METHOD_INDEX}")
    return False


def _is_method(draft: _Draft, method: Word) -> bool:
    if method.text in METHODS:
        return True
    remedy = suggestion(method.text, METHODS) or f"one of {listed(METHODS)}"
    text = f"Invalid authtype [{shown(method.text, 16)}]"
    draft.findings.error(method.where, "bad-method", text, remedy)
    return False


def _check_secret(draft: _Draft, method: Word, rest: tuple[Word, ...]) -> bool:
    if METHODS[method.text].needs_key:
        if not rest:
            text = f"Auth method [{method.text}] requires a key"
            draft.findings.error(method.where, "no-key", text, _FIX_KEY)
            return False
        if rest[0].text in CONSTANT_KEYS:
            text = f"the key is the constant {rest[0].text}, a label of openssl, not what follows it"
            draft.findings.warn(rest[0].where, "constant-key", text, _FIX_KEY)
        elif len(rest) > 1:
            text = "what follows the key is not part of it"
            draft.findings.note(rest[1].where, "many-values", text, "a key ends at the first blank")
        return True
    if rest:
        text = f"Auth method [{method.text}] doesn't use a key"
        remedy = "end the line after the method; a # is no comment here"
        draft.findings.error(rest[0].where, "unwanted-key", text, remedy)
        return False
    return True


def _finish(draft: _Draft) -> Keyring | None:
    if draft.active is None:
        if not draft.findings.has("bad-auth-line"):
            text = f"Missing auth directive in keyfile [{draft.file}]"
            draft.findings.error(Position(draft.file), "no-auth", text, "write auth NUMBER, as auth 1")
        return None
    index, where = draft.active
    if index in draft.refused:
        return None
    if index not in draft.keys:
        text = f"Auth Key [{index}] not found in keyfile [{draft.file}]"
        numbers = [str(number) for number in sorted(draft.keys)]
        remedy = f"the file has {listed(numbers)}" if numbers else f"add a line {index} sha1 AKEY"
        draft.findings.error(where, "no-such-key", text, remedy)
        return None
    key, place = draft.keys[index]
    if place.line < where.line:
        text = f"auth {index} stands below the key it names"
        draft.findings.note(where, "auth-order", text, "heartbeat 3.0.6 wants it above")
    if key.method == "crc":
        text = "crc only guards against accidents: anybody on the network can speak for a node"
        draft.findings.note(place, "no-authentication", text, "sha1 is as easy: 1 sha1 AKEY")
    return Keyring(index, tuple(one for one, _ in draft.keys.values()))
