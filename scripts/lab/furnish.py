# -*- test-case-name: tests.lab.test_rack -*-
"""
Give a host its private directories; runs inside the host, as its first program.

C{python3 -I -S furnish.py DISK KEEP...}: C{DISK} is the directory that outlives
a power cut; C{KEEP} are paths under C{/tmp} that must stay visible.

C{/etc} and C{/var/lib} become directories of links to the machine's own, so that
places which the machine does not have can still be private, and nothing of the
machine is ever written to.  C{/run}, C{/tmp} and C{/dev/shm} are new at each
power-on.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PRIVATE = {
    "/etc": ("ha.d", "init.d", "hosts", "hostname"),
    "/var/lib": ("heartbeat", "hatwist"),
}
"""What in these directories is the host's own."""

VOLATILE = ("/dev/shm", "/var/tmp", "/tmp", "/run")
"""In this order: the disk itself lies under the machine's /run."""


def mount(*arguments: str) -> None:
    """Mount, or end with what mount says."""
    subprocess.run(["mount", *arguments], check=True)


def link_farm(directory: str, farm: Path, original: Path, private: tuple[str, ...]) -> None:
    """
    Fill a directory with links to everything in the machine's, but what is private.

    @param original: where the machine's directory is to be found afterwards.
    """
    farm.mkdir(parents=True, exist_ok=True)
    for entry in Path(directory).iterdir():
        link = farm / entry.name
        if entry.name in private or link.exists() or link.is_symlink():
            continue
        # A link that is relative would lead elsewhere from the new place.
        link.symlink_to(os.readlink(entry) if entry.is_symlink() else original / entry.name)


def volatile(directory: str, base: Path, keep: list[str]) -> None:
    """Mount an empty directory, with what must stay visible put back into it."""
    place = base / directory.strip("/").replace("/", "-")
    place.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", "mode=1777" if directory != "/run" else "mode=755", "tmpfs", str(place))
    for path in keep:
        if path.startswith(directory + "/"):
            inside = place / os.path.relpath(path, directory)
            inside.mkdir(parents=True)
            mount("--rbind", path, str(inside))
    mount("--rbind", str(place), directory)


def main() -> None:
    """Make all of it."""
    disk, keep = Path(sys.argv[1]), sys.argv[2:]
    run = disk / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(run))
    for path in ("lock", "machine", "resource-agents"):
        (run / path).mkdir()
    for directory, private in PRIVATE.items():
        name = directory.strip("/").replace("/", "-")
        behind = run / "machine" / name
        behind.mkdir()
        mount("--bind", directory, str(behind))
        farm = disk / name
        link_farm(directory, farm, Path("/run/machine") / name, private)
        mount("--bind", str(farm), directory)
    log = disk / "log"
    log.mkdir(exist_ok=True)
    mount("--bind", str(log), "/var/log")
    for directory in ("/dev/shm", "/var/tmp", "/tmp"):
        if os.path.isdir(directory):
            volatile(directory, run / "volatile", keep)
    # A container may forbid it; only tools that look under /sys/class/net would notice.
    with contextlib.suppress(subprocess.CalledProcessError):
        subprocess.run(["mount", "-t", "sysfs", "sysfs", "/sys"], check=True, stderr=subprocess.DEVNULL)
    mount("--rbind", str(run), "/run")


if __name__ == "__main__":
    main()
