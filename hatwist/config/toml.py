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
from functools import partial
from types import MappingProxyType
from typing import Final

from attrs import frozen

from hatwist.config import builtin, fencing, guardian, monitor
from hatwist.config.directive import Life
from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.model import Position, Settings
from hatwist.config.table import TableReader

TomlValue = object
"""What tomllib may yield; L{KEYS} narrows it."""


@frozen
class KeySpec:
    """
    One key of hatwist.toml.

    @ivar table: the table it stands in; empty for the top.  Where its last part
        is C{NAME} there may be any number of such tables, each with a name of its own.
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


MAX_PARALLEL: Final = 1000

_NAME: Final = ".NAME"
_DEVICE: Final = f"{fencing.DEVICES}{_NAME}"
_MONITORS: Final = (monitor.TABLE, f"{monitor.TABLE}{_NAME}")

KEYS: Final[tuple[KeySpec, ...]] = (
    KeySpec(
        "",
        "native",
        bool,
        "false",
        "Speak the native protocol from the start, before a peer was ever heard to speak it.",
    ),
    KeySpec("", "parallel", int, "10", "How many groups are started or stopped at a time."),
    KeySpec(
        builtin.TABLE,
        "builtin",
        bool,
        "true",
        "Hold addresses by what is built in, also where heartbeat's own scripts are installed.",
    ),
    KeySpec(
        builtin.TABLE,
        "refresh",
        float,
        "60",
        "Seconds from one announcement of an address that is held to the next; 0: none later.",
    ),
    KeySpec(
        guardian.TABLE,
        "use",
        bool,
        "true",
        "Let a process of its own release what runs here when this node may not have it any more.",
    ),
    KeySpec(
        guardian.TABLE,
        "stop_within",
        float,
        "60",
        "Seconds within which it has stopped everything, or the watchdog resets the host.",
    ),
    KeySpec(
        guardian.TABLE,
        "reset",
        bool,
        "true",
        "Let the watchdog reset the host when something cannot be stopped; false: it stays blocked.",
    ),
    *(
        KeySpec(table, name, kind, default, explanation)
        for table in _MONITORS
        for name, kind, default, explanation in (
            ("interval", float, "120", "Seconds between two looks at a group that runs; 0: nobody looks."),
            ("timeout", float, "20", "Seconds one look at a resource may take; at most interval."),
            ("restart_within", float, "60", "Seconds within which what failed has to run again."),
            (
                "migration_threshold",
                int,
                "3",
                "Failures that are borne before the group goes to the other node; 0: any number.",
            ),
            ("failure_timeout", float, "3600", "Seconds for which a failure counts."),
        )
    ),
    KeySpec(
        f"{monitor.TABLE}{_NAME}",
        "pidfiles",
        list,
        "[]",
        "Files that name processes of the group; when one ends it is looked at at once.",
    ),
    *(
        KeySpec(table, name, kind, default, explanation)
        for table, name, kind, default, explanation in (
            (
                fencing.TABLE,
                "timeout",
                float,
                "300",
                "Seconds of one fencing, all devices and tries together.",
            ),
            (
                fencing.TABLE,
                "fence_delay",
                float,
                "2 * deadtime",
                "Seconds that the node that owns less waits before it fences a peer that may fence it.",
            ),
            (
                fencing.TABLE,
                "check_every",
                float,
                "3600",
                "Seconds between two looks whether the devices answer.",
            ),
            (
                fencing.TABLE,
                "wait_for_all",
                bool,
                "true if native",
                "Let a node that starts wait until it has seen every peer once, or a person says it is down.",
            ),
            (
                fencing.TABLE,
                "test_fencing",
                bool,
                "false",
                "Let null, ssh, suicide and fence_dummy count, which prove nothing.",
            ),
            (
                _DEVICE,
                "type",
                str,
                "",
                "A type of `stonith -L`, a fence agent such as fence_ipmilan, or meatware.",
            ),
            (
                _DEVICE,
                "hosts",
                list,
                "[]",
                'The nodes it can fence, as "node01" or "node01=OUTLET"; none: all.',
            ),
            (_DEVICE, "file", str, "", "Its parameters: docs/fencing.md."),
            (
                _DEVICE,
                "level",
                int,
                "1",
                "All devices of a level must confirm, else the next level is tried.",
            ),
            (_DEVICE, "timeout", float, "60", "Seconds of one try; for meatware those of the whole fencing."),
            (_DEVICE, "retries", int, "1", "Tries after the first."),
            (_DEVICE, "action", str, "reset", "reset or off."),
        )
    ),
)
"""Every key there is."""

_TYPE_WORDS: Final[Mapping[type, str]] = MappingProxyType(
    {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text in quotes",
        list: "texts in quotes between [ and ]",
    }
)
_TRUTHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("yes", "on", "y", "true"), "true"),
        **dict.fromkeys(("no", "off", "n", "false"), "false"),
    }
)
_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)$")
_HEADER: Final = re.compile(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]\]?")
_QUOTED: Final = re.compile(r'"[^"]*"$')
_ASSIGNMENT: Final = re.compile(r"\s*([^=#\s]+)\s*[=.]")


def parse_toml(text: str, file: str, findings: Findings) -> Settings:
    """
    Read hatwist.toml.

    @param findings: gets every problem.
    @return: the settings, defaults where nothing is said.
    """
    good = read_tables(text, file, findings, KEYS)
    top = TableReader("", good, partial(find_key, text, file), findings)
    return Settings(
        parallel=top.integer("parallel", Settings().parallel, 1, MAX_PARALLEL),
        native=good.get(("", "native"), False) is True,
        guardian=good.get((guardian.TABLE, "use"), True) is True,
        reset=good.get((guardian.TABLE, "reset"), True) is True,
        stop_within=TableReader(guardian.TABLE, good, partial(find_key, text, file), findings).seconds(
            "stop_within", Settings().stop_within, 3600.0
        ),
        fencing=fencing.read_fencing(good, partial(find_key, text, file), findings),
        monitors=monitor.read_monitors(good, partial(find_key, text, file), findings),
        addresses=builtin.read_addresses(
            TableReader(builtin.TABLE, good, partial(find_key, text, file), findings)
        ),
    )


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
    told: set[str] = set()
    for table, name, value in _flatten(tables, known):
        where = find_key(text, file, table, name)
        kind = _kind(table, known)
        spec = next((one for one in keys if (one.table, one.name) == (kind, name)), None)
        if not name:
            remedy = suggestion(table, known) or _known(keys)
            findings.error(where, "unknown-table", f"unknown table [{shown(table)}]", remedy)
        elif spec is not None and _fits(value, spec.type):
            good[table, name] = value
            if spec.life is not Life.ACTIVE and (not table or table not in told):
                told.add(table)
                _say_idle(spec, table, find_key(text, file, table, "" if table else name), findings)
        elif spec is not None:
            message = f"{name} has a value of the wrong type"
            findings.error(where, "wrong-type", message, f"write {_TYPE_WORDS[spec.type]}")
        else:
            remedy = suggestion(name, [one.name for one in keys if one.table == kind]) or _known(keys)
            findings.error(where, "unknown-key", f"unknown key {shown(name)}", remedy)
    return good


def _say_idle(spec: KeySpec, table: str, where: Position, findings: Findings) -> None:
    """Say that a key, or a whole table, does nothing; whoever wrote it may rely on it."""
    text = f"{f'[{shown(table)}]' if table else spec.name}: {spec.life.value}"
    findings.note(where, "not-active", text, "" if table else spec.explanation)


def _flatten(
    tables: Mapping[str, TomlValue], known: Set[str], above: str = ""
) -> Iterator[tuple[str, str, TomlValue]]:
    """Yield table, key and value; an unknown table is one entry with an empty key."""
    for name, value in tables.items():
        part = f'"{name}"' if "." in name else name
        path = f"{above}.{part}" if above else part
        if not isinstance(value, dict):
            yield above, name, value
        elif _kind(path, known) in known or any(one.startswith(f"{path}.") for one in known):
            yield from _flatten(value, known, path)
        else:
            yield path, "", value


def _kind(table: str, known: Set[str]) -> str:
    """Return the table as the keys have it: C{NAME} for the name of one of many."""
    above = (_QUOTED.sub("", table) if table.endswith('"') else table).rpartition(".")[0]
    return f"{above}{_NAME}" if above and f"{above}{_NAME}" in known else table


def _fits(value: TomlValue, wanted: type) -> bool:
    """Whether a value is of a type; a whole number is a number, and a list has texts."""
    if wanted is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return type(value) is wanted or (wanted is float and type(value) is int)


def find_key(text: str, file: str, table: str, key: str) -> Position:
    """
    Find a key, or with an empty key a table, by scanning.

    @return: its place; the file alone if it is written in a way the scan misses.
    """
    current = ""
    table = table.replace('"', "")
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header:
            current = header[1].replace('"', "").replace("'", "")
            if not key and f"{current}.".startswith(f"{table}."):
                return Position(file, number, header.start(1) + 1)
            continue
        found = _ASSIGNMENT.match(line)
        name = found[1].strip("\"'").split(".")[0] if found else ""
        if found and current == ("" if not key else table) and name == (key or table):
            return Position(file, number, found.start(1) + 1)
    # A list of tables is a key that is written as a header.
    return find_key(text, file, f"{table}.{key}" if table else key, "") if key else Position(file)


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
