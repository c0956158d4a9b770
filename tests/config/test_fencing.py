# -*- test-case-name: tests.config.test_fencing -*-
"""
What the files say of fencing devices.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.fencing import check_fencing, device_of, devices_of, proves_nothing
from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.model import (
    Fencing,
    FencingAction,
    FencingDevice,
    Gravity,
    NodeName,
    Position,
    Stonith,
    node_name,
)
from hatwist.config.toml import parse_toml

ALPHA = NodeName("alpha")
BETA = NodeName("beta")

WHOLE = """
[fencing]
timeout = 120
test_fencing = true
fence_delay = 0
check_every = 600

[fencing.device.pdu-a]
type = "baytech"
file = "/etc/ha.d/conf/stonith.baytech"
hosts = ["Alpha", "beta=3"]
level = 2
timeout = 30.5
retries = 0
action = "off"
"""


class Case(SynchronousTestCase):
    """Collects what is found."""

    def setUp(self) -> None:
        self.findings = Findings()

    def read(self, text: str) -> Fencing:
        """Read hatwist.toml."""
        return parse_toml(text, "f.toml", self.findings).fencing

    def found(self) -> list[str]:
        """Return place and text of everything but notes."""
        return [
            f"{one.where}: {one.gravity.value}: {one.text}"
            for one in self.findings.problems
            if one.gravity is not Gravity.NOTE and one.code != "not-active"
        ]


class ReadTests(Case):
    """The tables of hatwist.toml."""

    def test_everything(self) -> None:
        """Every key; names of nodes are in lower case."""
        expected = FencingDevice(
            "pdu-a",
            "baytech",
            Position("f.toml", 8, 2),
            ((ALPHA, "Alpha"), (BETA, "3")),
            "/etc/ha.d/conf/stonith.baytech",
            level=2,
            timeout=30.5,
            retries=0,
            action=FencingAction.OFF,
        )
        self.assertEqual(self.read(WHOLE), Fencing((expected,), 120.0, True, 0.0, 600.0))
        self.assertEqual(self.found(), [])

    def test_defaults(self) -> None:
        """A device needs a type only; a person has all the time there is; no device is slower than all."""
        read = self.read(
            '[fencing]\ntimeout = 40\n[fencing.device."the pdu"]\ntype = "x"\n'
            '[fencing.device.us]\ntype = "meatware"\n'
        )
        self.assertEqual([(one.name, one.timeout) for one in read.devices], [("the pdu", 40.0), ("us", 40.0)])
        self.assertEqual(
            read.devices[0], FencingDevice("the pdu", "x", Position("f.toml", 3, 2), timeout=40.0)
        )
        self.assertIsNone(read.fence_delay)
        self.assertEqual(self.read(""), Fencing())

    def test_nonsense(self) -> None:
        """Each value that makes no sense is an error at its place."""
        self.read(
            "[fencing]\ntimeout = 0\ncheck_every = 1\nfence_delay = -1\n[fencing.device.a]\n"
            'type = "x"\nfile = "here"\nhosts = ["-x", "a=", "a b", "=3", "b=3"]\nlevel = 10\n'
            'timeout = nan\nretries = -1\naction = "shoot"\n'
        )
        self.assertEqual(
            self.found(),
            [
                "f.toml:2:1: error: timeout is out of range",
                "f.toml:8:1: error: odd host -x",
                "f.toml:8:1: error: odd host a=",
                "f.toml:8:1: error: odd host a b",
                "f.toml:8:1: error: odd host =3",
                "f.toml:7:1: error: file: here is not a full path",
                "f.toml:9:1: error: level is out of range",
                "f.toml:10:1: error: timeout is out of range",
                "f.toml:11:1: error: retries is out of range",
                "f.toml:12:1: error: unknown action shoot",
                "f.toml:4:1: error: fence_delay is out of range",
                "f.toml:3:1: error: check_every is out of range",
            ],
        )

    def test_no_type(self) -> None:
        """A device without a type, or with one that could be an option of a program, is none."""
        read = self.read('[fencing.device.a]\nlevel = 1\n[fencing.device.b]\ntype = "-L"\n')
        self.assertEqual(read.devices, ())
        self.assertEqual(
            self.found(), ["f.toml:1:2: error: device a: no type", "f.toml:4:1: error: device b: odd type -L"]
        )

    def test_wrong_shape(self) -> None:
        """Other tables, other keys and other types are errors."""
        self.read(
            '[fencing]\nlevel = 1\n[fencing.devise.x]\ntype = "x"\n[fencing.device]\na = 1\n'
            '[fencing.device.b]\ntype = "x"\nhosts = "beta"\nretires = 1\n[fencing.device.b.c]\nx = 1\n'
            "[fencing.device.d]\nhosts = [1]\ntimeout = true\n"
        )
        self.assertEqual(
            self.found(),
            [
                "f.toml:2:1: error: unknown key level",
                "f.toml:3:2: error: unknown table [fencing.devise]",
                "f.toml:6:1: error: unknown key a",
                "f.toml:9:1: error: hosts has a value of the wrong type",
                "f.toml:10:1: error: unknown key retires",
                "f.toml:11:2: error: unknown table [fencing.device.b.c]",
                "f.toml:14:1: error: hosts has a value of the wrong type",
                "f.toml:15:1: error: timeout has a value of the wrong type",
            ],
        )


class DevicesTests(Case):
    """Which devices count."""

    def test_of_ha_cf(self) -> None:
        """The line of ha.cf is a device for every node; no password shows."""
        one = Stonith("null", Position("ha.cf", 3, 9), parameters="a secret")
        device = FencingDevice("null", "null", Position("ha.cf", 3, 9), parameters="a secret")
        self.assertEqual(device_of(one, 300.0), device)
        self.assertNotIn("secret", repr((one, device)))

    def test_a_person_in_ha_cf(self) -> None:
        """meatware has all the time of a fencing there, too."""
        one = Stonith("meatware", Position("ha.cf", 3, 9), parameters="alpha beta")
        self.assertEqual(device_of(one, 300.0).timeout, 300.0)

    def test_which(self) -> None:
        """Devices of hatwist.toml take the place of ha.cf's."""
        cf = read_hacf("stonith_host * null alpha\n", "f", self.findings, ALPHA).cf
        bare = read_hacf("", "f", self.findings, ALPHA).cf
        theirs = self.read(WHOLE)
        self.assertEqual([one.type for one in devices_of(cf, theirs)], ["baytech"])
        self.assertEqual([one.type for one in devices_of(cf, Fencing())], ["null"])
        self.assertEqual(devices_of(bare, Fencing()), ())

    def test_what_proves_nothing(self) -> None:
        """Devices for tests are known by type."""
        kinds = ("null", "external/ssh", "fence_dummy", "/x/fence_dummy", "external/ipmi", "meatware")
        self.assertEqual([proves_nothing(kind) for kind in kinds], [True] * 4 + [False] * 2)


