# -*- test-case-name: tests.resources.test_verdicts -*-
"""
What a program's answer means: three conventions, as pure functions.
"""

from __future__ import annotations

import re
from typing import Final

from hatwist.cluster.names import Outcome, Verb
from hatwist.resources.process import Ran

NOT_RUNNING: Final = re.compile(r"[Nn][Oo][Tt] .*[Rr]unning", re.DOTALL)
OWNED: Final = re.compile(r"[Rr]unning|OK")
STOPPED: Final = re.compile(r"[Ss]topped")

LSB_NOT_RUNNING: Final = 3
"""What C{status} of an init script exits with when its program does not run."""

NOT_LOADED: Final = 5
"""What C{systemctl stop} exits with for a unit that systemd does not know, so nothing of it runs."""

OCF_SUCCESS: Final = 0
OCF_NOT_RUNNING: Final = 7


def judge_script(verb: Verb, ran: Ran) -> Outcome:
    """
    Judge a script of resource.d or init.d.

    Start and stop succeeded when they exit with 0.  C{status} is judged by what
    it prints on stdout, not by its exit status: C{not running} is stopped, else
    C{running} or C{OK} is running.  Heartbeat takes everything else for stopped.
    We say so only if the script does, by the word C{stopped} or by exit status
    3; else C{FAILED}: not known.  That differs only after a failed stop, where
    "probably stopped" is not good enough.
    """
    if ran.timed_out:
        return Outcome.FAILED
    if verb is not Verb.STATUS:
        return Outcome.OK if ran.succeeded else Outcome.FAILED
    if NOT_RUNNING.search(ran.stdout):
        return Outcome.STOPPED
    if OWNED.search(ran.stdout):
        return Outcome.RUNNING
    if STOPPED.search(ran.stdout) or ran.status == LSB_NOT_RUNNING:
        return Outcome.STOPPED
    return Outcome.FAILED


def judge_ocf(verb: Verb, ran: Ran) -> Outcome:
    """
    Judge an OCF agent, by its exit status alone.

    C{monitor}, which answers C{status}: 0 is running, 7 stopped, all others
    failed.  A stop that answers 7 has succeeded.
    """
    if ran.timed_out:
        return Outcome.FAILED
    if verb is Verb.STATUS:
        return _OCF_MONITOR.get(ran.code, Outcome.FAILED)
    accepted = {OCF_SUCCESS, OCF_NOT_RUNNING} if verb is Verb.STOP else {OCF_SUCCESS}
    return Outcome.OK if ran.code in accepted else Outcome.FAILED


_OCF_MONITOR: Final = {OCF_SUCCESS: Outcome.RUNNING, OCF_NOT_RUNNING: Outcome.STOPPED}


def judge_unit(verb: Verb, ran: Ran) -> Outcome:
    """
    Judge C{systemctl}.

    C{status} is judged by the word that C{is-active} prints: C{active} and what
    systemd calls active while it reloads is running, C{inactive} and C{failed} are
    stopped.  Whatever else is on its way, or no answer, so C{FAILED}: not known.
    """
    if ran.timed_out:
        return Outcome.FAILED
    if verb is Verb.STATUS:
        return _UNIT_STATES.get(ran.stdout.strip(), Outcome.FAILED)
    accepted = {0, NOT_LOADED} if verb is Verb.STOP else {0}
    return Outcome.OK if ran.code in accepted else Outcome.FAILED


_UNIT_STATES: Final = {
    "active": Outcome.RUNNING,
    "reloading": Outcome.RUNNING,
    "refreshing": Outcome.RUNNING,
    "inactive": Outcome.STOPPED,
    "failed": Outcome.STOPPED,
}
