# -*- test-case-name: tests.config.test_hacf -*-
"""
ha.cf: text in, L{HaCf} and everything that is wrong with it out.

Only what can be said of a line or a directive alone is said here; rules across
directives are in L{hatwist.config.check}.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from attrs import frozen

from hatwist.config import scalars
from hatwist.config.directive import Clause, Directive, Life, Medium, Repeat, Scalar
from hatwist.config.directives import TABLE
from hatwist.config.draft import Draft, Refused
from hatwist.config.durations import milliseconds
from hatwist.config.findings import Findings, shown, suggestion
from hatwist.config.ipfail import damping, played
from hatwist.config.lexer import Line, Word, lines
from hatwist.config.media import MAX_MEDIA, Preceding
from hatwist.config.model import HaCf, LogSettings, NodeName, Position, Seconds

T = TypeVar("T")

_PORT_KINDS: Final = frozenset({"bcast", "ucast", "ucast6"})

_DEFAULT_UNTOLD: Final = frozenset({"coreroot", "normalpoll", "use_logd"})
"""Directives of which heartbeat tells scripts and clients nothing unless they are in ha.cf."""


@frozen
class Reading:
    """
    ha.cf, read.

    @ivar places: where each directive stands, the last time.
    @ivar node_places: where each node is listed.
    @ivar refused: directives that could not be read; rules that need them keep silent.
    """

    cf: HaCf
    places: Mapping[str, Position]
    node_places: Mapping[NodeName, Position]
    refused: frozenset[str] = frozenset()


def read_hacf(text: str, file: str, findings: Findings, node: NodeName, port: int = 694) -> Reading:
    """
    Read ha.cf to its end, whatever is wrong with it.

    @param findings: gets every problem.
    @param node: the local node: C{stonith_host} lines of others do not count.
    @param port: the default of C{udpport}.
    @return: what could be read; of use only if C{findings} has no error.
    """
    draft = Draft(file, node, findings)
    for line in lines(text, file, findings):
        _read_line(draft, line, port)
    cf = _finish(draft, port)
    places, nodes = MappingProxyType(draft.places), MappingProxyType(draft.nodes)
    return Reading(cf, places, nodes, frozenset(draft.refused))


def _read_line(draft: Draft, line: Line, port: int) -> None:
    words = line.values()
    name = words[0] if words else Word(",", line.at(1))
    row = TABLE.get(name.text)
    if row is None:
        _report_unknown(draft, name, line)
        return
    rest = line.after(name)
    try:
        _read_row(draft, row, name, rest, port)
    except Refused as refused:
        draft.refuse(row.name, refused)
        draft.places.setdefault(row.name, name.where)
        return
    draft.places[row.name] = name.where
    if isinstance(row, Medium) or not rest.values():
        return
    program = played(draft.respawn[-1]) if row.name in _CHILDREN else ""
    if program:
        text = f"{row.name}: {program} is a part of hatwist, and is not run"
        draft.findings.note(name.where, "built-in", text, "docs/media.md has what it does")
    elif row.life in _NOTES:
        _say_idle(draft, row, name)


_CHILDREN: Final = ("respawn", "failfast")
"""Directives that name programs."""

_NOTES: Final = {Life.LATER: "not-active", Life.INERT: "no-effect"}


def _say_idle(draft: Draft, row: Directive, name: Word) -> None:
    """Say that a directive does nothing."""
    draft.findings.note(name.where, _NOTES[row.life], f"{row.name}: {row.life.value}", row.explanation)


def _read_row(draft: Draft, row: Directive, name: Word, rest: Line, port: int) -> None:
    if row.life is Life.REFUSED:
        remedy = "remove the line; bcast, mcast and ucast carry heartbeats"
        raise Refused(name.where, "not-supported", f"{row.name} is not supported", remedy)
    if not rest.values() and not (isinstance(row, Medium) and not row.each):
        usage = f"write {row.name} {row.syntax}"
        if isinstance(row, Clause) and row.missing:
            raise Refused(name.where, "no-value", row.missing, usage)
        draft.findings.warn(name.where, "no-value", f"{row.name} without a value does nothing", usage)
    elif isinstance(row, Scalar):
        _read_values(draft, row, name, rest)
    elif isinstance(row, Medium):
        _read_media(draft, row, name, rest, port)
    else:
        assert isinstance(row, Clause), row
        row.read(draft, name, rest)


def _read_values(draft: Draft, row: Scalar[T], name: Word, rest: Line) -> None:
    words = rest.values()
    before = draft.texts.get(row.kept_as)
    if before is not None:
        first = f"the first one is in line {before.where.line}"
        if row.repeat is Repeat.ONCE:
            raise Refused(name.where, "repeated", row.twice, f"remove one; {first}")
        draft.findings.warn(name.where, "repeated", f"{row.name} again: the last one counts", first)
    for word in words:
        try:
            row.parse(word.text)
        except scalars.NotSupported as error:
            text = f"{row.name} [{shown(word.text)}] is not supported"
            raise Refused(word.where, "not-supported", text, str(error)) from None
        except ValueError as error:
            remedy = _remedy(row, words, str(error))
            raise Refused(word.where, "bad-value", row.complain(shown(word.text)), remedy) from None
        draft.texts[row.kept_as] = word
    if len(words) > 1:
        text = f"{row.name} takes one value: the last one, {shown(words[-1].text)}, counts"
        draft.findings.warn(words[1].where, "many-values", text, f"write {row.name} {row.syntax}")
    _check_order(draft, row, name)


def _remedy(row: Scalar[T], words: tuple[Word, ...], remedy: str) -> str:
    """Return the remedy; C{10 ms} is a frequent slip for C{10ms}."""
    joined = "".join(word.text for word in words[:2])
    if len(words) == 2 and row.unit == "seconds":
        try:
            row.parse(joined)
        except ValueError:
            return remedy
        return f"write {joined}, without a blank"
    return remedy


def _check_order(draft: Draft, row: Directive, name: Word) -> None:
    kinds = {"udpport": _PORT_KINDS, "baud": frozenset({"serial"})}.get(row.name, frozenset())
    late = [spec for spec in draft.media if spec.kind in kinds]
    if late:
        what = "baudrate" if row.name == "baud" else row.name
        text = f"{what} setting must precede media statements"
        remedy = f"move it above line {late[0].where.line}, which does not heed it"
        draft.findings.warn(name.where, "order", text, remedy)


def _read_media(draft: Draft, row: Medium, name: Word, rest: Line, port: int) -> None:
    if row.name != row.kind:
        text = f"WARNING: directive '{row.name}' replaced by '{row.kind}'"
        draft.findings.warn(name.where, "obsolete", text, f"write {row.kind}")
    preceding = Preceding(
        name.where, _value(draft, scalars.UDPPORT, port), _value(draft, scalars.BAUD, 19200)
    )
    if not row.each:
        _add_medium(draft, row, rest.words(), preceding)
        return
    for word in rest.values():
        try:
            _add_medium(draft, row, (word,), preceding)
        except Refused as refused:
            draft.refuse(row.name, refused)


def _add_medium(draft: Draft, row: Medium, words: tuple[Word, ...], preceding: Preceding) -> None:
    spec = row.parse(words, preceding)
    if row.most and len(words) > row.most:
        text = f"{row.name} has no use for [{shown(words[row.most].text)}]"
        draft.findings.warn(words[row.most].where, "many-values", text, f"write {row.name} {row.syntax}")
    draft.media.append(spec)
    if len(draft.media) == MAX_MEDIA + 1:
        text = f"Too many media specified (> {MAX_MEDIA})"
        raise Refused(spec.where, "too-many-media", text, f"{row.name} {shown(spec.link)} is one too many")


def _report_unknown(draft: Draft, name: Word, line: Line) -> None:
    comment = "if this is a comment, put # in front of it"
    directive, equals, value = name.text.partition("=")
    if equals and directive in TABLE:
        remedy = f"write {directive} {value or 'VALUE'}, with a blank in place of ="
    else:
        remedy = suggestion(name.text, TABLE) or comment
    text = f"Illegal directive [{shown(name.text)}] in {line.file}"
    draft.findings.error(name.where, "unknown-directive", text, remedy)


def _value(draft: Draft, row: Scalar[T], default: T) -> T:
    word = draft.texts.get(row.kept_as)
    return default if word is None else row.parse(word.text)


def _finish(draft: Draft, port: int) -> HaCf:
    deadtime = _value(draft, scalars.DEADTIME, 30.0)
    pacemaker = draft.texts.get("pacemaker")
    return HaCf(
        nodes=tuple(draft.nodes),
        media=tuple(draft.media),
        keepalive=_value(draft, scalars.KEEPALIVE, 1.0),
        deadtime=deadtime,
        warntime=_value(draft, scalars.WARNTIME, deadtime / 2),
        initdead=_value(draft, scalars.INITDEAD, default_initdead(deadtime)),
        deadping=_value(draft, scalars.DEADPING, deadtime),
        auto_failback=_of(draft, scalars.AUTO_FAILBACK),
        hopfudge=_of(draft, scalars.HOPFUDGE),
        max_rexmit_delay=_of(draft, scalars.MAX_REXMIT_DELAY),
        udpport=_value(draft, scalars.UDPPORT, port),
        baud=_of(draft, scalars.BAUD),
        hbgenmethod=_of(draft, scalars.HBGENMETHOD),
        uuidfrom=_of(draft, scalars.UUIDFROM),
        msgfmt=_of(draft, scalars.MSGFMT),
        compression=_of(draft, scalars.COMPRESSION),
        compression_threshold=_of(draft, scalars.COMPRESSION_THRESHOLD),
        traditional_compression=_of(draft, scalars.TRADITIONAL_COMPRESSION),
        log=_log_settings(draft),
        log_badpack=_of(draft, scalars.LOG_BADPACK),
        debug=_of(draft, scalars.DEBUG),
        cluster=_of(draft, scalars.CLUSTER),
        pacemaker=None if pacemaker is None else pacemaker.text,
        realtime=_of(draft, scalars.REALTIME),
        use_apphbd=_of(draft, scalars.USE_APPHBD),
        respawn=tuple(draft.respawn),
        ipfail=damping(draft.respawn),
        apiauth=tuple(draft.apiauth),
        stonith=draft.stonith,
        watchdog=_value(draft, scalars.WATCHDOG, ""),
        environment=MappingProxyType(draft.environment),
        parameters=_parameters(draft, port, deadtime),
    )


def _of(draft: Draft, row: Scalar[T]) -> T:
    return _value(draft, row, row.parse(row.default))


def _log_settings(draft: Draft) -> LogSettings:
    facility = _value(draft, scalars.LOGFACILITY, "")
    return LogSettings(
        logfile=_value(draft, scalars.LOGFILE, ""),
        debugfile=_value(draft, scalars.DEBUGFILE, ""),
        facility="" if facility == "none" else facility,
        use_logd=_of(draft, scalars.USE_LOGD),
        syslogmsgfmt=_of(draft, scalars.SYSLOGMSGFMT),
    )


def default_initdead(deadtime: Seconds) -> Seconds:
    """Return what C{initdead} is when ha.cf does not say."""
    if deadtime > 10:
        return deadtime
    if deadtime < 6:
        return 12.0
    return 2 * deadtime


def _parameters(draft: Draft, port: int, deadtime: Seconds) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for row in TABLE.values():
        word = draft.texts.get(row.name)
        default = "" if row.name in _DEFAULT_UNTOLD else row.default
        text = default if word is None else word.text
        if text and row.recorded:
            texts[row.name] = text
    texts.setdefault("udpport", str(port))
    for name, value in (
        ("warntime", deadtime / 2),
        ("initdead", default_initdead(deadtime)),
        ("deadping", deadtime),
    ):
        texts.setdefault(name, f"{milliseconds(value)}ms")
    return MappingProxyType(texts)
