# -*- test-case-name: tests.config.test_live -*-
"""
What can be seen on the host.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from attrs import Factory, frozen
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.live import Interfaces, Subject, check_live, parse_addresses
from hatwist.config.metadata import Agent, Answer
from hatwist.config.model import node_name
from hatwist.config.ping import check_pings, written_neighbourhood

ADDRESSES = json.dumps(
    [
        {"ifname": name, "addr_info": [{"local": one, "prefixlen": bits} for one in addresses]}
        for name, bits, addresses in (
            ("lo", 8, ["127.0.0.1"]),
            ("eth0", 24, ["10.0.0.1", "fe80::1"]),
            ("eth1", 24, ["10.0.1.1", "10.0.1.7"]),
        )
    ]
)
GOOD_HOSTS = "127.0.0.1 localhost\n10.0.0.1 alpha\n10.0.0.2 beta\n"


@frozen
class FakeProbes:
    """A host that says what it was told to say, and is in good order otherwise."""

    files: dict[str, str] = Factory(dict)
    programs: dict[str, str | None] = Factory(dict)
    links: dict[str, tuple[str, ...]] = Factory(dict)
    clock: int | None = 0

    def read(self, path: str) -> str | None:
        return {"/etc/hosts": GOOD_HOSTS, **self.files}.get(path)

    def run(self, *command: str) -> str | None:
        said: dict[str, str | None] = {
            "ip": ADDRESSES,
            "iptables": "-P INPUT ACCEPT\n",
            "nft": "",
            "timedatectl": "yes\n",
            **self.programs,
        }
        return said.get(" ".join(command), said.get(command[0]))

    def ask(self, command: Sequence[str], environment: Mapping[str, str], timeout: float) -> Answer:
        return Answer(None, refused="No such file or directory")

    def names_in(self, directory: str) -> tuple[str, ...]:
        return self.links.get(directory, ())

    def clock_state(self) -> int | None:
        return self.clock


class LiveTests(SynchronousTestCase):
    """What does not fit the configuration is found."""

    def check(
        self,
        probes: FakeProbes,
        text: str = "",
        hostname: str = "alpha",
        resources: str = "alpha 10.0.0.5/24 httpd\n",
    ) -> list[str]:
        """Return what is found on a host, but for the good news about its clock."""
        self.findings = Findings()
        text = "bcast eth0\nmcast eth1 225.0.0.1 700 1 0\nnode alpha beta\n" + text
        cf = read_hacf(text, "ha.cf", Findings(), node_name("alpha")).cf
        groups = parse_haresources(resources, "haresources", Findings())
        check_pings(cf, written_neighbourhood(cf, groups, {}), {}, self.findings)
        check_live(Subject(cf, groups, node_name("alpha"), hostname), probes, self.findings)
        found = [f"{one.gravity.value} {one.where}: {one.text}" for one in self.findings.problems]
        return [one for one in found if one != "note this host: the clock of this host is synchronised"]

    def test_interfaces_that_cannot_carry(self) -> None:
        """A medium whose interface cannot carry it is an error, at its line."""
        shown = json.dumps([{"ifname": "eth0", "flags": ["NOARP"], "addr_info": []}])
        self.check(FakeProbes(programs={"ip": shown}))
        found = [str(one.where) for one in self.findings.problems if one.code == "unfit-interface"]
        self.assertEqual(found, ["ha.cf:1:7"])

    def test_good_host(self) -> None:
        """A host in good order has no finding."""
        self.assertEqual(self.check(FakeProbes()), [])

    def test_own_service_address(self) -> None:
        """A service address that the host has is worth a warning, beside another of its network or not."""
        own = {"local": "10.0.0.1", "prefixlen": 16}
        for secondary in (False, True):
            added = {"local": "10.0.1.7", "prefixlen": 24, "secondary": secondary}
            addresses = json.dumps([{"ifname": "eth0", "addr_info": [own, added]}])
            self.assertEqual(
                self.check(FakeProbes(programs={"ip": addresses}), resources="alpha 10.0.1.7/24\n"),
                [
                    "warning haresources:1:7: [10.0.1.7/24] is on eth0 of this host, "
                    "and /run/heartbeat.pid names no daemon that could have put it there"
                ],
            )

    def test_own_service_address_of_a_running_daemon(self) -> None:
        """While a daemon runs the address may be there because of its group: that is a note."""
        for pid, there, gravity in (
            ("      4711\n", ("comm",), "note"),
            ("      4711\n", (), "warning"),
            ("../tmp\n", ("comm",), "warning"),
        ):
            probes = FakeProbes(files={"/run/heartbeat.pid": pid}, links={f"/proc/{pid.strip()}": there})
            (said,) = self.check(probes, resources="alpha 10.0.1.7/24\n")
            self.assertTrue(said.startswith(f"{gravity} haresources:1:7: [10.0.1.7/24] is on eth1"), said)

    def test_ucast_to_this_host(self) -> None:
        """A ucast line with no address but our own reaches nobody."""
        (said,) = self.check(FakeProbes(), "ucast eth0 10.0.0.1\n")
        self.assertIn("no ucast line names a peer, but only this host: 10.0.0.1", said)

    def test_hostname(self) -> None:
        """A host that is called otherwise than its node is noted."""
        self.assertEqual(
            self.check(FakeProbes(), hostname="Other"),
            ["note this host: this host is called Other, and is node alpha here"],
        )

    def test_names_and_addresses(self) -> None:
        """Nodes are in /etc/hosts, with the addresses of their own hosts."""
        for hosts, expected in (
            ("", ["node alpha is not in /etc/hosts", "node beta is not in /etc/hosts"]),
            ("127.0.1.1 alpha\n10.0.0.2 beta\n", ["node alpha is 127.0.1.1 in /etc/hosts"]),
            (
                "10.0.0.9 alpha\n10.0.0.2 beta\n",
                ["node alpha is 10.0.0.9 in /etc/hosts, and no interface has it"],
            ),
            (
                "10.0.0.1 alpha\n10.0.1.1 beta\n",
                ["node beta is 10.0.1.1 in /etc/hosts, which is this host"],
            ),
        ):
            found = self.check(FakeProbes(files={"/etc/hosts": hosts}))
            self.assertEqual(found, [f"warning /etc/hosts: {text}" for text in expected])

    def test_unknown_addresses(self) -> None:
        """Where the addresses of the host are not known, nothing is said of them."""
        probes = FakeProbes({"/etc/hosts": "10.0.0.9 alpha\n10.0.0.2 beta\n"}, {"ip": None})
        self.assertEqual(
            self.check(probes, "ping 192.168.1.1"),
            ["warning ha.cf:4:6: ping 192.168.1.1: 192.168.1.1 is in no network known here (10.0.0.0/24)"],
        )

    def test_clock(self) -> None:
        """A clock that nothing keeps is a warning; what is not known is said."""
        wrong = "warning this host: the clock of this host is not synchronised"
        unknown = "note this host: nothing tells whether this host's clock is right"
        for said, state, expected in (
            ("yes\n", 5, []),
            ("no\n", 0, [wrong]),
            (None, 5, [wrong]),
            (None, 0, []),
            (None, None, [unknown]),
            ("what?\n", None, [unknown]),
        ):
            probes = FakeProbes(programs={"timedatectl": said}, clock=state)
            self.assertEqual(self.check(probes), expected)
        self.check(FakeProbes())
        self.assertIn("known once they are heard", self.findings.problems[0].remedy)

    def test_firewall(self) -> None:
        """A rule that drops the port of a medium on its interface is a warning, with the rule."""
        rule = "-A INPUT -i eth1 -p udp -m udp --dport 700 -j DROP"
        found = self.check(FakeProbes(programs={"iptables": rule}))
        self.assertEqual(found, [f"warning ha.cf:2:7: the firewall drops UDP port 700 on eth1: {rule}"])
        nft = "table ip x {\n chain in {\n  type filter hook input priority 0; policy drop;\n }\n}\n"
        found = self.check(FakeProbes(programs={"iptables": None, "nft": nft}))
        self.assertEqual(len(found), 2)

    def test_firewall_of_ipv6(self) -> None:
        """What comes over IPv6 is judged by the rules of IPv6, and by them alone."""
        rule = "-A INPUT -p udp -j DROP"
        found = self.check(FakeProbes(programs={"ip6tables": rule}), "mcast6 eth1 ff12::1 701 1 0\n")
        self.assertEqual(found, [f"warning ha.cf:4:8: the firewall drops UDP port 701 on eth1: {rule}"])

    def test_firewall_unseen(self) -> None:
        """Where the firewall cannot be read, that is noted."""
        probes = FakeProbes(programs={"iptables": None, "nft": None})
        self.assertEqual(self.check(probes), ["note this host: the firewall could not be looked at"])

    def test_serial_line(self) -> None:
        """A serial line has no port that a firewall could drop; one that is locked is a warning."""
        lock = "/var/lock/LCK..ttyS0"
        files = {lock: "  77\n", "/proc/77/cmdline": "minicom\0"}
        probes = FakeProbes(files=files, programs={"iptables": "-P INPUT DROP\n"})
        found = self.check(probes, "serial /dev/ttyS0\n")
        self.assertEqual(
            [one for one in found if "ttyS0" in one], ["warning ha.cf:4:8: cannot lock line /dev/ttyS0"]
        )
        self.assertEqual([one for one in found if "port 0" in one], [])

    def test_units_at_boot(self) -> None:
        """A unit is asked for by its own name."""
        probes = FakeProbes(programs={"systemctl is-enabled nginx.service": "enabled\n"})
        found = self.check(probes, resources="alpha systemd:nginx\n")
        text = "nginx.service is started at boot (systemctl: enabled), and by the cluster"
        self.assertEqual(found, [f"warning haresources:1:7: {text}"])
        self.assertEqual(self.findings.problems[-1].remedy, "systemctl disable nginx.service")

    def test_services_at_boot(self) -> None:
        """What the cluster starts must not be started at boot as well."""
        probes = FakeProbes(
            programs={
                "systemctl is-enabled httpd": "enabled\n",
                "systemctl is-enabled nfs": "disabled\n",
                "systemctl is-enabled tomcat": "tomcat.service is not native\nenabled-runtime\n",
            },
            links={"/etc/rc3.d": ("K01ftp", "S20mail", "README", "Sxxmail2")},
        )
        found = self.check(probes, resources="alpha httpd tomcat nfs mail ftp httpd -x IPaddr::10.0.0.5\n")
        self.assertEqual(
            found,
            [
                "warning haresources:1:7: httpd is started at boot (systemctl: enabled), and by the cluster",
                "warning haresources:1:13: tomcat is started at boot (systemctl: enabled-runtime), "
                "and by the cluster",
                "warning haresources:1:24: mail is started at boot (/etc/rc3.d/S20mail), and by the cluster",
            ],
        )

    def test_agents(self) -> None:
        """The OCF agents of the resources are asked."""
        cf = read_hacf("node alpha beta\n", "ha.cf", Findings(), node_name("alpha")).cf
        groups = parse_haresources("alpha OCF::Dummy::x\n", "haresources", Findings())
        agent = Agent(groups[0].resources[0], "/o/Dummy", {}, {})
        findings = Findings()
        check_live(Subject(cf, groups, node_name("alpha"), "alpha", (agent,)), FakeProbes(), findings)
        self.assertIn(
            "/o/Dummy meta-data cannot be run: No such file or directory", findings.problems[-1].text
        )

    def test_ping_nodes(self) -> None:
        """With the host's own addresses it is known better who is a member and what is out of reach."""
        text = "ping 10.0.1.254\nping 10.0.1.7\nping 192.168.1.1\nping_group g a,b\n"
        self.assertEqual(
            self.check(FakeProbes(), text),
            [
                "warning ha.cf:5:6: ping 10.0.1.7: 10.0.1.7 is an address of this host (eth1)",
                "warning ha.cf:6:6: ping 192.168.1.1: 192.168.1.1 is in no network known here "
                "(10.0.0.0/24 and 10.0.1.0/24)",
                "warning ha.cf:7:12: ping_group g: a,b cannot be a host",
            ],
        )

    def test_odd_addresses(self) -> None:
        """What another version of ip prints is no trouble."""
        for text in ("", "[", "{}", "3", "[3]", '[{"addr_info": 3}]', '[{"addr_info": [{"local": "x"}]}]'):
            self.assertEqual(parse_addresses(text), Interfaces())
