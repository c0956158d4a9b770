# -*- test-case-name: tests.cli.test_past -*-
"""
What was: the decisions of the journal and the operations on resources, in words or as JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TextIO

from hatwist.cli.options import EXIT_DONE, EXIT_FAILED, JournalOptions
from hatwist.cli.text import age, moment, one_line
from hatwist.control.entries import newest, read_journal, write_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from hatwist.control.entries import Entry
    from hatwist.control.operations import OperationReport

    Done = Mapping[str, Sequence[OperationReport]]

VERSION: Final = 1
"""Of the form of the JSON objects."""


def show_journal(entries: Sequence[Entry], out: TextIO, *, as_json: bool) -> None:
    """Print decisions, oldest first, or one JSON object with all of them."""
    if as_json:
        document = {"version": VERSION, "entries": [json.loads(write_entry(one)) for one in entries]}
        print(json.dumps(document, indent=2), file=out)
        return
    for line in journal_lines(entries):
        print(line, file=out)


def journal_lines(entries: Sequence[Entry], zone: tzinfo | None = None) -> Iterator[str]:
    """
    Write decisions in words, with a line before those of each life of the daemon.

    @param zone: None for the local time of this host.
    """
    generation: int | None = None
    for entry in entries:
        if entry.generation != generation:
            generation = entry.generation
            yield f"generation {generation}:"
        if entry.lost:
            yield f"  ({entry.lost} before this are missing: the disk did not take them)"
        yield f"  {moment(entry.when, zone)} {one_line(entry.words)}"
    if generation is None:
        yield "no decisions"


def journal_of_file(options: JournalOptions, out: TextIO, err: TextIO) -> int:
    """
    Show a journal that nobody writes any more, or that somebody does; no daemon is asked.

    @return: the exit status.
    """
    path = str(options["file"])
    try:
        entries, strange = read_journal(path)
    except OSError as problem:
        print(f"hatwistctl: {path}: {problem.strerror}", file=err)
        return EXIT_FAILED
    show_journal(newest(entries, options["about"], options["number"]), out, as_json=options["json"])
    if strange:
        print(f"hatwistctl: {path}: {strange} lines are no decisions", file=err)
    return EXIT_DONE


def show_operations(done: Done, out: TextIO, *, as_json: bool) -> None:
    """
    Print operations, oldest first, or one JSON object with all of them.

    @param done: those of each group, by its key.
    """
    if as_json:
        groups = [{"key": key, "operations": list(operations)} for key, operations in done.items()]
        print(json.dumps({"version": VERSION, "groups": groups}, indent=2), file=out)
        return
    for line in operation_lines(done):
        print(line, file=out)


def operation_lines(done: Done, zone: tzinfo | None = None) -> Iterator[str]:
    """
    Write operations in words, each with what its program said, below a line for each group.

    @param zone: None for the local time of this host.
    """
    for key, operations in done.items():
        yield f"{one_line(key)}:"
        if not operations:
            yield "  nothing was done since the daemon's start"
        for operation in operations:
            yield f"  {_operation(operation, zone)}"
            for line in (operation["output"] or operation["words"]).splitlines():
                if line.strip():
                    yield f"      {one_line(line.expandtabs())}"


def _operation(operation: OperationReport, zone: tzinfo | None) -> str:
    """Write what was done to what, and how it ended."""
    verb, order = operation["verb"], operation["order"]
    course = "" if order == verb else f" (in {_article(order)})"
    words = f"{moment(operation['when'], zone)} {verb} {one_line(operation['resource'])}{course}: "
    words += "out of time" if operation["timed_out"] else operation["outcome"]
    if operation["status"] is not None:
        words += f", exit status {operation['status']}"
    words += f", {_length(operation['took'])}"
    return words if operation["times"] == 1 else f"{words}, {operation['times']} times"


def _article(order: str) -> str:
    return f"{'an' if order[:1] in 'aeiou' else 'a'} {order}"


def _length(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else age(seconds)
