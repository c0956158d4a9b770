"""
The guardian's way to remove addresses on a real kernel; run by L{tests.guardian.test_addresses},
through L{run_inside}, in a network name space that may be ruined.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import struct
import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian.addresses import CONF, Kernel, packed
from tests.namespaces import ip

FIRST = "172.16.0.1"
SECOND = "172.16.0.210"
THIRD = "172.16.0.211"
SIX = "2001:db8::5"


class KernelInside(SynchronousTestCase):
    """L{Kernel}, and what C{ip} shows then."""

    def setUp(self) -> None:
        ip("link set lo up")
        for name in ("eth0", "eth1"):
            ip(f"link add {name} type veth peer name {name}-far")
            ip(f"link set {name}-far up")
            ip(f"link set {name} up")
            self.addCleanup(subprocess.run, ["ip", "link", "delete", name], check=False, capture_output=True)
        self.kernel = Kernel()

    def tearDown(self) -> None:
        self.kernel._socket.close()

    def there(self) -> list[str]:
        """Return what is on both interfaces, but for what the kernel itself gives."""
        found: list[str] = []
        for name in ("eth0", "eth1"):
            found += re.findall(r"inet6? (\S+) ", ip(f"address show dev {name}"))
        return sorted(one for one in found if not one.startswith("fe80:"))

    def remove(self, *texts: str) -> list[str]:
        """Remove addresses; return what went wrong."""
        return self.kernel.remove(frozenset(map(packed, texts)))

    def test_nothing(self) -> None:
        """Nothing is to go, or nothing of it is there: that is all right."""
        ip(f"address add {FIRST}/24 dev eth0")
        self.assertEqual(self.remove(), [])
        self.assertEqual(self.remove(SECOND, SIX), [])
        self.assertEqual(self.there(), [f"{FIRST}/24"])

    def test_wherever_it_is(self) -> None:
        """On more than one interface, with more than one prefix, with a label, of both families."""
        ip(f"address add {SECOND}/24 dev eth0 label eth0:7")
        ip(f"address add {SECOND}/32 dev eth0")
        ip(f"address add {SECOND}/16 dev eth1")
        ip(f"address add {SIX}/64 dev eth0 nodad")
        ip(f"address add {SIX}/128 dev eth1")
        ip(f"address add {THIRD}/24 dev eth0")
        self.assertEqual(self.remove(SECOND, SIX), [])
        self.assertEqual(self.there(), [f"{THIRD}/24"])
        self.assertEqual(self.remove(SECOND, SIX), [])

    def test_a_point_to_point_address(self) -> None:
        """One with an address of the other end goes, and the other end does not count."""
        ip(f"address add {SECOND} peer 10.9.9.9/32 dev eth0")
        ip(f"address add {FIRST} peer {THIRD}/32 dev eth1")
        ip(f"address add {SIX} peer 2001:db8:9::9/128 dev eth0 nodad")
        self.assertEqual(self.remove(SECOND, SIX, THIRD), [])
        self.assertEqual(self.there(), [FIRST])

    def test_neighbours_stay(self) -> None:
        """Those that the kernel holds because of the one that goes are kept."""
        Path(CONF, "eth0", "promote_secondaries").write_text("0\n")
        for one in (FIRST, SECOND, THIRD):
            ip(f"address add {one}/24 dev eth0")
        self.assertIn("secondary", ip(f"address show to {SECOND}"))
        self.assertEqual(self.remove(FIRST), [])
        self.assertEqual(self.there(), [f"{SECOND}/24", f"{THIRD}/24"])

    def test_settings_out_of_reach(self) -> None:
        """Where the kernel cannot be told to keep them, what is to go goes all the same."""
        ip(f"address add {FIRST}/24 dev eth0")
        self.kernel._conf = "/nowhere"
        self.assertEqual(self.remove(FIRST), [])
        self.assertEqual(self.there(), [])

    def test_many(self) -> None:
        """More than one datagram of the kernel's can list."""
        texts = [f"10.9.{n // 250}.{n % 250 + 1}" for n in range(2000)]
        script = "".join(f"address add {one}/32 dev eth0\n" for one in [*texts, FIRST])
        subprocess.run(["ip", "-batch", "-"], input=script, text=True, check=True)
        self.assertEqual(self.remove(*texts), [])
        self.assertEqual(self.there(), [f"{FIRST}/32"])

    def test_stale_answers(self) -> None:
        """What answers a question of which nobody waits any more is passed over."""
        ip(f"address add {FIRST}/24 dev eth0")
        for _ in range(3):
            self.kernel._send(22, 0x300, bytes(8))
        self.assertEqual(self.remove(FIRST), [])
        self.assertEqual(self.there(), [])

    def test_the_kernel_refuses(self) -> None:
        """What cannot be removed is named, with the reason; the others go."""
        ip(f"address add {FIRST}/24 dev eth0")
        ip(f"address add {SIX}/64 dev eth0 nodad")
        asked = self.kernel._ask

        def refuse(kind: int, payload: bytes) -> int:
            return errno.EPERM if packed(FIRST) in payload else asked(kind, payload)

        self.patch(self.kernel, "_ask", refuse)
        self.assertEqual(self.remove(FIRST, SIX), [f"{FIRST}: EPERM"])
        self.assertEqual(self.there(), [f"{FIRST}/24"])

    def test_no_list(self) -> None:
        """A kernel that does not list its addresses has not said that there are none."""
        ip(f"address add {FIRST}/24 dev eth0")
        self.patch(self.kernel, "_drain", lambda: None)
        self.kernel._send(22, 0x300, bytes(8))
        reason = self.assertRaises(OSError, self.remove, FIRST)
        self.assertEqual(str(reason), "[Errno 16] the addresses cannot be listed: Device or resource busy")

    def test_its_interface_is_gone(self) -> None:
        """An address that went with its interface while it was looked for is no trouble."""
        gone = [(2, 24, 9999, packed(FIRST))]
        self.patch(self.kernel, "_held", lambda _: gone)
        self.assertEqual(self.remove(FIRST), [])

    def test_a_silent_kernel(self) -> None:
        """One that does not answer is an error, soon."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(theirs.close)
        self.kernel._socket.close()
        self.kernel._socket = ours
        self.assertRaises(TimeoutError, self.remove, FIRST)

    def test_what_is_cut_short(self) -> None:
        """An answer of nonsense ends nothing and spins nowhere."""
        self.patch(self.kernel, "_drain", lambda: None)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(theirs.close)
        self.kernel._socket.close()
        self.kernel._socket = ours
        header = struct.Struct("=IHHII")
        broken = header.pack(header.size + 8 + 4, 20, 0, 1, 0) + bytes(8 + 4)
        ours.settimeout(0.05)
        for data in (b"", b"\0" * 16, b"\1\2\3", broken):
            theirs.send(data)
        self.assertRaises(TimeoutError, self.remove, FIRST)

    def test_nothing_stays_open(self) -> None:
        """Looking and removing leaves no descriptor."""
        ip(f"address add {FIRST}/24 dev eth0")
        before = len(os.listdir("/proc/self/fd"))
        self.remove(FIRST)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
