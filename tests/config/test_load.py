# -*- test-case-name: tests.config.test_load -*-
"""
Reading a directory.
"""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.load import ThisHost, examine, load, load_keys, node_name
from hatwist.config.model import HaConfig, NodeName
from hatwist.errors import ConfigError
from tests.config import golden


class LoadTests(SynchronousTestCase):
    """A directory becomes a configuration, or every reason why not."""

    def setUp(self) -> None:
        self.directory = self.mktemp()
        golden.lay_out(golden.Case(), self.directory)

    def codes(self) -> list[str]:
        """Return the codes of what is found."""
        return [one.code for one in golden.examine_case(self.directory).problems]

    def write(self, name: str, text: str) -> Path:
        """Write a file of the directory."""
        path = Path(self.directory, name)
        path.write_text(text)
        return path

    def test_good(self) -> None:
        """A good directory loads without any problem; what was read of it is all there."""
        found = load(
            self.directory, node="ALPHA", interfaces=frozenset({"eth0", "eth1"}), etc=str(golden.ETC)
        )
        self.assertIsInstance(found.config, HaConfig)
        self.assertEqual(found.problems, ())
        self.assertEqual(found.config.cf.nodes, ("alpha", "beta"))
        self.assertEqual(found.config.keys.active, 1)
        self.assertEqual([group.key for group in found.config.groups], ["IPaddr::10.0.0.5/24/eth0"])
        self.assertIs(found.config.settings.native, False)

    def test_bad(self) -> None:
        """Every problem is raised, warnings with the errors."""
        self.write("ha.cf", "zzz\nkeepalive 2 3\n")
        error = self.assertRaises(ConfigError, load, self.directory, node="alpha", etc=str(golden.ETC))
        codes = [getattr(one, "code", "") for one in error.problems]
        self.assertEqual(codes[:2], ["unknown-directive", "many-values"])
        self.assertIn("no-media", codes)

    def test_warnings_do_not_stop(self) -> None:
        """A configuration with warnings loads and brings them along."""
        self.write("ha.cf", "logfile /var/log/x\nbcast eth0 eth1\nnode alpha beta\n")
        found = load(self.directory, node="alpha", etc=str(golden.ETC))
        self.assertEqual([one.code for one in found.problems], ["legacy-failback"])

    def test_default_places(self) -> None:
        """Scripts are looked for in resource.d of the directory; the host's own tables are read."""
        self.write("haresources", "alpha nosuchscript\n")
        (problem,) = examine(self.directory, node="alpha").problems
        self.assertIn(f"{self.directory}/resource.d and /etc/init.d", problem.remedy)

    def test_missing(self) -> None:
        """A missing file is an error that says where samples are; hatwist.toml may be missing."""
        for name, code in (
            ("ha.cf", "no-hacf"),
            ("authkeys", "no-authkeys"),
            ("haresources", "no-haresources"),
        ):
            directory = self.mktemp()
            golden.lay_out(golden.Case(), directory)
            os.remove(f"{directory}/{name}")
            (problem,) = golden.examine_case(directory).problems
            self.assertEqual(problem.code, code)
            self.assertIn(f"An annotated sample is conf/{name} in the source", problem.remedy)

    def test_no_directory(self) -> None:
        """Without the directory all three are missing."""
        error = self.assertRaises(ConfigError, load, "/nosuchdirectory", node="alpha")
        self.assertEqual(len(error.problems), 3)

    def test_not_a_file(self) -> None:
        """A directory, or a pipe that would never end, is not read."""
        os.remove(f"{self.directory}/ha.cf")
        os.mkfifo(f"{self.directory}/ha.cf")
        os.mkdir(f"{self.directory}/hatwist.toml")
        self.assertEqual(self.codes(), ["no-hacf", "no-toml"])

    def test_unreadable(self) -> None:
        """What the system will not open is an error with its words."""
        os.remove(f"{self.directory}/ha.cf")
        os.symlink("ha.cf", f"{self.directory}/ha.cf")
        (problem,) = golden.examine_case(self.directory).problems
        self.assertIn("symbolic links", problem.remedy)

    def test_modes_of_authkeys(self) -> None:
        """The keys must not be readable by others; that they are writable is a warning."""
        path = Path(self.directory, "authkeys")
        for mode, expected in (
            (0o600, []),
            (0o400, []),
            (0o700, []),
            (0o711, []),
            (0o640, ["error"]),
            (0o604, ["error"]),
            (0o622, ["warning"]),
        ):
            path.chmod(mode)
            gravities = [one.gravity.value for one in golden.examine_case(self.directory).problems]
            self.assertEqual(gravities, expected, oct(mode))

    def test_keys_alone(self) -> None:
        """authkeys can be read anew by itself; whatever is wrong elsewhere does not matter."""
        os.remove(f"{self.directory}/ha.cf")
        keys, problems = load_keys(self.directory)
        self.assertEqual((keys.active, problems), (1, ()))
        path = self.write("authkeys", "auth 1\n1 crc\n")
        self.assertEqual([one.code for one in load_keys(self.directory)[1]], ["no-authentication"])
        path.chmod(0o644)
        self.assertRaises(ConfigError, load_keys, self.directory)
        self.write("authkeys", "auth 2\n1 sha1 key\n").chmod(0o600)
        self.assertRaises(ConfigError, load_keys, self.directory)

    def test_settings(self) -> None:
        """hatwist.toml is read if it is there."""
        self.write("hatwist.toml", "native = true\n")
        found = golden.examine_case(self.directory)
        self.assertIs(found.settings.native, True)
        self.assertEqual(found.problems, ())

    def test_port_of_the_host(self) -> None:
        """The default port is the one that the host gives to ha-cluster."""
        etc = self.mktemp()
        os.mkdir(etc)
        Path(etc, "services").write_text("ha-cluster 700/udp\n")
        found = examine(self.directory, node="alpha", etc=etc)
        self.assertEqual(found.reading.cf.udpport, 700)

    def test_nothing_is_changed(self) -> None:
        """Reading leaves the directory as it was."""
        before = sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(self.directory))
        golden.examine_case(self.directory)
        after = sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(self.directory))
        self.assertEqual(after, before)

    def test_name_of_this_node(self) -> None:
        """The first line of nodeinfo wins over the name of the host, if it says anything."""
        self.assertEqual(node_name(self.directory, "Host.Test"), "host.test")
        self.write("nodeinfo", " Other \nmore\n")
        self.assertEqual(node_name(self.directory, "host"), "other")
        self.write("nodeinfo", "\nmore\n")
        self.assertEqual(node_name(self.directory, "host"), "host")

    def test_another_node_is_another_view(self) -> None:
        """The local node is part of what is asked."""
        self.assertEqual(golden.examine_case(self.directory, "Beta").seen.node, NodeName("beta"))


