# -*- test-case-name: tests.cli.test_past -*-
"""
What was: the decisions of the journal, in words or as JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TextIO

from hatwist.cli.options import EXIT_DONE, EXIT_FAILED, JournalOptions
from hatwist.cli.text import moment, one_line
from hatwist.control.entries import newest, read_journal, write_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from hatwist.control.entries import Entry

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
