"""
A Baytech RPC power switch on loopback: the menus that the plugin of cluster-glue
expects of an RPC-5, over TCP.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field
from twisted.internet.protocol import ServerFactory
from twisted.protocols.basic import LineOnlyReceiver

BANNER: Final = (
    "\r\nRPC-5 Telnet Host\r\nRevision F 5.01, (C) 1999\r\nBay Technical Associates\r\n"
    "Unit ID: rack1\r\n\r\nEnter username>"
)
MENU: Final = "\r\nRPC-5 Menu:\r\n1)...Outlet Control\r\n6)...Logout\r\n\r\nEnter Selection>"
PROMPT: Final = "RPC-5>"


@define
class Switch(ServerFactory):
    """
    The switch.

    @ivar outlets: what is plugged in where, and whether it has power.
    @ivar commands: what was done to outlets, in order.
    @ivar mute: whether it accepts callers and says nothing.
    """

    outlets: dict[str, bool]
    login: str = "admin"
    password: str = "secret"
    commands: list[str] = field(factory=list)
    mute: bool = False

    def buildProtocol(self, addr: object) -> Session:
        """Serve one caller."""
        return Session(self)

    def table(self) -> str:
        """Return the status of the outlets as the switch prints it."""
        lines = [
            "",
            "Circuit Breaker: On",
            "Internal Temperature: 30.5 C",
            " Selection    Outlet              Power",
            "  Number      Name                Status",
            *(
                f"{number:6}        {name:<18}  {'On' if power else 'Off'}"
                for number, (name, power) in enumerate(self.outlets.items(), start=1)
            ),
            "",
            PROMPT,
        ]
        return "\r\n".join(lines)

    def obey(self, verb: str, number: int) -> str:
        """Carry out a command that was confirmed."""
        name = list(self.outlets)[number - 1]
        self.commands.append(f"{verb} {name}")
        self.outlets[name] = verb != "OFF"
        if verb == "REBOOT":
            return f"Rebooting selected outlet(s)\r\n\r\nPower applied to outlet {number}\r\n\r\n{PROMPT}"
        return f"\r\n{PROMPT}"


class Session(LineOnlyReceiver):
    """One caller; lines end in CR."""

    delimiter = b"\r"

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.given: list[str] = []
        self.pending: tuple[str, int] | None = None

    def connectionMade(self) -> None:
        """Ask who it is."""
        if not self.switch.mute:
            self.say(BANNER)

    def say(self, text: str) -> None:
        """Send a text."""
        assert self.transport is not None
        self.transport.write(text.encode())

    def lineReceived(self, line: bytes) -> None:
        """Answer one line."""
        word = line.decode("ascii", "replace").strip()
        if len(self.given) < 2:
            self.sign_on(word)
        elif self.pending is not None:
            verb, number = self.pending
            self.pending = None
            self.say(self.switch.obey(verb, number) if word == "Y" else PROMPT)
        else:
            self.command(word.upper())

    def sign_on(self, word: str) -> None:
        """Take user and password."""
        self.given.append(word)
        if len(self.given) == 1:
            self.say("Enter password>")
        elif self.given == [self.switch.login, self.switch.password]:
            self.say(MENU)
        else:
            self.say("Invalid password\r\n")

    def command(self, word: str) -> None:
        """Do what a menu offers."""
        verb, _, number = word.partition(" ")
        if word == "6":
            assert self.transport is not None
            self.transport.loseConnection()
        elif word in ("1", "STATUS"):
            self.say(self.switch.table())
        elif verb in ("REBOOT", "ON", "OFF") and number.isdigit():
            self.pending = verb, int(number)
            self.say(f"\r\n{verb} outlet {number} (Y/N)>")
        else:
            self.say(MENU)
