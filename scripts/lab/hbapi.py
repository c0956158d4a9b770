# -*- test-case-name: tests.lab.test_clients -*-
"""
Let heartbeat's own client in Python say what it sees.

It is written for Python 2, and what Debian made of it does not run with any
Python: a few words are put right while it is loaded.  A script of its own.
"""

from __future__ import annotations

import collections
import sys
import types
from pathlib import Path
from typing import Any, Final

LIBRARY: Final = "/usr/share/heartbeat/hb_api.py"

WORDS: Final = (
    ("isinstance(arg, bytes)", "isinstance(arg, str)"),
    ("isinstance(k, bytes)", "isinstance(k, str)"),
    ("types.InstanceType", "ha_msg"),
    ("self.fromstring(msg)", "self.fromstring(msg.decode())"),
    ("0xabcd) + msg)", "0xabcd) + msg.encode())"),
)
"""What stands there, and what would be right."""


def load() -> Any:
    """Return its class."""
    source = Path(LIBRARY).read_text()
    for wrong, right in WORDS:
        if wrong not in source:
            sys.exit(f"{LIBRARY} is another one: there is no {wrong}")
        source = source.replace(wrong, right)
    module = types.ModuleType("UserDict")
    module.__dict__["UserDict"] = collections.UserDict
    sys.modules["UserDict"] = module
    names: dict[str, Any] = {"__name__": "hb_api"}
    exec(compile(source, LIBRARY, "exec"), names)
    return names["hb_api"]


def main() -> None:
    """Ask for everything it can ask for."""
    client = load()()
    print("signon", client.signon(), client.hbversion.partition(" ")[0])
    print(sorted(client.cluster_config().items()))
    print(client.nodes_with_status(), client.getrsc(), client.getparm("keepalive"), client.get_pacemaker())
    print(client.setfilter(1), client.setfilter(0), client.nodetype("node02"))
    client.signoff()
    print("signed on", client.SignedOn)


if __name__ == "__main__":
    main()
