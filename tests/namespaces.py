"""
Running cases in network name spaces of their own, without any privilege.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.trial.unittest import SkipTest

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase

PROBE = ("unshare", "-rn", "ip", "link", "add", "probe0", "type", "veth", "peer", "name", "probe1")


def run_inside(case: SynchronousTestCase, name: str) -> None:
    """
    Run a case in a name space that it may ruin.

    @param name: the class, with its module.
    @raise SkipTest: this machine has no name spaces for us; with C{CI=true}
        that is a failure.
    """
    _need_namespaces(case)
    with tempfile.TemporaryDirectory() as scratch:
        trial = [sys.executable, "-m", "twisted.trial", f"--temp-directory={scratch}/trial"]
        done = subprocess.run(
            ["unshare", "-rn", *trial, name],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    case.assertEqual(done.returncode, 0, f"inside the name spaces:\n{done.stdout}\n{done.stderr}")
    case.assertNotIn("skips=", done.stdout)


def ip(words: str) -> str:
    """Run iproute2's C{ip} in the name space of this thread."""
    done = subprocess.run(["ip", *words.split()], check=False, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"ip {words}: {done.stderr.strip()}")
    return done.stdout


def _need_namespaces(case: SynchronousTestCase) -> None:
    try:
        done = subprocess.run(PROBE, capture_output=True, text=True, timeout=20, check=False)
        reason = done.stderr.strip() if done.returncode else ""
    except FileNotFoundError as problem:
        reason = str(problem)
    if not reason:
        return
    reason = f"no network name spaces with veth here: {reason}"
    if os.environ.get("CI") == "true":
        case.fail(reason)
    raise SkipTest(reason)
