# -*- test-case-name: tests.config.test_samples -*-
"""
Whole directories: the originals' samples, ours, and a table of broken ones.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.haresources import parse_haresources
from hatwist.config.load import Examination, examine, load
from hatwist.config.model import Gravity
from tests.config import golden

SEED = golden.SAMPLES / "seed"
CONF = Path(__file__).parents[2] / "conf"


class BrokenTests(SynchronousTestCase):
    """Every broken directory gives exactly the problems that were recorded."""

    def test_golden_table(self) -> None:
        """All problems of each case are found, each with its place and its remedy."""
        for path in golden.broken_cases():
            case = golden.read_case(path.read_bytes())
            with self.subTest(path.stem):
                self.assertEqual(golden.found_in(case).splitlines(), case.found.splitlines())

    def test_good_files_have_no_problem(self) -> None:
        """The files that the cases leave alone are without any finding."""
        self.assertEqual(golden.found_in(golden.Case()), "")


class SeedTests(SynchronousTestCase):
    """A widely copied set of files, with the mistakes it has."""

    def examine(self, authkeys: str = "authkeys", node: str = "node01") -> Examination:
        """Lay the files out on a host that has their interfaces and scripts."""
        directory = self.mktemp()
        golden.lay_out(golden.Case(files={}), directory)
        for name, source in (("ha.cf", "ha.cf"), ("haresources", "haresources"), ("authkeys", authkeys)):
            shutil.copy(SEED / source, f"{directory}/{name}")
        Path(directory, "authkeys").chmod(0o600)
        return golden.examine_case(directory, node)

    def found(self, examination: Examination) -> list[tuple[str, str, int, int]]:
        """Return code, file, line and column of each finding."""
        return [
            (one.code, Path(one.where.file).name, one.where.line, one.where.column)
            for one in examination.problems
        ]

    def test_one_finding_for_each_mistake(self) -> None:
        """Each mistake is found once; besides, the single medium is named."""
        self.assertEqual(
            self.found(self.examine()),
            [
                ("bad-value", "ha.cf", 3, 5),
                ("single-medium", "ha.cf", 13, 7),
                ("not-a-node", "ha.cf", 19, 6),
                ("ping-outside", "ha.cf", 22, 12),
                ("unknown-directive", "ha.cf", 33, 1),
                ("constant-key", "authkeys", 2, 8),
            ],
        )

    def test_each_finding_has_its_remedy(self) -> None:
        """The remedies say what to write, near names included."""
        remedies = {one.code: f"{one.text}; {one.remedy}" for one in self.examine().problems}
        self.assertEqual(remedies["bad-value"], "crm: invalid value [|no]; write no, without |")
        self.assertIn(
            "Current node [node01] not in configuration!; did you mean node1", remedies["not-a-node"]
        )
        self.assertIn(
            "192.168.12.251 and 192.168.12.239 are in no network known here (172.16.0.0/24)",
            remedies["ping-outside"],
        )
        self.assertIn("Illegal directive [\u6ce8\u610f\uff0cv2]", remedies["unknown-directive"])
        self.assertIn("put # in front of it", remedies["unknown-directive"])
        self.assertIn("the constant MD5(stdin)=", remedies["constant-key"])
        self.assertIn("openssl rand -hex 32", remedies["constant-key"])

    def test_older_openssl(self) -> None:
        """The label of an older openssl is found as well."""
        found = self.found(self.examine("authkeys.openssl1"))
        self.assertEqual(found[-1], ("constant-key", "authkeys", 2, 8))

    def test_key_script_under_dash(self) -> None:
        """Where echo knows no -ne, every line of what it wrote is explained."""
        problems = [one for one in self.examine("authkeys.dash").problems if "authkeys" in one.where.file]
        self.assertEqual([one.where.line for one in problems], [1, 2, 3])
        self.assertIn("knows no -ne", problems[0].remedy)
        self.assertIn("label", problems[2].remedy)

    def test_written_keys_are_good(self) -> None:
        """The key files written by hand are good; crc is called what it is."""
        self.assertEqual(self.found(self.examine("authkeys.written"))[-1][0], "unknown-directive")
        self.assertEqual(self.found(self.examine("authkeys.prose"))[-1][0], "no-authentication")

    def test_on_a_node_that_is_listed(self) -> None:
        """On node1 the file names a home node that is not listed."""
        codes = [code for code, *_ in self.found(self.examine(node="node1"))]
        self.assertNotIn("not-a-node", codes)
        self.assertIn("unknown-node", codes)

    def test_resource_lines(self) -> None:
        """The lines shown as examples parse to their scripts and arguments; one key is used twice."""
        findings = Findings()
        text = (SEED / "haresources.examples").read_text()
        groups = parse_haresources(text, "haresources", findings)
        scripts = [[one.script for one in group.resources] for group in groups]
        self.assertEqual(
            scripts,
            [
                ["IPaddr", "Filesystem", "httpd", "tomcat"],
                ["IPaddr", "httpd"],
                ["IPaddr", "Filesystem", "httpd"],
                ["IPaddr", "drbddisk", "Filesystem"],
            ],
        )
        self.assertEqual(groups[0].resources[0].arguments, ("192.168.60.200/24/eth0/",))
        self.assertEqual(groups[2].resources[1].arguments, ("192.168.18.95:/web", "/var/www/html", "nfs"))
        self.assertEqual(groups[1].node, "node1.test.com")
        self.assertEqual(
            [(one.code, one.where.line) for one in findings.problems],
            [("duplicate-group", 3), ("duplicate-resource", 2)],
        )


class ShippedTests(SynchronousTestCase):
    """The annotated samples that are shipped."""

    def test_samples_are_good(self) -> None:
        """The samples, with a key switched on, can be used by both of their nodes."""
        directory = self.mktemp()
        golden.lay_out(golden.Case(files={}), directory)
        for name in ("ha.cf", "haresources", "hatwist.toml"):
            shutil.copy(CONF / name, directory)
        keys = Path(directory, "authkeys")
        keys.write_text((CONF / "authkeys").read_text().replace("#auth 1", "auth 1").replace("#1 ", "1 "))
        keys.chmod(0o600)
        for node in ("node01", "node02"):
            loaded = load(
                directory,
                node=node,
                interfaces=frozenset({"eth0", "eth1"}),
                script_dirs=(f"{directory}/resource.d",),
                etc=str(golden.ETC),
            )
            self.assertEqual([one for one in loaded.problems if one.gravity is not Gravity.NOTE], [])

    def test_commented_examples_are_good(self) -> None:
        """Every commented directive of the sample is one, rightly written."""
        directory = self.mktemp()
        golden.lay_out(golden.Case(), directory)
        text = (CONF / "ha.cf").read_text()
        examples = [
            line[1:] for line in text.splitlines(keepends=True) if line[:1] == "#" and line[1:2].isalpha()
        ]
        self.assertGreater(len(examples), 20)
        Path(directory, "ha.cf").write_text("".join(examples))
        found = examine(directory, node="node01", etc=str(golden.ETC))
        syntax = {"bad-value", "bad-medium", "unknown-directive", "many-values", "not-supported", "no-value"}
        self.assertEqual([str(one) for one in found.problems if one.code in syntax], [])
