# -*- test-case-name: tests.config.test_clauses -*-
"""
Readers of the directives of ha.cf that are neither one value nor a medium.

Each is given the draft, the directive's own word and the rest of its line, which
has a word at least; it adds to the draft, or raises L{Refused}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hatwist.config import values
from hatwist.config.draft import Draft, Refused
from hatwist.config.findings import shown, suggestion
from hatwist.config.lexer import Line, Word
from hatwist.config.model import ApiAuth, Respawn, Stonith, node_name

Reader = Callable[[Draft, Word, Line], None]

MAX_NODES: Final = 100
"""So many nodes one cluster may have, ping nodes included."""

MAX_CLIENT: Final = 31
"""Characters of the name of an API client."""

_APIAUTH_REMEDY: Final = "write apiauth CLIENT uid=UID,UID gid=GID,GID; one of the two may be missing"


def read_nodes(draft: Draft, _directive: Word, rest: Line) -> None:
    """Read C{node NAME...}."""
    for word in rest.values():
        name = node_name(word.text)
        if name in draft.nodes:
            text = f"node [{shown(name)}] is listed twice, first in line {draft.nodes[name].line}"
            draft.findings.warn(word.where, "duplicate-node", text, "remove one")
            continue
        if len(name) > values.MAX_HOST:
            text = f"node [{shown(name)}]: the name has {len(name)} characters"
            draft.refuse("node", Refused(word.where, "bad-node", text, f"at most {values.MAX_HOST}"))
            continue
        _warn_of_odd_name(draft, word)
        draft.nodes[name] = word.where
        if len(draft.nodes) == MAX_NODES + 1:
            text = f"more than {MAX_NODES} nodes"
            draft.findings.error(word.where, "too-many-nodes", text, "the protocol has no room for more")


def read_nice_failback(draft: Draft, _directive: Word, rest: Line) -> None:
    """Read the obsolete C{nice_failback BOOLEAN}; it speaks for C{auto_failback}."""
    for word in rest.values():
        try:
            nice = values.boolean(word.text)
        except ValueError as error:
            text = f"nice_failback: invalid value [{shown(word.text)}]"
            raise Refused(word.where, "bad-value", text, str(error)) from None
        meant = "off" if nice else "legacy"
        text = "nice_failback flag is obsolete.. Use auto_failback {on, off, legacy} instead."
        remedy = f"write auto_failback {meant}, which is how it was understood"
        draft.findings.warn(word.where, "obsolete", text, remedy)
        draft.texts["auto_failback"] = Word(meant, word.where)


def read_env(draft: Draft, _directive: Word, rest: Line) -> None:
    """Read C{env NAME=VALUE}."""
    for word in rest.values():
        name, equals, value = word.text.partition("=")
        usage = "write env NAME=VALUE, without blanks"
        if not name:
            raise Refused(word.where, "bad-value", f"set_env: invalid nvpair({shown(word.text)})", usage)
        if not equals:
            text = f"env: {shown(word.text)} without a value does nothing"
            draft.findings.warn(word.where, "no-value", text, usage)
            continue
        draft.environment[name] = value


def read_respawn(draft: Draft, directive: Word, rest: Line) -> None:
    """Read C{respawn USER COMMAND} and C{failfast USER COMMAND}."""
    words = rest.words()
    usage = f"write {directive.text} USER /FULL/PATH ARGUMENTS"
    if len(words) < 2:
        text = f"{directive.text} without user and command"
        raise Refused(words[0].where, "bad-value", text, usage)
    user, command = words[:2]
    if not command.text.startswith("/"):
        text = f"Client child command [{shown(command.text)}] is not full pathname"
        raise Refused(command.where, "bad-value", text, usage)
    whole = rest.text[command.where.column - 1 :]
    draft.respawn.append(Respawn(user.text, whole, user.where, directive.text == "failfast"))


def read_apiauth(draft: Draft, directive: Word, rest: Line) -> None:
    """Read C{apiauth CLIENT [uid=LIST] [gid=LIST]}."""
    client, *lists = rest.words()
    if len(client.text) > MAX_CLIENT:
        text = f"client name [{shown(client.text)}] too long"
        raise Refused(client.where, "bad-value", text, f"at most {MAX_CLIENT} characters")
    if any(one.client == client.text for one in draft.apiauth):
        text = f"Duplicate apiauth directive for API client {client.text}: [{shown(rest.text.strip())}]"
        raise Refused(client.where, "duplicate-apiauth", text, "put everybody into one line")
    found: dict[str, tuple[str, ...]] = {}
    for word in lists:
        kind, equals, names = word.text.partition("=")
        if kind not in ("uid", "gid") or not equals:
            text = f"Invalid apiauth directive [{shown(rest.text.strip())}]"
            raise Refused(word.where, "bad-value", text, _APIAUTH_REMEDY)
        if kind in found:
            text = f"Duplicate {kind} list in [{shown(rest.text.strip())}]"
            raise Refused(word.where, "bad-value", text, _APIAUTH_REMEDY)
        found[kind] = tuple(name for name in names.split(",") if name)
    if not any(found.values()):
        text = f"Missing uid or gid in [{shown(rest.text.strip())}]"
        raise Refused(client.where, "bad-value", text, _APIAUTH_REMEDY)
    uids, gids = found.get("uid", ()), found.get("gid", ())
    draft.apiauth.append(ApiAuth(client.text, uids, gids, directive.where))


def read_stonith(draft: Draft, _directive: Word, rest: Line) -> None:
    """Read C{stonith TYPE FILE}."""
    words = rest.words()
    usage = "write stonith TYPE FILE"
    if len(words) < 2 or not words[1].text.startswith("/"):
        file = shown(words[1].text) if len(words) > 1 else ""
        raise Refused(words[-1].where, "bad-value", f"Invalid Stonith config file [{file}]", usage)
    draft.stonith = Stonith(words[0].text, words[1].where, file=words[1].text)


def read_stonith_host(draft: Draft, _directive: Word, rest: Line) -> None:
    """Read C{stonith_host HOST TYPE PARAMETERS}; it counts on that host only, C{*} is every host."""
    words = rest.words()
    usage = "write stonith_host HOST TYPE PARAMETERS, with * for every host"
    host = words[0]
    if host.text != "*" and node_name(host.text) != draft.node:
        return
    if len(words) < 2:
        raise Refused(host.where, "bad-value", "No Stonith type given", usage)
    kind = words[1]
    parameters = rest.after(kind).text.strip()
    draft.stonith = Stonith(kind.text, kind.where, host=host.text, parameters=parameters)


def _warn_of_odd_name(draft: Draft, word: Word) -> None:
    try:
        values.host(word.text)
    except ValueError:
        text = f"node [{shown(word.text)}]: not the name of a host"
        remedy = suggestion(word.text, [draft.node]) or "the name that uname -n prints on that node"
        if word.text.startswith("="):
            remedy = "write node NAME NAME, without ="
        draft.findings.warn(word.where, "odd-node-name", text, remedy)
