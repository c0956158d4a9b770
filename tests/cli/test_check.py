# -*- test-case-name: tests.cli.test_check -*-
"""
C{hatwistctl check}.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.check import CheckOptions, check
from hatwist.config.metadata import Answer
from tests.resources.fakes import write_program

GOOD = {
    "ha.cf": "logfile /dev/null\nauto_failback on\nucast lo 192.0.2.1\nnode alpha beta\n",
    "authkeys": "auth 1\n1 sha1 secret\n",
    "haresources": "alpha 10.0.0.5\n",
}


class NoProbes:
    """A host of which nothing can be seen."""

    def read(self, path: str) -> str | None:
        return None

    def run(self, *command: str) -> str | None:
        return None

    def ask(self, command: Sequence[str], environment: Mapping[str, str], timeout: float) -> Answer:
        return Answer(9, stderr=f"{command[1]} with {environment['OCF_RESKEY_password']}")

    def names_in(self, directory: str) -> tuple[str, ...]:
        return ()

    def clock_state(self) -> int | None:
        return None


class CheckTests(SynchronousTestCase):
    """Everything that is wrong is said, and nothing is started."""

    def setUp(self) -> None:
        self.directory = self.mktemp()
        os.mkdir(self.directory)
        for name, text in GOOD.items():
            Path(self.directory, name).write_text(text)
        Path(self.directory, "authkeys").chmod(0o600)

    def check(self, *arguments: str) -> tuple[int, str]:
        """Run the command; return its status and what it prints."""
        options = CheckOptions()
        options.parseOptions(["-c", self.directory, *arguments])
        out, err = io.StringIO(), io.StringIO()
        status = check(options, out, err, NoProbes())
        self.assertEqual(err.getvalue(), "")
        return status, out.getvalue().replace(f"{self.directory}/", "")

    def test_usable(self) -> None:
        """Without an error the status is 0; warnings are shown; the last line sums up."""
        status, text = self.check("--node", "Alpha")
        self.assertEqual(status, 0)
        self.assertIn("guardian: 29.65 s after the last status", text.splitlines()[-1])
        self.assertEqual(
            text.splitlines()[:-1],
            [
                "ha.cf:3:7: warning: a single medium: when lo fails, both nodes take everything "
                "(add one on another interface)",
                f"{self.directory} can be used by node alpha: 0 errors, 1 warning, 0 notes",
            ],
        )

    def test_not_usable(self) -> None:
        """With an error the status is 6, as heartbeat ends when it is not configured."""
        Path(self.directory, "ha.cf").write_text(GOOD["ha.cf"] + "zzz\nbcast nosuchif\n")
        status, text = self.check("--node", "gamma")
        self.assertEqual(status, 6)
        self.assertIn("ha.cf:5:1: error: Illegal directive [zzz]", text)
        self.assertIn("IP interface [nosuchif] does not exist", text)
        self.assertIn("cannot be used by node gamma: 3 errors, 0 warnings, 0 notes", text)

    def test_name_of_this_node(self) -> None:
        """Without an option the node is the one that nodeinfo names."""
        Path(self.directory, "nodeinfo").write_text("beta\n")
        self.assertIn("can be used by node beta", self.check()[1])

    def test_json(self) -> None:
        """One object, with every finding in its parts."""
        Path(self.directory, "authkeys").chmod(0o644)
        status, text = self.check("--node", "alpha", "--json")
        self.assertEqual((status, text.count("\n")), (6, 1))
        document = json.loads(text)
        counts = [document[name] for name in ("usable", "errors", "warnings", "notes", "node")]
        self.assertEqual(counts, [False, 1, 1, 0, "alpha"])
        self.assertEqual(
            document["findings"][1],
            {
                "gravity": "error",
                "file": "authkeys",
                "line": None,
                "column": None,
                "code": "keyfile-mode",
                "text": "Bad permissions on keyfile [authkeys], 600 recommended.",
                "remedy": "it has 644; chmod 600 authkeys",
            },
        )
        self.assertEqual((document["findings"][0]["line"], document["findings"][0]["column"]), (3, 7))

    def test_live(self) -> None:
        """With --live the host is looked at as well."""
        text = self.check("--node", "alpha", "--live")[1]
        self.assertIn("/etc/hosts: warning: node alpha is not in /etc/hosts", text)
        self.assertIn("this host: note: nothing tells whether this host's clock is right", text)
        self.assertIn("2 notes" if os.uname().nodename == "alpha" else "3 notes", text)

    def test_live_agents(self) -> None:
        """With --live the OCF agents of the resources are asked, as the daemon would call them."""
        path = write_program(Path(self.directory, "ocf", "resource.d", "heartbeat"), "mysql", "exit 9")
        parameters = Path(self.directory, "conf", "OCF", "mysql", "db")
        parameters.parent.mkdir(parents=True)
        parameters.write_text("password=hunter2\n")
        Path(self.directory, "haresources").write_text("alpha 10.0.0.5 OCF::mysql::db\n")
        text = self.check("--node", "alpha", "--live", "--ocf-root", f"{self.directory}/ocf")[1]
        said = f"{path} meta-data ends with 9: meta-data with ***".replace(f"{self.directory}/", "")
        self.assertIn(f"haresources:1:16: warning: {said}", text)

    def test_poor_terminal(self) -> None:
        """What the terminal's encoding does not have is escaped."""
        Path(self.directory, "ha.cf").write_text("\u6ce8\u610f\n", encoding="utf-8")
        options = CheckOptions()
        options.parseOptions(["-c", self.directory, "--node", "alpha"])
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, encoding="ascii")
        check(options, out, io.StringIO(), NoProbes())
        out.flush()
        self.assertIn(b"Illegal directive [\\u6ce8\\u610f]", raw.getvalue())

    def test_wrong_command_line(self) -> None:
        """An unknown option, or a word too many, is a usage error."""
        self.assertRaises(usage.UsageError, CheckOptions().parseOptions, ["--nonsense"])
        problem = self.assertRaises(usage.UsageError, CheckOptions().parseOptions, ["/etc/ha.d"])
        self.assertEqual(str(problem), "'/etc/ha.d' is not an option; a directory is given as -c /etc/ha.d")

    def test_scripts_of_the_host(self) -> None:
        """Scripts are looked for in resource.d of the directory, then where --init-d says."""
        Path(self.directory, "haresources").write_text("alpha web\n")
        scripts = Path(self.mktemp())
        scripts.mkdir()
        (scripts / "web").write_text("#!/bin/sh\n")
        (scripts / "web").chmod(0o755)
        self.assertEqual(self.check("--node", "alpha", "--init-d", str(scripts))[0], 0)
        status, text = self.check("--node", "alpha")
        self.assertEqual(status, 6)
        self.assertIn("Cannot locate resource script web (looked in resource.d and /etc/init.d)", text)
