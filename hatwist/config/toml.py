# -*- test-case-name: tests.config.test_toml -*-
"""
hatwist.toml: what the three old files cannot express.

L{KEYS} is the table of everything it may say; an unknown table or key, or a
value of another type, is an error.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Final

from attrs import frozen

from hatwist.config.directive import Life
from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.model import Position, Settings

TomlValue = object
"""What tomllib may yield; L{KEYS} narrows it."""


@frozen
class KeySpec:
    """
    One key of hatwist.toml.

    @ivar table: the table it stands in; empty for the top.
    @ivar type: the type of its value.
    @ivar default: as written.
    @ivar life: whether it does something.
    """

    table: str
    name: str
    type: type
    default: str
    explanation: str
    life: Life = Life.ACTIVE


KEYS: Final[tuple[KeySpec, ...]] = (
    KeySpec(
        "",
        "native",
        bool,
        "false",
        "Speak the native protocol from the start, before a peer was ever heard to speak it.",
    ),
)
"""Every key there is."""

_TYPE_WORDS: Final[Mapping[type, str]] = MappingProxyType(
    {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}
)
_TRUTHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("yes", "on", "y", "true"), "true"),
        **dict.fromkeys(("no", "off", "n", "false"), "false"),
    }
)
_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)$")
_HEADER: Final = re.compile(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]\]?")
_ASSIGNMENT: Final = re.compile(r"\s*([^=#\s]+)\s*[=.]")


def parse_toml(text: str, file: str, findings: Findings) -> Settings:
    """
    Read hatwist.toml.

    @param findings: gets every problem.
    @return: the settings, defaults where nothing is said.
    """
    good = read_tables(text, file, findings, KEYS)
    return Settings(native=good.get(("", "native"), False) is True)


def read_tables(
    text: str, file: str, findings: Findings, keys: Sequence[KeySpec]
) -> dict[tuple[str, str], TomlValue]:
    """
    Read a file by a table of keys.

    @return: the good values by table and key; C{findings} gets the others.
    """
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, UnicodeEncodeError) as error:
        where = _place(str(error), file)
        findings.error(where, "toml-syntax", _PLACE.sub("", str(error)).strip(), _truth(text, where))
        return {}
    known = {spec.table for spec in keys if spec.table}
    good: dict[tuple[str, str], TomlValue] = {}
    for table, name, value in _flatten(tables, known):
        where = find_key(text, file, table, name)
        spec = next((one for one in keys if (one.table, one.name) == (table, name)), None)
        if not name:
            remedy = suggestion(table, known) or _known(keys)
            findings.error(where, "unknown-table", f"unknown table [{shown(table)}]", remedy)
        elif spec is not None and type(value) is spec.type:
            good[table, name] = value
            if spec.life is Life.LATER:
                findings.note(where, "not-active", f"{name}: {spec.life.value}", spec.explanation)
        elif spec is not None:
            message = f"{name} has a value of the wrong type"
            findings.error(where, "wrong-type", message, f"write {_TYPE_WORDS[spec.type]}")
        else:
            remedy = suggestion(name, [one.name for one in keys if one.table == table]) or _known(keys)
            findings.error(where, "unknown-key", f"unknown key {shown(name)}", remedy)
    return good


def _flatten(tables: Mapping[str, TomlValue], known: Set[str]) -> Iterator[tuple[str, str, TomlValue]]:
    """Yield table, key and value; an unknown table is one entry with an empty key."""
    for name, value in tables.items():
        if not isinstance(value, dict):
            yield "", name, value
        elif name not in known:
            yield name, "", value
        else:
            for key, inner in value.items():
                yield name, key, inner


def find_key(text: str, file: str, table: str, key: str) -> Position:
    """
    Find a key, or with an empty key a table, by scanning.

    @return: its place; the file alone if it is written in a way the scan misses.
    """
    current = ""
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header:
            current = header[1].replace('"', "").replace("'", "")
            if not key and current.split(".")[0] == table:
                return Position(file, number, header.start(1) + 1)
            continue
        found = _ASSIGNMENT.match(line)
        name = found[1].strip("\"'").split(".")[0] if found else ""
        if found and current == ("" if not key else table) and name == (key or table):
            return Position(file, number, found.start(1) + 1)
    return Position(file)


def _known(keys: Sequence[KeySpec]) -> str:
    return f"the keys are {listed('.'.join(filter(None, (one.table, one.name))) for one in keys)}"


def _truth(text: str, where: Position) -> str:
    """Return what to write where yes or no stands for a boolean; else nothing."""
    line = text.split("\n")[where.line - 1] if where.line else ""
    before, after = line[: where.column - 1], line[where.column - 1 :]
    word = after.partition("#")[0].strip().lower()
    return f"write {_TRUTHS[word]}" if before.rstrip().endswith("=") and word in _TRUTHS else ""


def _place(message: str, file: str) -> Position:
    found = _PLACE.search(message)
    return Position(file, int(found[1]), int(found[2])) if found else Position(file)
