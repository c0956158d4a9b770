# -*- test-case-name: tests.lab.test_rack -*-
"""
One host of a rack: power, cables, files, programs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.lab.remote import Console, LabError, Process

if TYPE_CHECKING:
    from scripts.lab.rack import Rack

DISK: Final[Mapping[str, str]] = {"/etc": "etc", "/var/lib": "var-lib", "/var/log": "log"}
"""Where on a host's disk its private directories are."""

POWER_TIMEOUT: Final = 20.0


@dataclass(frozen=True)
class Card:
    """
    A network card.

    @ivar segment: what it is plugged into.
    @ivar address: its first address, with the prefix length.
    """

    segment: str
    address: str


class Host:
    """
    A host, powered off when it is new.

    @ivar name: its host name.
    @ivar powered: whether it is on.
    """

    def __init__(self, rack: Rack, name: str, cards: Mapping[str, Card], number: int) -> None:
        self.name = name
        self.cards = dict(cards)
        self.powered = False
        self._rack = rack
        self._number = number
        self._console = Console(name)
        self._shell: Process | None = None

    # Power

    def power_on(self) -> None:
        """
        Boot: namespaces, private directories, cards with their addresses.

        What was written to its disk before is still there.
        """
        from scripts.lab import rack as place

        assert not self.powered, f"{self.name} is on"
        self._console = Console(self.name)
        handle = self._console.theirs.fileno()
        script = str(Path(__file__).with_name("init.py"))
        start = ["unshare", *place.NAMESPACES, place.python(), "-I", "-S", script, self.name, "3"]
        self._shell = self._rack.console.start(start, files=[handle])
        try:
            self._console.connected()
            self._furnish(place.ROOM, place.python(), place.kept_paths())
            self._plug()
        except LabError as error:
            raise LabError(f"{error}: {self._shell.text()}") from error
        self.powered = True

    def power_off(self) -> float:
        """
        Cut the power: everything on it ends at once, and its cards are gone.

        @return: when it died, in seconds on CLOCK_BOOTTIME.
        """
        assert self._shell is not None
        ports = [self.port(card) for card in self.cards]
        self._batch("bridge", [f"link set dev {port} state 0" for port in ports])
        died = time.clock_gettime(time.CLOCK_BOOTTIME)
        os.kill(self._console.pid, signal.SIGKILL)
        self.powered = False
        self._rack.console.wait(lambda: self._shell_ended(), POWER_TIMEOUT, f"death of {self.name}")
        # The kernel removes them with the host's network, sooner or later; now is better.
        for port in ports:
            self._rack.console.run("ip", "link", "del", port)
        self._console.close()
        return died

    def forget(self) -> None:
        """Drop the connection; the rack is going away."""
        self.powered = False
        self._console.close()

    # Cables

    def port(self, card: str) -> str:
        """Return the name of the port in the rack that a card is plugged into."""
        return f"{self.name}-{card}"

    def cut(self, card: str) -> None:
        """Pull the cable of a card out; both ends see it."""
        self._batch("ip", [f"link set {self.port(card)} down"])

    def isolate(self, card: str) -> None:
        """Let nothing through the cable of a card; neither end sees it."""
        self._batch("bridge", [f"link set dev {self.port(card)} state 0"])

    def heal(self, card: str) -> None:
        """Put the cable of a card back in, and end what L{isolate} and L{lose} did to it."""
        self._batch("ip", [f"link set {self.port(card)} up"])
        self._batch("bridge", [f"link set dev {self.port(card)} state 3"])
        for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
            while self.run("iptables", "-D", chain, way, card, "-j", f"lose-{way[1]}-{card}")[0] == 0:
                self.run("iptables", "-F", f"lose-{way[1]}-{card}")
                self.run("iptables", "-X", f"lose-{way[1]}-{card}")

    def pull(self, card: str) -> None:
        """Take a card out of the running host."""
        self._batch("ip", [f"link del {self.port(card)}"])

    def put(self, card: str, number: int | None = None) -> None:
        """
        Put a card back in that was pulled out, with its address.

        @param number: the kernel's for it; one that is free if not given.
        """
        self._put({card}, number)

    def lose(self, card: str, probability: float, direction: str = "in") -> None:
        """
        Lose packets silently; with 1.0 the link is cut one way and nobody sees it.

        @param direction: C{in} or C{out}, seen from this host.
        """
        chain, way = {"in": ("INPUT", "-i"), "out": ("OUTPUT", "-o")}[direction]
        name = f"lose-{way[1]}-{card}"
        statistic = ["-m", "statistic", "--mode", "random", "--probability", str(probability)]
        self.do("iptables", "-N", name)
        self.do("iptables", "-A", name, *(statistic if probability < 1 else []), "-j", "DROP")
        self.do("iptables", "-A", chain, way, card, "-j", name)

    # Programs

    def run(self, *argv: str, timeout: float = 30.0, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a program to its end, see L{Console.run}."""
        return self._console.run(*argv, timeout=timeout, env=env)

    def do(self, *argv: str) -> str:
        """Run a program that must succeed, see L{Console.do}."""
        return self._console.do(*argv)

    def start(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Process:
        """Start a program, see L{Console.start}."""
        return self._console.start(argv, env)

    # Files

    def path(self, path: str) -> Path:
        """
        Return where a file of one of its private directories is reached from outside.

        @param path: under C{/etc}, C{/var/lib} or C{/var/log}.
        """
        for directory, name in DISK.items():
            if path.startswith(directory + "/"):
                return self._disk / name / path.removeprefix(directory + "/")
        raise ValueError(f"not on the disk of {self.name}: {path}")

    def inside(self, path: str) -> Path:
        """Return where any file is reached from outside while the host is on."""
        return Path(f"/proc/{self._console.pid}/root{path}")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file to its disk, powered or not, with the directories it needs."""
        place = self.path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)

    def read(self, path: str) -> str:
        """Return a file of its disk, powered or not; empty when there is none."""
        with contextlib.suppress(FileNotFoundError):
            return self.path(path).read_text(errors="replace")
        return ""

    @property
    def _disk(self) -> Path:
        return self._rack.room / "disk" / self.name

    def _furnish(self, room: str, python: str, keep: Sequence[str]) -> None:
        for path in ("/etc/ha.d/resource.d", "/etc/init.d", "/var/lib/heartbeat", "/var/lib/hatwist"):
            self.path(path).mkdir(parents=True, exist_ok=True)
        self.write("/etc/hostname", self.name + "\n")
        self.write("/etc/hosts", self._hosts_file())
        script = str(Path(__file__).with_name("furnish.py"))
        self.do(python, "-I", "-S", script, f"{room}/disk/{self.name}", *keep)

    def _hosts_file(self) -> str:
        lines = ["127.0.0.1 localhost"]
        for host in self._rack.hosts.values():
            address = next(iter(host.cards.values())).address.partition("/")[0]
            lines.append(f"{address} {host.name}")
        return "\n".join(lines) + "\n"

    def _plug(self) -> None:
        """Make the cards, as the same hardware at each boot, and bring them up."""
        self.do("ip", "link", "set", "lo", "up")
        self._put(self.cards)

    def _put(self, names: Iterable[str], number: int | None = None) -> None:
        assert self._shell is not None
        ports, inside = [], []
        kernel = f"index {number} " if number is not None else ""
        for index, (name, card) in enumerate(self.cards.items()):
            if name not in names:
                continue
            port = self.port(name)
            mac = f"02:00:00:00:{self._number:02x}:{index:02x}"
            ports += [
                f"link add {name} address {mac} {kernel}netns {self._shell.pid} type veth peer name {port}",
                f"link set {port} master {card.segment}",
                f"link set {port} up",
            ]
            inside += [f"addr add {card.address} broadcast + dev {name}", f"link set {name} up"]
        self._batch("ip", ports)
        self.do("sh", "-c", f"printf '%s\\n' {' '.join(map(repr, inside))} | ip -batch -")

    def _batch(self, program: str, lines: Sequence[str]) -> None:
        """Let one C{ip} or C{bridge} of the rack do several things."""
        words = " ".join(f"'{line}'" for line in lines)
        self._rack.console.do("sh", "-c", f"printf '%s\\n' {words} | {program} -batch -")

    def _shell_ended(self) -> bool:
        return self._shell is not None and self._shell.status is not None
