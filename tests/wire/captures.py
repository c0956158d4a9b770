"""
Real traffic of heartbeat 3.0.6, as it was captured on its way between two hosts.

C{vectors/NAME/} holds the capture, or both directions of a serial line, and the
C{authkeys} of the run.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Final

from hatwist.cli.payloads import Payload, read_payloads
from hatwist.cli.pcap import read_packets
from hatwist.config.authkeys import read_authkeys
from hatwist.wire.auth import Keyring
from hatwist.wire.envelope import Sealing

VECTORS: Final = Path(__file__).parent / "vectors"

SERIAL: Final = "serial-sha1"
DIRECTIONS: Final = ("node01-to-node02", "node02-to-node01")

CAPTURES: Final = {
    "classic-msgfmt": Sealing(),
    "compress-bz2": Sealing(compression="bz2", threshold=1024),
    "compress-zlib": Sealing(compression="zlib", threshold=1024),
    "crash-rejoin-legacy": Sealing(),
    "crash-rejoin-sha1-mcast-failback-off": Sealing(),
    "crash-rejoin-sha1-mcast-failback-on": Sealing(),
    "join-crc-bcast": Sealing(),
    "large-uncompressed": Sealing(),
    "lossy-rexmit": Sealing(),
    "mcast6": Sealing(),
    "netstring-msgfmt": Sealing(inner_auth=False),
    "partition-heal": Sealing(),
    "ping-icmp": Sealing(),
    "ping-ipfail": Sealing(),
    "standby-md5-ucast": Sealing(),
}
"""How the daemons of each run were told to write."""


def capture(name: str) -> bytes:
    """Return the bytes of a capture file."""
    return gzip.decompress((VECTORS / name / "hb.pcap.gz").read_bytes())


def payloads(name: str) -> list[Payload]:
    """Return what the packets of a capture carried."""
    return list(read_payloads(read_packets(io.BytesIO(capture(name)))))


def datagrams(name: str) -> list[bytes]:
    """Return the datagrams of a capture; all of them are heartbeat messages."""
    return [one.data for one in payloads(name)]


def serial(direction: str) -> bytes:
    """Return all bytes that went one way over the serial line."""
    return gzip.decompress((VECTORS / SERIAL / f"{direction}.raw.gz").read_bytes())


def keyring(name: str) -> Keyring:
    """Return the keys of a run."""
    path = VECTORS / name / "authkeys"
    return read_authkeys(path.read_text("ascii"), str(path))
