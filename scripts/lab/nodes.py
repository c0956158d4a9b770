# -*- test-case-name: tests.lab.test_start -*-
"""
Hosts that run a heartbeat daemon: hatwist, or heartbeat 3.0.6 itself.

All waiting is for a condition, with an upper bound in seconds.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from scripts.lab.configuration import CHECKOUT, Configuration
from scripts.lab.host import Host
from scripts.lab.inquiry import inquiry
from scripts.lab.remote import LabError, Process
from scripts.lab.watch import until

LOG: Final = "/var/log/ha-log"
SOCKET: Final = "/run/hatwist/control.sock"
STOP_TIMEOUT: Final = 60.0


class Node:
    """
    A host and its daemon.

    @ivar process: the daemon, or C{None} when it was never started, or was asked to end.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.process: Process | None = None

    @property
    def name(self) -> str:
        """The node's name, which is its host's."""
        return self.host.name

    def boot(self, configuration: Configuration | None = None) -> None:
        """Power the host on if it is off, with new files if they are given, and start the daemon."""
        if not self.host.powered:
            self.host.power_on()
        if configuration is not None:
            configuration.write(self.host)
        self.start()

    def start(self) -> None:
        """Start the daemon."""
        self.prepare()
        self.process = self.host.start(self.command(), self.environment())

    def stop(self) -> int:
        """
        Ask the daemon to leave in order, and wait until it has.

        @return: its exit status.
        """
        assert self.process is not None
        process, self.process = self.process, None
        process.signal(signal.SIGTERM)
        return process.wait(STOP_TIMEOUT)

    def kill(self) -> None:
        """Kill the daemon, without a good-bye; what it has started stays."""
        assert self.process is not None
        process, self.process = self.process, None
        process.kill()
        process.wait(STOP_TIMEOUT)

    def cut_power(self) -> float:
        """Cut the host's power; return when it died."""
        self.process = None
        return self.host.power_off()

    def check(self) -> None:
        """
        Make sure that the daemon runs, if it should.

        @raise LabError: with its last words, when it has ended by itself.
        """
        if self.process is not None and not self.process.alive():
            raise LabError(f"{self.name}: the daemon has ended: {self.process.text()[-3000:]}")

    def is_calm(self) -> bool:
        """Say whether nothing moves, here or there, as the daemon sees it."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Do what the package's installation does on a real host."""

    def command(self) -> Sequence[str]:
        """Return the daemon's command line, in the foreground."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Return what the daemon's environment has beyond the usual."""
        return {}

    def log(self) -> str:
        """Return the node's ha-log."""
        return self.host.read(LOG)

    def count(self, pattern: str) -> int:
        """Count the lines of the log that match a regular expression."""
        return len(re.findall(pattern, self.log()))

    def await_log(self, pattern: str, timeout: float, times: int = 1) -> float:
        """
        Wait until the log has so many lines that match.

        @return: when it had.
        @raise LabError: when it has not in time, or the daemon has ended.
        """

        def logged() -> bool:
            if self.count(pattern) >= times:
                return True
            self.check()
            return False

        return until(logged, timeout, f"{self.name} logs {pattern!r}")


def install_scripts(host: Host) -> None:
    """Put heartbeat's own scripts beside a host's configuration, as its package does."""
    host.do("sh", "-e", "-c", _SCRIPTS)


class HatwistNode(Node):
    """A host that runs hatwist from this checkout."""

    def command(self) -> Sequence[str]:
        """As the README says, in the foreground."""
        twistd = str(Path(sys.executable).with_name("twistd"))
        return [sys.executable, twistd, "--nodaemon", "--pidfile=", "hatwist", "-c", "/etc/ha.d"]

    def environment(self) -> Mapping[str, str]:
        """Run what stands here, by way of the environment's links to it if there are any."""
        linked = Path(sys.prefix, "src")
        return {"PYTHONPATH": str(linked if (linked / "hatwist").exists() else CHECKOUT)}

    def control(self, *words: str) -> tuple[int, str]:
        """Run C{hatwistctl} on the host."""
        return self.host.run(*self._hatwistctl(), *words, env=self.environment())

    def begin(self, *words: str) -> Process:
        """Start C{hatwistctl} on the host, and do not wait for its end."""
        return self.host.start([*self._hatwistctl(), *words], self.environment())

    @staticmethod
    def _hatwistctl() -> Sequence[str]:
        return [sys.executable, "-c", "from hatwist.cli.main import run; run()", "--socket", SOCKET]

    def status(self) -> Any:
        """
        Return the node's snapshot as C{status --json} shows it.

        @raise LabError: when it does not answer.
        """
        try:
            return inquiry().status(self.host.inside(SOCKET))
        except LabError as problem:
            raise LabError(f"{self.name}: status: {problem}") from problem

    def is_calm(self) -> bool:
        """It says so in its status."""
        return bool(self.status()["stable"])


class HeartbeatNode(Node):
    """A host that runs heartbeat 3.0.6 as the package installs it; needs root."""

    DAEMON: Final = "/usr/libexec/heartbeat/heartbeat"

    @classmethod
    def obstacle(cls) -> str | None:
        """Say why heartbeat cannot run here; C{None} when it can."""
        if os.geteuid() != 0:
            return "heartbeat 3.0.6 needs root: it locks memory and changes to other users"
        if not Path(cls.DAEMON).exists():
            return "heartbeat 3.0.6 is not installed (package heartbeat)"
        return None

    def prepare(self) -> None:
        """Make its directories with their owners, and put its scripts beside the configuration."""
        install_scripts(self.host)
        self.host.do("sh", "-e", "-c", _INSTALL)

    def command(self) -> Sequence[str]:
        """It locks its memory, as far as it may."""
        return ["sh", "-c", f"ulimit -l unlimited 2>/dev/null; exec {self.DAEMON} -f"]

    def is_calm(self) -> bool:
        """It says what it holds only then; an order for a standby is ignored before."""
        return self.host.run("cl_status", "rscstatus")[1].strip() in ("none", "local", "foreign", "all")


_SCRIPTS: Final = """
for name in harc shellfuncs; do ln -sfn /run/machine/etc/ha.d/$name /etc/ha.d/$name; done
for directory in rc.d resource.d; do
    mkdir -p /etc/ha.d/$directory
    for script in /run/machine/etc/ha.d/$directory/*; do
        [ -e /etc/ha.d/$directory/${script##*/} ] || ln -s $script /etc/ha.d/$directory/
    done
done
"""

_INSTALL: Final = """
mkdir -p /run/heartbeat/ccm /run/heartbeat/crm /run/heartbeat/dopd
chown -R hacluster:haclient /run/heartbeat
cd /var/lib/heartbeat
mkdir -p api casual ccm ckpt crm pengine cores/root cores/nobody cores/hacluster
chown hacluster:haclient ccm crm pengine
chmod 750 ccm crm pengine
chmod 700 cores/*
chown nobody cores/nobody
chown hacluster cores/hacluster
"""