class ThisHostTests(SynchronousTestCase):
    """The host that we run on."""

    def test_files(self) -> None:
        """Files, programs, devices and directories are told apart."""
        host = ThisHost()
        self.assertTrue(host.is_program("/bin/sh"))
        self.assertFalse(host.is_program("/etc/passwd"))
        self.assertTrue(host.is_file("/etc/passwd"))
        self.assertFalse(host.is_file("/etc"))
        self.assertTrue(host.is_directory("/etc"))
        self.assertTrue(host.is_there("/etc"))
        self.assertFalse(host.is_there("/nosuchthing"))
        self.assertTrue(host.is_device("/dev/null"))
        self.assertFalse(host.is_device("/etc/passwd"))
        self.assertFalse(host.is_device("/nosuchthing"))

    def test_odd_names(self) -> None:
        """A name that no file can have is no file."""
        host = ThisHost()
        for name in ("/x\udcff", "/" + "x" * 5000, ""):
            self.assertFalse(host.is_program(name))

    def test_names(self) -> None:
        """Users, groups and the names in a directory are looked up."""
        host = ThisHost()
        self.assertTrue(host.has_user("root"))
        self.assertFalse(host.has_user("nosuchuser"))
        self.assertTrue(host.has_group("root"))
        self.assertFalse(host.has_group("nosuchgroup"))
        self.assertIn("passwd", host.names_in("/etc"))
        self.assertEqual(host.names_in("/nosuchdirectory"), ())

    def test_read(self) -> None:
        """A file is read; one that cannot be read is none."""
        path = Path(self.mktemp())
        path.write_bytes(b"a=\xff\n")
        self.assertEqual(ThisHost().read(str(path)), "a=\udcff\n")
        self.assertIsNone(ThisHost().read("/etc"))
