"""
A systemd of its own for a test: it boots in namespaces, knows a few units, and is gone when
the test is.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twisted.trial.unittest import SkipTest

from tests.resources.fakes import temporary

if TYPE_CHECKING:
    from twisted.trial.unittest import TestCase

SYSTEMD: Final = "/lib/systemd/systemd"
PATIENCE: Final = 30.0
"""Seconds until it is given up, whatever else this machine does."""

SYSTEMCTL: Final = "/bin/systemctl"
UNITS: Final = "run/systemd/system"

_UNSHARE: Final = "--net --mount --pid --uts --ipc --cgroup --fork --kill-child"

_BEGIN: Final = f"""
echo $$ >"$CGROUP/cgroup.procs"
exec unshare {_UNSHARE} sh -e -c "$BOOT" boot
"""

_ROOT: Final = f"""
root=/mnt
mount -t tmpfs -o mode=755 tmpfs $root
for name in bin etc lib lib32 lib64 sbin usr; do
    if [ -L /$name ]; then
        cp -P /$name $root/$name
    elif [ -d /$name ]; then
        mkdir $root/$name
        mount --bind /$name $root/$name
        mount -o remount,bind,ro $root/$name
    fi
done
cd $root
mkdir dev old proc root run sys tmp var
# Where nothing is mounted systemd mounts its own, and there is one devtmpfs for all the machine.
mount -t tmpfs -o mode=755 tmpfs dev
mount -t tmpfs -o mode=755 tmpfs run
mkdir dev/pts dev/shm dev/mqueue dev/hugepages
for node in full null random urandom zero; do : >dev/$node; mount --bind /dev/$node dev/$node; done
mkdir -p {UNITS} run/lock
printf '[Unit]\\nDescription=Nothing but the test\\n' >{UNITS}/test.target
for unit in "$FILES"/*; do cat "$unit" >"{UNITS}/${{unit##*/}}"; done
mount -t proc proc proc
pivot_root . old
cd /
umount -l /old
rmdir /old
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t sysfs -o ro sysfs /sys
"""
"""
For the shell: give it a root of its own.  All that it sees of the machine are its programs and
C{/etc}, both read-only: a systemd that is free to starts units that tidy up, C{/tmp} for example.
"""

_BOOT: Final = f"""{_ROOT}
mount -t tmpfs tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec env -i container=test PATH="$PATH" {SYSTEMD} --unit=test.target --log-target=null --show-status=no
"""


class Systemd:
    """
    The first process of the namespaces.

    @ivar systemctl: a directory with a C{systemctl} that asks it, for the head of a path.
    """

    def __init__(self, case: TestCase, units: Mapping[str, str]) -> None:
        """
        Boot it, and wait until it has booted.

        @param units: the text of each unit, by name.
        @raise SkipTest: this machine does not allow it; with C{CI=true} that is a failure.
        """
        hierarchy = _require()
        files = Path(temporary(case))
        for name, text in units.items():
            (files / name).write_text(f"[Unit]\nDefaultDependencies=no\n[Service]\n{text}")
        self._cgroup = Path(tempfile.mkdtemp(prefix="hatwist-test-", dir=hierarchy))
        case.addCleanup(self._remove_cgroup)
        environment = {**os.environ, "BOOT": _BOOT, "FILES": str(files), "CGROUP": str(self._cgroup)}
        self._outer = subprocess.Popen(
            ["sh", "-e", "-c", _BEGIN],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        case.addCleanup(self._end)
        self.systemctl = temporary(case)
        self._write_systemctl()
        self.run("systemctl is-system-running --wait >/dev/null || true")

    def run(self, script: str) -> None:
        """Run a script of the shell beside it."""
        words = [*self._enter(), "sh", "-e", "-c", script]
        subprocess.run(words, capture_output=True, timeout=60, check=True)

    def _enter(self) -> list[str]:
        return ["nsenter", "-t", str(self._first()), "-m", "-p", "-u", "-n", "-i", "-C", "--"]

    def _first(self) -> int:
        """Return its process id as we see it, once it listens."""
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
        found: list[int] = []

        def listens() -> bool:
            assert self._outer.poll() is None, "systemd has ended"
            found[:] = [int(child) for child in children.read_text().split()]
            return any(Path(f"/proc/{child}/root/run/systemd/private").exists() for child in found)

        _await(listens)
        return found[0]

    def _write_systemctl(self) -> None:
        path = Path(self.systemctl, "systemctl")
        # By its full path: by name it would find itself again.
        path.write_text(f'#!/bin/sh\nexec {" ".join(self._enter())} {SYSTEMCTL} "$@"\n')
        path.chmod(0o755)

    def _end(self) -> None:
        """Kill it, and all that is in its namespaces."""
        self._outer.kill()
        self._outer.wait()

    def _remove_cgroup(self) -> None:
        """Take the groups away that it made, when the last process has left."""
        events = self._cgroup / "cgroup.events"
        _await(lambda: "populated 0" in events.read_text())
        for path, _, _ in os.walk(self._cgroup, topdown=False):
            os.rmdir(path)


def _await(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def _require() -> str:
    """Return where the hierarchy of control groups is, version 2."""
    mounts = Path("/proc/self/mountinfo").read_text()
    found = re.search(r"(?m)^\S+ \S+ \S+ / (\S+) .* - cgroup2 ", mounts)
    if os.geteuid() != 0:
        reason = "a systemd of one's own needs root"
    elif not Path(SYSTEMD).exists():
        reason = "systemd is not installed"
    elif found is None:
        reason = "no control groups of version 2 here"
    elif not os.access(found[1], os.W_OK):
        reason = f"control groups cannot be made here: {found[1]}"
    else:
        return found[1]
    assert os.environ.get("CI") != "true", reason
    raise SkipTest(reason)
