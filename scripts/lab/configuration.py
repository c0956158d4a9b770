# -*- test-case-name: tests.lab.test_configuration -*-
"""
The files in /etc/ha.d of the hosts of a lab.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from scripts.lab.host import Host
from scripts.lab.plan import VIRTUAL

CHECKOUT: Final = Path(__file__).resolve().parents[2]
DEMO: Final = CHECKOUT / "conf" / "demo"

KEYS: Final = "auth 1\n1 sha1 only-for-the-lab\n"


@dataclass(frozen=True)
class Configuration:
    """
    What an administrator puts into /etc/ha.d, the same on every node.

    @ivar scripts: the text of each program in resource.d, by name.
    @ivar settings: hatwist.toml; empty: there is none.
    """

    ha_cf: str
    haresources: str
    authkeys: str = KEYS
    scripts: Mapping[str, str] = field(default_factory=dict)
    settings: str = ""

    def write(self, host: Host) -> None:
        """Put the files on a host's disk; authkeys is nobody else's to read."""
        host.write("/etc/ha.d/ha.cf", self.ha_cf)
        host.write("/etc/ha.d/authkeys", self.authkeys, 0o600)
        host.write("/etc/ha.d/haresources", self.haresources)
        if self.settings:
            host.write("/etc/ha.d/hatwist.toml", self.settings)
        for name, text in self.scripts.items():
            host.write(f"/etc/ha.d/resource.d/{name}", text, 0o755)

    def with_timing(self, timing: Mapping[str, str]) -> Self:
        """Return the same with other values for directives that ha.cf has already."""
        text = self.ha_cf
        for name, value in timing.items():
            text, count = re.subn(rf"(?m)^{name}(\s+)\S+", rf"{name}\g<1>{value}", text)
            assert count == 1, name
        return replace(self, ha_cf=text)


def ha_cf(
    media: str = "bcast eth1",
    *,
    auto_failback: str = "on",
    keepalive: str = "200ms",
    deadtime: str = "1500ms",
    initdead: str = "4000ms",
) -> str:
    """
    Return an ha.cf for node01 and node02.

    @param media: one or more directives, one a line.
    """
    lines = [
        "logfile /var/log/ha-log",
        f"keepalive {keepalive}",
        f"deadtime {deadtime}",
        f"initdead {initdead}",
        "udpport 694",
        media,
        f"auto_failback {auto_failback}",
        "node node01",
        "node node02",
        "crm no",
    ]
    return "\n".join(lines) + "\n"


def httpd() -> Mapping[str, str]:
    """Return the web server of the demo as a script for resource.d."""
    return {"httpd": (DEMO / "resource.d" / "httpd").read_text()}


def web(ha_cf: str, agent: str = "IPaddr") -> Configuration:
    """Return the seed's group, an address and a web server at home on node01, under an ha.cf."""
    return Configuration(ha_cf, f"node01 {agent}::{VIRTUAL}/24/eth0 httpd\n", scripts=httpd())


def address_only(ha_cf: str, agent: str = "IPaddr") -> Configuration:
    """Return a group that is just the address, at home on node01, under an ha.cf."""
    return Configuration(ha_cf, f"node01 {agent}::{VIRTUAL}/24/eth0\n")


def demo() -> Configuration:
    """Return the configuration of the demo, as it stands in C{conf/demo}."""
    read = {name: (DEMO / name).read_text() for name in ("ha.cf", "haresources", "authkeys")}
    return Configuration(read["ha.cf"], read["haresources"], read["authkeys"], httpd())
