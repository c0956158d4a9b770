# -*- test-case-name: tests.test_tap -*-
"""
The door for twistd: C{twistd hatwist -c /etc/ha.d}.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from twisted.python import usage

from hatwist.errors import ConfigError

if TYPE_CHECKING:
    from typing import TextIO

    from twisted.application.service import IService

NOT_CONFIGURED = 6
"""Exit status for a configuration that cannot be used, as heartbeat's."""


class Options(usage.Options):
    """Where things are; the defaults are heartbeat's places."""

    longdesc = "A failover daemon that speaks heartbeat 3.0.6."
    optParameters = [
        ["config", "c", "/etc/ha.d", "The directory of ha.cf, authkeys and haresources."],
        ["node", None, None, "The name of this node; default: nodeinfo, else uname -n."],
        ["state", None, "/var/lib/heartbeat", "The directory of hb_uuid and hb_generation."],
        ["own-state", None, "/var/lib/hatwist", "The directory of what heartbeat does not know."],
        ["run", None, "/run/hatwist", "The directory of the control socket."],
        ["register", None, "/run/heartbeat/register", "The socket of heartbeat's client API."],
        [
            "heartbeat-pid",
            None,
            "/run/heartbeat.pid",
            "heartbeat's pid file, held so that it does not start.",
        ],
        ["init-d", None, "/etc/init.d", "Where scripts are that resource.d does not have."],
    ]


def makeService(options: Options) -> IService:
    """
    Make the daemon, or say everything that is wrong with its configuration.

    @raise SystemExit: with status 6 when the configuration cannot be used;
        nothing was started and nothing changed.
    """
    from twisted.internet import reactor

    from hatwist.service import build, daemon, halog, monotonic

    monotonic.install(reactor)  # type: ignore[arg-type]
    places = build.Places(
        # Absolute, since twistd may change the directory, and scripts are told it.
        directory=os.path.abspath(options["config"]),
        state=os.path.abspath(options["state"]),
        own=os.path.abspath(options["own-state"]),
        run=os.path.abspath(options["run"]),
        register=os.path.abspath(options["register"]),
        pid=os.path.abspath(options["heartbeat-pid"]),
        init=os.path.abspath(options["init-d"]),
        hostname=os.uname().nodename,
        node=options["node"] or "",
    )
    try:
        loaded = build.read_configuration(places)
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print("Configuration error, heartbeat not started.", file=sys.stderr)
        build.log_refusal(places, error)
        raise SystemExit(NOT_CONFIGURED) from None
    for obstacle in halog.obstacles(loaded.config.cf.log):
        print(f"{obstacle}; heartbeat starts all the same", file=sys.stderr)
    built = build.build(reactor, places, loaded)
    return daemon.Daemon(reactor, built, _terminal(), _umask(options))


def _terminal() -> TextIO:
    """Return what stderr is now, for when twistd has forked and it is nothing any more."""
    try:
        return os.fdopen(os.dup(2), "w", errors="backslashreplace")
    except OSError:
        return open(os.devnull, "w", encoding="ascii")


def _umask(options: Options) -> int | None:
    """Return our umask, or None where the administrator chose one, C{twistd --umask}."""
    from hatwist.service.daemon import UMASK

    chosen = options.parent is not None and options.parent.get("umask") is not None
    return None if chosen else UMASK
