"""
What a node with a bug, or somebody with the key, may say.

Every type of protocol 6 with every field missing, empty, doubled, of a wrong type,
in the wrong base, out of all bounds, or full of what does not belong there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.wire.compress import COMPRESSORS
from tests.fuzz import raw

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.raw import Raw

HOLDINGS: Final = ("none", "local", "foreign", "all")
KEYS: Final = ("10.0.0.1", "10.0.0.2")
NODES: Final = ("alpha", "alpha", "beta", "gamma", "ALPHA")

SENSE: Final = {
    "st": ("init", "up", "active", "active"),
    "dt": ("2710", "2710", "7d00", "1f40"),
    "protocol": ("1",),
    "dest": ("alpha", "alpha", "alpha", "beta"),
    "firstseq": ("1", "2", "17", "100"),
    "lastseq": ("1", "30", "500", "99999"),
    "ackseq": ("0", "1", "a", "20", "fff"),
    "nodelist": ("alpha beta ", "beta alpha", "alpha ", "beta ", "alpha beta gamma ", "gamma "),
    "delnodelist": (" ", "beta ", "alpha ", ""),
    "node": NODES,
    "weight": ("100", "0", "7"),
    "site": ("here",),
    "cn": ("ipfail", "nobody"),
    "from_id": ("ipfail", "4711"),
    "to_id": ("ipfail", "4711"),
    "client_gen": ("1",),
    "cs": ("online", "offline"),
    "result": ("OK", "n_stnth", "unneeded", "bad"),
    "rsc_hold": HOLDINGS,
    "rtype": ("full",),
    "isstable": ("0", "1", "1"),
    "info": ("me", "other", "done", "mach_down", "standby", "shutdown", "signon"),
    "ipaddr": KEYS,
    "weown": ("yes", "no"),
    "ok": ("OK",),
    "ifname": ("eth0",),
    "num_ping_nodes": ("1",),
    "hatwist": ("0", "1", "2"),
}
"""What heartbeat writes into its fields."""

TYPES: Final = {
    "status": ("st", "dt", "protocol"),
    "NS_st": ("st", "info"),
    "NS_rexmit": ("dest", "firstseq", "lastseq"),
    "NS_nak_rexmit": ("firstseq", "dest", "info"),
    "NS_ackmsg": ("dest", "ackseq"),
    "NS_else": ("dest", "info"),
    "reqnodes": ("dest",),
    "repnodes": ("dest", "nodelist", "delnodelist"),
    "addnode": ("nodelist",),
    "delnode": ("nodelist",),
    "setweight": ("node", "weight"),
    "setsite": ("node", "site"),
    "query-cstatus": ("dest", "cn", "from_id"),
    "respond-cstatus": ("dest", "result", "cn", "to_id", "cs"),
    "starting": (),
    "resource": ("rsc_hold", "rtype", "isstable", "info"),
    "ask_resources": ("rsc_hold", "info"),
    "ip-request": ("ipaddr",),
    "ip-request-resp": ("dest", "ipaddr", "weown", "ok"),
    "hb_takeover": ("rsc_hold",),
    "shutdone": ("st",),
    "stonith": ("node", "result"),
    "hbapi-clstat": ("st", "from_id", "to_id", "info", "client_gen"),
    "hbapi-req": ("from_id", "info"),
    "ifstat": ("node", "ifname", "st"),
    "num_ping_nodes": ("num_ping_nodes", "from_id", "to_id"),
}
"""Every type of message, and the fields it has for itself."""

JUNK: Final = (
    b"",
    b" ",
    b"0",
    b"-1",
    b"+1",
    b"0x1f",
    b"1f",
    b"1_1",
    b"ffffffffffffffff",
    b"%d" % 2**64,
    b"%d" % 10**30,
    b"1.5e3",
    b"\xd9\xa1\xd9\xa2",
    b"\xff\xfe\x80",
    "\u00e4\u2028\u202e".encode(),
    b"a\nNov 25 12:00:00 alpha heartbeat: [1]: info: forged",
    b"a\r\n",
    b"\0",
    b"a\0b",
    b"\x13",
    b"\x14>>>\x14",
    b"\x1b[2J\x07",
    b">>>\n",
    b"<<<\n",
    b"###\n%%%\n",
    b"%s%n%x",
    b"../../bin/sh",
    b"$(reboot)",
    b"{0}{level}",
    b"failback",
    b"me",
    b"dead",
    b"ping",
    b"x y " * 100,
    b" ".join(b"%x" % number for number in range(11_000)),
    b"x" * 5000,
    b"y" * 60_000,
    b"=",
    b",",
)
"""What belongs nowhere."""

NAMES: Final = (
    b"(",
    b"(0)t",
    b"",
    b"=",
    b"a=b",
    b"a\0",
    b"a\nb",
    b"\xff",
    b">>>",
    b"<<<x",
    b"n" * 255,
    b"n" * 256,
)
"""What is no name of a field, or hardly."""

Damage = Callable[[list["Raw"], int, "Random"], None]


def _drop(fields: list[Raw], at: int, rng: Random) -> None:
    del fields[at]


def _spoil(fields: list[Raw], at: int, rng: Random) -> None:
    kind, name, _ = fields[at]
    fields[at] = kind, name, rng.choice(JUNK)


def _double(fields: list[Raw], at: int, rng: Random) -> None:
    kind, name, value = fields[at]
    second = rng.choice(((kind, name, rng.choice(JUNK)), (b"1", name, value), (kind, name, value)))
    fields.insert(at + rng.randrange(2), second)


def _retype(fields: list[Raw], at: int, rng: Random) -> None:
    _, name, value = fields[at]
    nested = raw.body([(b"0", name or b"x", value)])
    packed = b"%d:%b," % (len(value), value)
    fields[at] = rng.choice(
        (
            (b"0", name, value),
            (b"1", name, value),
            (b"2", name, nested),
            (b"2", name, value),
            (b"3", name, packed),
            (b"3", name, packed * 300),
            (b"4", name, COMPRESSORS["zlib"].compress(nested)),
            (b"5", name, nested),
            (b"6", name, value),
            (b"9", name, nested),
        )
    )


def _rebase(fields: list[Raw], at: int, rng: Random) -> None:
    """Write a decimal number in hexadecimal, or the other way round."""
    kind, name, value = fields[at]
    try:
        number = int(value, 16)
    except ValueError:
        number = rng.getrandbits(70)
    fields[at] = kind, name, rng.choice((b"%d" % number, b"%x" % number, b"%X" % number, b"00%x" % number))


def _rename(fields: list[Raw], at: int, rng: Random) -> None:
    kind, _, value = fields[at]
    fields[at] = kind, rng.choice(NAMES), value


DAMAGES: Final[tuple[Damage, ...]] = (_drop, _spoil, _spoil, _spoil, _double, _retype, _rebase, _rename)


@frozen
class Nonsense:
    """
    One message.

    @ivar kind: the type it was made from.
    @ivar body: without signature.
    @ivar damaged: the names of the fields that are not as they should be.
    """

    kind: str
    body: bytes
    damaged: frozenset[str]

    def __str__(self) -> str:
        """Show its beginning."""
        return f"{self.kind} damaged in {sorted(self.damaged)}: {self.body[:1000]!r}"


def sense(rng: Random, kind: str) -> list[Raw]:
    """Make a message that is as it should be, but for where and when it comes."""
    fields = raw.strings(t=kind)
    for name in TYPES[kind]:
        if rng.random() < 0.95:
            fields += raw.strings(**{name: rng.choice(SENSE[name])})
    if kind == "status" and rng.random() < 0.3:
        fields += raw.strings(hatwist=rng.choice(SENSE["hatwist"]))
    if rng.random() < 0.1:
        fields.append((b"1", b"destuuid", rng.choice((b"a" * 16, b"b" * 16, bytes(16), b"", b"a" * 17))))
    return fields


def standard(rng: Random, kind: str, number: int, generation: int) -> list[Raw]:
    """Make the fields that every message of C{beta} has."""
    fields = [*raw.strings(src="beta"), (b"1", b"srcuuid", b"b" * 16)]
    if not kind.startswith("NS_"):
        fields += raw.strings(seq=f"{number:x}")
    fields += raw.strings(hg=f"{generation:x}", ts="3e8")
    return fields + raw.strings(ld="0.00 0.00 0.00 1/1 1", ttl="3")


def damage(fields: list[Raw], rng: Random, times: int) -> set[str]:
    """Spoil some fields; return the names of those."""
    damaged = set()
    for _ in range(times):
        if fields:
            at = rng.randrange(len(fields))
            damaged.add(fields[at][1].decode("utf-8", "surrogateescape"))
            rng.choice(DAMAGES)(fields, at, rng)
    return damaged


def nonsense(rng: Random, number: int, generation: int) -> Nonsense:
    """
    Make a message of C{beta}.

    @param number: which would be the next.
    """
    kind = rng.choice(tuple(TYPES))
    own, common = sense(rng, kind), standard(rng, kind, number, generation)
    damaged = damage(own, rng, rng.choice((0, 0, 1, 1, 2, 3)))
    if rng.random() < 0.15:
        damaged |= damage(common, rng, 1)
    made = raw.body([*own, *common])
    if rng.random() < 0.05:
        name = rng.choice(("zlib", "bz2", "zlib"))
        payload = (b"1", b"_compressed_payload", COMPRESSORS[name].compress(made))
        made = raw.body([payload, *raw.strings(_compression_algorithm=name)])
    return Nonsense(kind, made, frozenset(damaged))


def written_by_a_program(rng: Random) -> bytes:
    """Make what a client or a script may want to be sent."""
    fields = sense(rng, rng.choice(tuple(TYPES)))
    damage(fields, rng, rng.randrange(4))
    if rng.random() < 0.3:
        fields += standard(rng, "x", rng.randrange(100), 3)
        rng.shuffle(fields)
    if rng.random() < 0.1:
        fields.append((b"1", b"_compressed_payload", COMPRESSORS["zlib"].compress(raw.body(fields))))
    if rng.random() < 0.1:
        fields.append((b"1", b"filling", rng.randbytes(rng.choice((60_000, 70_000, 200_000)))))
    return raw.body(fields)