class CheckTests(Case):
    """L{check_fencing}."""

    def check(self, toml: str, hacf: str = "", mode: int | None = 0o600) -> list[str]:
        """Return what is said of devices whose files have these permissions."""
        fencing = parse_toml(toml, "f.toml", Findings()).fencing
        cf = read_hacf(hacf, "ha.cf", Findings(), node_name("alpha")).cf
        check_fencing(fencing, cf, lambda _path: mode, self.findings)
        return [f"{one.gravity.value} {one.where}: {one.text}" for one in self.findings.problems]

    def test_good(self) -> None:
        """Nothing is said of what is good."""
        self.assertEqual(self.check(WHOLE, "node alpha beta\n"), [])
        self.assertEqual(self.check("", "node alpha\nstonith x /etc/x\nstonith_host b null\n"), [])

    def test_unknown_node(self) -> None:
        """A host that is no node is a slip."""
        toml = '[fencing.device.a]\ntype = "x"\nhosts = ["betta", "alpha"]\n'
        text = "error f.toml:1:2: device a: betta is not a node"
        self.assertEqual(self.check(toml, "node alpha beta\n"), [text])
        self.assertEqual(self.findings.problems[0].remedy, "did you mean beta?")
        self.findings = Findings()
        self.check(toml, "node alpha zeta\n")
        self.assertEqual(self.findings.problems[0].remedy, "the nodes are alpha and zeta")
        self.findings = Findings()
        self.check(toml)
        self.assertEqual(self.findings.problems[0].remedy, "")

    def test_files(self) -> None:
        """The file must be there, and nobody else's to read or write."""
        toml = '[fencing.device.a]\ntype = "x"\nfile = "/etc/x"\n'
        self.assertEqual(self.check(toml, mode=None), ["error f.toml:1:2: device a: there is no file /etc/x"])
        self.findings = Findings()
        text = "warning f.toml:1:2: others than its owner can read or write /etc/x"
        self.assertEqual(self.check(toml, mode=0o640), [text])
        self.findings = Findings()
        self.assertEqual(self.check("", "stonith x /etc/x\n", mode=None), [])

    def test_for_tests_only(self) -> None:
        """A device that proves nothing is a warning, unless that is wanted."""
        text = "warning ha.cf:1:16: null proves nothing, and does not count as fencing"
        self.assertEqual(self.check("", "stonith_host * null a\n"), [text])
        self.findings = Findings()
        self.assertEqual(self.check("[fencing]\ntest_fencing = true\n", "stonith_host * null a\n"), [])

    def test_both(self) -> None:
        """A line of ha.cf that does not count any more is noted."""
        text = "note ha.cf:1:16: stonith: the devices of hatwist.toml take its place"
        self.assertEqual(self.check('[fencing.device.a]\ntype = "x"\n', "stonith_host * null a\n"), [text])
