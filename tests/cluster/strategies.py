"""
What hypothesis makes up for the tests of the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import settings
from hypothesis import strategies as st

from hatwist.cluster.sequence import Arrival

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

QUICK: Final = settings(max_examples=100, deadline=None, database=None, derandomize=True)
"""Examples enough for a machine that is shared; more are a matter of one number."""


def _arrival() -> SearchStrategy[Arrival]:
    numbers = st.one_of(st.integers(1, 40), st.integers(1, 1200))
    return st.builds(Arrival, st.integers(0, 3), numbers, status=st.booleans(), dead=st.just(False))


def arrivals() -> SearchStrategy[list[Arrival]]:
    """Messages of one sender, few generations and numbers, in any order, as often as you like."""
    return st.lists(_arrival(), max_size=80)


def lives() -> SearchStrategy[list[Arrival | None]]:
    """Messages of one sender; at None it is declared dead."""
    return st.lists(st.one_of(st.none(), _arrival(), _arrival(), _arrival()), max_size=80)
