"""
What hypothesis makes up for the tests of the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import settings
from hypothesis import strategies as st

from hatwist.cluster.events import (
    LeaveWanted,
    LinkDown,
    LinkUp,
    LoadSampled,
    StandbyWanted,
    TakeoverWanted,
)
from hatwist.cluster.names import Holding
from hatwist.cluster.sequence import Arrival
from hatwist.config.model import LinkName
from hatwist.wire.message import Field, FieldType, Message

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from hatwist.cluster.events import Event

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


_TYPES: Final = (
    "status",
    "starting",
    "resource",
    "ask_resources",
    "hb_takeover",
    "shutdone",
    "stonith",
    "ip-request",
    "ip-request-resp",
    "reqnodes",
    "repnodes",
    "NS_rexmit",
    "NS_nak_rexmit",
    "NS_ackmsg",
    "NS_st",
    "hbapi-clstat",
)
_NUMBERS: Final = st.one_of(
    st.integers(0, 60).map(lambda number: f"{number:x}"),
    st.sampled_from(["", "-1", "zz", "f" * 16, "f" * 17]),
)
_TEXTS: Final = st.one_of(
    st.binary(max_size=30).map(lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape")),
    st.sampled_from(["\x13", "\n", "x" * 3000]),
)
_FIELDS: Final = {
    "seq": _NUMBERS,
    "hg": st.sampled_from(["1", "2", "3", "", "x"]),
    "ts": st.sampled_from(["3e8", "3e8", "3e8", "0", "now"]),
    "st": st.one_of(st.sampled_from(["init", "up", "active", "ACTIVE", "dead", "ping"]), _TEXTS),
    "dt": st.one_of(st.sampled_from(["2710", "1", "7d00", "f" * 16]), _NUMBERS),
    "protocol": st.just("1"),
    "rsc_hold": st.one_of(st.sampled_from(["none", "local", "foreign", "all", "failback"]), _TEXTS),
    "rtype": st.just("full"),
    "isstable": st.sampled_from(["0", "1", "x"]),
    "info": st.one_of(st.sampled_from(["me", "other", "done", "mach_down", "shutdown", "standby"]), _TEXTS),
    "dest": st.one_of(st.sampled_from(["alpha", "beta", "gamma"]), _TEXTS),
    "ipaddr": st.one_of(st.sampled_from(["10.0.0.1", "10.0.0.2"]), _TEXTS),
    "weown": st.one_of(st.sampled_from(["yes", "no"]), _TEXTS),
    "ok": st.sampled_from(["OK", "no"]),
    "nodelist": st.one_of(st.just("alpha beta "), _TEXTS),
    "firstseq": _NUMBERS,
    "lastseq": _NUMBERS,
    "ackseq": _NUMBERS,
}


def messages(*senders: str) -> SearchStrategy[Message]:
    """Messages of heartbeat's types, with fields of sense and nonsense; mostly well-formed ones."""
    strings = st.fixed_dictionaries(
        {
            "t": st.one_of(st.sampled_from(_TYPES), st.sampled_from(_TYPES), _TEXTS.filter(bool)),
            "src": st.sampled_from(senders),
        },
        optional=dict(_FIELDS),
    )
    usual = st.fixed_dictionaries(
        {
            "t": st.sampled_from(_TYPES),
            "src": st.sampled_from(senders),
            "hg": st.just("2"),
            "ts": st.just("3e8"),
            "seq": st.integers(1, 60).map(lambda number: f"{number:x}"),
            "st": st.sampled_from(["init", "up", "active"]),
            "dt": st.just("2710"),
            "rsc_hold": st.sampled_from(["none", "local", "foreign", "all"]),
            "rtype": st.just("full"),
            "isstable": st.sampled_from(["0", "1"]),
            "info": st.sampled_from(["me", "other", "done"]),
            "ipaddr": st.sampled_from(["10.0.0.1", "10.0.0.2"]),
            "ok": st.just("OK"),
            "nodelist": st.just("alpha beta "),
        }
    )
    uuids = st.one_of(st.none(), st.sampled_from([b"a" * 16, b"b" * 16, bytes(16)]), st.binary(max_size=17))
    return st.builds(_message, st.one_of(usual, usual, strings), uuids, uuids)


def _message(strings: dict[str, str], srcuuid: bytes | None, destuuid: bytes | None) -> Message:
    fields = [Field(name, value) for name, value in strings.items()]
    for name, uuid in (("srcuuid", srcuuid), ("destuuid", destuuid)):
        if uuid is not None:
            fields.append(Field(name, uuid, FieldType.BINARY))
    return Message(fields)


def commands() -> SearchStrategy[Event]:
    """What an operator, a medium or the host may do."""
    which = st.sampled_from([Holding.LOCAL, Holding.FOREIGN, Holding.ALL, Holding.NONE])
    return st.one_of(
        st.builds(StandbyWanted, which),
        st.builds(TakeoverWanted, which),
        st.builds(LeaveWanted),
        st.builds(LoadSampled, st.just("0.00 0.01 0.05 1/99 4711")),
        st.builds(LinkDown, st.just(LinkName("eth0")), st.just("Network is down")),
        st.builds(LinkUp, st.just(LinkName("eth0"))),
    )
