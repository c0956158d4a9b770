# -*- test-case-name: tests.control.test_operations -*-
"""
Operations as plain values, for Perspective Broker and for JSON.

As the report it only ever grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from hatwist.control.report import plain

if TYPE_CHECKING:
    from hatwist.resources.operations import Operation


class OperationReport(TypedDict):
    """
    One verb that was carried out on one resource: C{when} it began is seconds since
    1970, C{order} what it was part of, C{took} seconds; C{status} is the exit status of
    its program, None if it ran none; C{times} is how often it came out so in a row.
    """

    when: float
    order: str
    resource: str
    verb: str
    outcome: str
    took: float
    status: int | None
    timed_out: bool
    words: str
    output: str
    times: int


def operation_report(operation: Operation) -> OperationReport:
    """Turn an operation into plain values; times are rounded to milliseconds."""
    return {
        "when": round(operation.when, 3),
        "order": operation.order,
        "resource": plain(operation.resource),
        "verb": operation.verb.value,
        "outcome": operation.outcome.value,
        "took": round(operation.took, 3),
        "status": operation.status,
        "timed_out": operation.timed_out,
        "words": plain(operation.words),
        "output": plain(operation.output),
        "times": operation.times,
    }
