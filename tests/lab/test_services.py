# -*- test-case-name: tests.lab.test_services -*-
"""
Real services go from node to node: what ./scripts/services tries, the quick part of it.
"""

from __future__ import annotations

import io
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.configuration import CHECKOUT
from scripts.lab.services import caller
from scripts.lab.services.catalogue import APACHE, FILESYSTEM, NFS, NGINX, SERVICES, Service
from scripts.lab.services.main import main
from scripts.lab.services.trial import Trial
from tests.lab.base import LabTestCase, require

NOWHERE = Service("nowhere", {"/nosuch/program": "nosuch-package"}, "nowhere", "")


class CommandTests(SynchronousTestCase):
    """The command line; nothing is started."""

    def run_main(self, *arguments: str) -> str:
        """Return what it prints."""
        out = io.StringIO()
        with redirect_stdout(out):
            self.assertEqual(main(arguments), 0)
        return out.getvalue()

    def test_needs(self) -> None:
        """What a service needs is told for the packages to be installed."""
        self.assertEqual(self.run_main("--needs", "NGINX"), "/etc/init.d/nginx:nginx\n")
        self.assertIn("/etc/init.d/apache2:apache2\n", self.run_main("--needs"))

    def test_unknown(self) -> None:
        """A service that is none is a wrong command line."""
        with redirect_stderr(io.StringIO()) as said:
            self.assertRaises(SystemExit, main, ["squid"])
        self.assertIn("no such service: squid", said.getvalue())

    def test_obstacles(self) -> None:
        """What is missing is named by its package."""
        said = NOWHERE.obstacle()
        assert said is not None
        self.assertTrue(said.startswith("not installed: nosuch-package"), said)

    def test_kernel(self) -> None:
        """What the kernel does not have is named."""
        no_kernel = Service("x", {}, "x", "", file_system="nosuchfs")
        self.assertEqual(
            no_kernel.obstacle(), "this kernel has no nosuchfs (if it is a module: modprobe nosuchfs)"
        )
        self.assertEqual(NFS.file_system, "nfsd")

    def test_shell(self) -> None:
        """Every script is one that the shell understands."""
        for service in SERVICES:
            for script in (service.script(), service.fill, service.ask):
                checked = subprocess.run(
                    ["sh", "-n"], input=script, text=True, capture_output=True, check=False
                )
                self.assertEqual((checked.returncode, checked.stderr), (0, ""), service.name)
        stand_in = Path(CHECKOUT, "scripts/lab/services/drbdadm")
        subprocess.run(["sh", "-n", str(stand_in)], check=True)


class CallerTests(SynchronousTestCase):
    """The client that asks by a command."""

    def test_calls(self) -> None:
        """What is said is an answer, on one line; a failure is none, and neither is silence without end."""
        self.assertEqual(caller.call("echo This; echo is node01"), "This is node01")
        self.assertIsNone(caller.call("echo This is node01; exit 1"))
        self.assertIsNone(caller.call("echo This is node01; sleep 1000"))


class ServiceTests(LabTestCase):
    """A service answers from node01; that dies, node02 answers; it is given back, node01 answers."""

    def go_round(self, service: Service) -> None:
        """Let a service do all of it."""
        require(service.obstacle())
        trial = Trial(self.rack, self.watch, service)
        self.addCleanup(self._tell, trial)
        trial.begin()
        lost, given = trial.lose(), trial.give_back()
        figures = f"{lost.length:.2f} s when its host died, {given.length:.2f} s at a standby"
        print(f"{service.name}: away for {figures}")
        self.assertEqual((lost.before, lost.after), ("node01", "node02"))
        self.assertEqual((given.before, given.after), ("node02", "node01"))
        self.assertOwner("node01")

    def test_apache2(self) -> None:
        """A web server, by its init script."""
        self.go_round(APACHE)

    def test_nginx(self) -> None:
        """Another one."""
        self.go_round(NGINX)

    def test_filesystem(self) -> None:
        """A file system on a disk of both hosts, and a web server whose page is on it alone."""
        self.go_round(FILESYSTEM)

    def _tell(self, trial: Trial) -> None:
        """Show both logs of a test that failed."""
        if not self._passed:
            print(trial.logs())
