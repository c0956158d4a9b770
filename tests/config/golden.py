# -*- test-case-name: tests.config.test_samples -*-
"""
Cases of broken configurations: what is in the files, and what is found.

A case is a text file of sections, each begun by C{=== NAME}: C{ha.cf},
C{authkeys}, C{haresources}, C{hatwist.toml} (a file that is not mentioned is a
good one), and C{found}, a line for each problem.  C{=== without NAME} leaves a
file out, C{=== mode NAME OCTAL} sets its mode.

C{python -m tests.config.golden} writes C{found} anew; read the difference.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from attrs import Factory, define

from hatwist.config.load import Examination, examine

SAMPLES = Path(__file__).parent / "samples"
BROKEN = SAMPLES / "broken"
ETC = SAMPLES / "etc"

GOOD_FILES = {
    "ha.cf": b"logfile /var/log/ha-log\nauto_failback on\nbcast eth0 eth1\nnode alpha beta\n",
    "authkeys": b"auth 1\n1 sha1 a4d20b0dd3d5e35e0f87ce4266d1dd64\n",
    "haresources": b"alpha IPaddr::10.0.0.5/24/eth0 httpd\n",
}
SCRIPTS = ("httpd", "drbddisk", "tomcat", "nfs-kernel-server")
AGENTS = ("Filesystem", "apache")


@define
class Case:
    """One case."""

    files: dict[str, bytes] = Factory(lambda: dict(GOOD_FILES))
    modes: dict[str, int] = Factory(lambda: {"authkeys": 0o600})
    found: str = ""


def read_case(content: bytes) -> Case:
    """Read a case."""
    case = Case()
    for section in content.split(b"=== ")[1:]:
        title, _, body = section.partition(b"\n")
        match title.decode().split():
            case ["found"]:
                case.found = body.decode()
            case ["without", name]:
                del case.files[name]
            case ["mode", name, octal]:
                case.modes[name] = int(octal, 8)
            case words:
                case.files[" ".join(words)] = body
    return case


def lay_out(case: Case, directory: str) -> None:
    """Write the files of a case into a new directory, and the scripts and agents that exist."""
    os.makedirs(directory, exist_ok=True)
    for name, content in case.files.items():
        file = Path(directory, name)
        file.write_bytes(content)
        file.chmod(case.modes.get(name, 0o644))
    for place, names in (("resource.d", SCRIPTS), ("ocf/resource.d/heartbeat", AGENTS)):
        os.makedirs(os.path.join(directory, place), exist_ok=True)
        for name in names:
            script = Path(directory, place, name)
            script.write_text("#!/bin/sh\n")
            script.chmod(0o755)
    not_executable = Path(directory, "resource.d", "notyet")
    not_executable.write_text("#!/bin/sh\n")


def examine_case(directory: str, node: str = "alpha") -> Examination:
    """Examine what was laid out, on a host with three interfaces."""
    return examine(
        directory,
        node=node,
        interfaces=frozenset({"eth0", "eth1", "lo"}),
        script_dirs=(f"{directory}/resource.d", f"{directory}/init.d"),
        ocf_root=f"{directory}/ocf",
        etc=str(ETC),
    )


def found_in(case: Case) -> str:
    """Return a line for each problem of a case, without the name of its directory."""
    with tempfile.TemporaryDirectory() as directory:
        lay_out(case, directory)
        problems = examine_case(directory).problems
        lines = "".join(f"{problem.code} {problem}\n" for problem in problems)
        return lines.replace(f"{directory}/", "")


def broken_cases() -> Iterator[Path]:
    """Yield the file of each case."""
    yield from sorted(BROKEN.glob("*.case"))


def rewrite() -> None:
    """Write C{found} of every case anew."""
    for path in broken_cases():
        content = path.read_bytes()
        body = content.partition(b"=== found\n")[0]
        path.write_bytes(body + b"=== found\n" + found_in(read_case(content)).encode())


if __name__ == "__main__":
    rewrite()
