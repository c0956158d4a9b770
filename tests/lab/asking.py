"""
What the programs of heartbeat's package are asked in the lab, and how their words are compared.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from scripts.lab import asker
from scripts.lab.host import Host
from scripts.lab.rack import python
from scripts.lab.remote import Process

HELPERS: Final = "/usr/libexec/heartbeat"

PARAMETERS: Final = (
    *("auto_failback", "autojoin", "baud", "bcast", "compression_threshold", "conn_logd_time", "coreroot"),
    *("crm", "deadping", "deadtime", "debug", "hbgenmethod", "hbversion", "hopfudge", "initdead", "logfile"),
    *("max_rexmit_delay", "node", "normalpoll", "nothing", "pacemaker", "realtime", "udpport", "use_apphbd"),
    *("use_logd", "warntime"),
)

Step = list[list[str]] | float
"""Of a client of ours: fields of a message to be sent, or seconds to listen."""

BAD_SIGN_ONS: Final = (
    {"from_id": "ipfail"},
    {"from_id": "nosuch"},
    {"from_id": "other"},
    {"uid": "7"},
    {"gid": "7"},
    {"pid": "1"},
    {"pid": "31999"},
    {"from_id": "watch", "pid": "1"},
)
"""What a client of root's may not say of itself, where C{apiauth} knows C{other} and C{watch}."""


def requests() -> list[Step]:
    """Return requests of a casual client, good and bad, that two nodes in peace answer alike."""
    return [
        sign_on(),
        *(ask("getparm", pname=name) for name in PARAMETERS),
        *(ask("getuuid", queryname=name) for name in ("node01", "nobody")),
        *(ask(kind) for kind in ("nodelist", "numnodes", "getuuid", "getnodename", "getparm", "nonsense")),
        *(ask(kind, node="nobody") for kind in ("nodestatus", "iflist", "nodesite", "clientstatus")),
        *(ask("setfilter", fmask=mask) for mask in ("", "zz", "0", "100000", "1")),
        *(ask("setsignal", signal=number) for number in ("", "-3", "9999", "0")),
        ask("set_sendqlen", sendqlen="100"),
        ask("signon"),
        [["t", "hbapi-req"]],
        ask("signoff"),
    ]


def cl_status() -> str:
    """Return what a shell is to run: every sub-command of cl_status with its options, and wrong ones."""
    lines = ["", "-h", "nonsense", "nodestatus", "hblinkstatus node01", "clientstatus node01", "test"]
    lines += [f"hbstatus {options}" for options in ("", "-m", "-v", "-m -v")]
    lines += [f"listnodes {options}" for options in ("", "-n", "-p", "-m", "-v", "-p -v -m")]
    lines += ["rscstatus", "rscstatus -m", "hbparameter", "hbparameter -m -p keepalive"]
    lines += [f"hbparameter -p {name}" for name in ("keepalive", "hbversion", "nothing")]
    for node in ("node01", "node02", "nobody"):
        for word in ("nodestatus", "nodeweight", "nodesite", "nodetype"):
            lines += [f"{word} {node}"]
        lines += [f"listhblinks {node} -v", f"hblinkstatus {node} eth1", f"hblinkstatus {node} eth9"]
        lines += [f"clientstatus {node} ipfail 3000"]
    for word in ("nodestatus", "nodeweight", "nodesite", "nodetype", "listhblinks"):
        lines += [f"{word} NODE02 -m"]
    lines += ["hblinkstatus node02 eth1 -m", "clientstatus node02 dopd 3000 -m"]
    return "".join(f'echo "# cl_status {line}"; cl_status {line} 2>&1; echo "= $?"\n' for line in lines)


def plain(text: str) -> str:
    """Leave out what cannot be the same twice, or on nodes of different make."""
    text = re.sub(r"(?m)^\w{3} +\d+ [\d:]{8} \S+ ", "", text)
    text = re.sub(r": \[\d+\]:", ":", text)
    text = re.sub(r"(PID=|mynodeid: |/api_test status: ).*", r"\1", text)
    return re.sub(r"3\.0\.6 \(.*?\)", "3.0.6", text)


def as_cluster(*argv: str, user: str = "hacluster", group: str = "haclient") -> list[str]:
    """Return a command as the user that heartbeat's own clients run as, or another."""
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *argv]


def sign_on(name: str = "PID", **changed: str) -> Step:
    """Return the message that signs a client on; without a name a casual one."""
    fields = {"pid": "PID", "from_id": name, "uid": "UID", "gid": "GID", **changed}
    return [["t", "hbapi-req"], ["reqtype", "signon"], *([name, value] for name, value in fields.items())]


def ask(kind: str, **more: str) -> Step:
    """Return a request of a casual client."""
    head = [["t", "hbapi-req"], ["reqtype", kind], ["dest", "x"], ["pid", "PID"], ["from_id", "PID"]]
    return [*head, *([name, value] for name, value in more.items())]


def asking(*steps: Step) -> list[str]:
    """Return the command that takes these steps."""
    return [python(), "-I", "-S", str(Path(asker.__file__)), json.dumps(steps)]


def answers(process: Process) -> list[str]:
    """Return what a client was told at each step, once it has ended, without what differs each time."""
    process.wait()
    return [_told(json.loads(line)) for line in process.lines()]


def answers_to(host: Host, *steps: Step) -> list[str]:
    """Let a client take steps on a host, to the end; see L{answers}."""
    return answers(host.start(asking(*steps)))


_DIFFERENT: Final = ("seq", "hg", "ts", "ld", "auth", "client_gen", "(1)srcuuid", "(1)destuuid")


def _told(messages: list[list[list[str]] | None]) -> str:
    lines = []
    for message in messages:
        shown = ["=".join(one) for one in message or [["hung up"]] if one[0] not in _DIFFERENT]
        lines.append(" ".join(shown))
    return plain("\n".join(lines))
