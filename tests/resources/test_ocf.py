# -*- test-case-name: tests.resources.test_ocf -*-
"""
From haresources to OCF agents.
"""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.parameters import MAX_FILE
from hatwist.errors import AgentError
from hatwist.resources.locate import Places
from hatwist.resources.ocf import OcfCall, find_calls, find_ocf
from tests.resources.fakes import group, resource, temporary, write_program


class OcfCase(SynchronousTestCase):
    """A host with OCF agents."""

    def setUp(self) -> None:
        self.directory = temporary(self)
        self.root = temporary(self)
        self.places = Places(self.directory, "/nowhere", self.root)

    def agent(self, name: str, provider: str = "heartbeat") -> str:
        """Install an agent."""
        return write_program(os.path.join(self.root, "resource.d", provider), name, "")

    def refusal(self, text: str) -> str:
        """Return why a resource is refused."""
        return str(self.assertRaises(AgentError, find_ocf, self.places, resource(text)))


class PositionTests(OcfCase):
    """The names for which heartbeat ships a wrapper."""

    def parameters(self, text: str) -> dict[str, str]:
        """Return the parameters of a resource whose agent is installed."""
        self.agent(resource(text).script)
        call = find_ocf(self.places, resource(text))
        assert call is not None
        return dict(call.parameters)

    def test_filesystem(self) -> None:
        """A file system is told device, directory, type and options by name."""
        path = self.agent("Filesystem")
        self.assertEqual(
            find_ocf(self.places, resource("Filesystem::192.168.18.95:/web::/var/www/html::nfs")),
            OcfCall(
                path,
                "heartbeat",
                "Filesystem_192.168.18.95:/web",
                {"device": "192.168.18.95:/web", "directory": "/var/www/html", "fstype": "nfs"},
            ),
        )

    def test_the_table(self) -> None:
        """Each wrapper's arguments get the names its agent knows."""
        expected = {
            "AudibleAlarm::node01": {"nodelist": "node01"},
            "Delay": {},
            "Delay::5::1": {"startdelay": "5", "stopdelay": "1"},
            "ICP::2::/dev/sda": {"driveid": "2", "device": "/dev/sda"},
            "IPsrcaddr::10.0.0.1": {"ipaddress": "10.0.0.1"},
            "LVM::vg0": {"volgrpname": "vg0"},
            "LinuxSCSI::0:0:1": {"scsi": "0:0:1"},
            "MailTo::root::takeover": {"email": "root", "subject": "takeover"},
            "Raid1::/etc/mdadm.conf::/dev/md0": {"raidconf": "/etc/mdadm.conf", "raiddev": "/dev/md0"},
            "SendArp::10.0.0.1/eth0": {"ip": "10.0.0.1", "nic": "eth0"},
            "SendArp::10.0.0.1::eth0": {"ip": "10.0.0.1", "nic": "eth0"},
            "ServeRAID::1::2": {"serveraid": "1", "mergegroup": "2"},
            "WAS::/opt/was.cfg": {"config": "/opt/was.cfg"},
            "WAS::8080": {"port": "8080"},
            "WinPopup::/etc/hosts.popup": {"hostfile": "/etc/hosts.popup"},
            "Xinetd::telnet": {"service": "telnet"},
            "apache::/etc/httpd.conf": {"configfile": "/etc/httpd.conf"},
            "db2::db2inst1": {"instance": "db2inst1"},
            "ids::/informix::ids1::onconfig": {
                "informixdir": "/informix",
                "informixserver": "ids1",
                "onconfig": "onconfig",
            },
            "portblock::tcp::80::block": {"protocol": "tcp", "portno": "80", "action": "block"},
        }
        for text, parameters in expected.items():
            self.assertEqual(self.parameters(text), parameters, text)

    def test_too_many_arguments(self) -> None:
        """An argument without a name is refused, with the names there are."""
        self.agent("LVM")
        self.assertEqual(self.refusal("LVM::vg0::vg1"), "LVM takes volgrpname, not vg0::vg1")

    def test_not_installed_or_not_known(self) -> None:
        """No agent, or an agent that never had a wrapper, is not found this way."""
        self.assertIsNone(find_ocf(self.places, resource("LVM::vg0")))
        self.agent("pgsql")
        self.assertIsNone(find_ocf(self.places, resource("pgsql")))


class InstanceTests(OcfCase):
    """C{OCF::TYPE::INSTANCE}."""

    def configure(self, text: str) -> None:
        """Write the parameters of the instance C{web} of C{apache}."""
        path = Path(self.directory, "conf", "OCF", "apache", "web")
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")

    def test_parameters_from_the_file(self) -> None:
        """Type and instance lead to agent and parameters."""
        path = self.agent("apache")
        self.configure("configfile=/etc/httpd.conf\n")
        call = OcfCall(path, "heartbeat", "web", {"configfile": "/etc/httpd.conf"})
        self.assertEqual(find_ocf(self.places, resource("OCF::apache::web")), call)

    def test_heartbeat_s_agent_comes_first(self) -> None:
        """An agent of another provider is taken if heartbeat's set has none of that name."""
        self.configure("")
        other = self.agent("apache", "acme")
        found = find_ocf(self.places, resource("OCF::apache::web"))
        self.assertEqual(found, OcfCall(other, "acme", "web", {}))
        own = self.agent("apache")
        found = find_ocf(self.places, resource("OCF::apache::web"))
        self.assertEqual(found, OcfCall(own, "heartbeat", "web", {}))

    def test_what_is_missing_is_named(self) -> None:
        """No agent, or no file, is an error that says which."""
        self.assertEqual(self.refusal("OCF::apache::web"), "Cannot locate resource script apache")
        self.agent("apache")
        path = os.path.join(self.directory, "conf/OCF/apache/web")
        self.assertEqual(self.refusal("OCF::apache::web"), f"{path}: No such file or directory")

    def test_the_form(self) -> None:
        """Exactly type and instance, and no paths."""
        for text in ("OCF", "OCF::apache", "OCF::apache::a::b", "OCF::apache::../a", "OCF::a/b::c"):
            self.assertEqual(self.refusal(text), f"not OCF::TYPE::INSTANCE: {text}")

    def test_a_file_too_long(self) -> None:
        """A parameter file is bounded."""
        self.agent("apache")
        self.configure("#" * (MAX_FILE + 1))
        self.assertIn("longer than", self.refusal("OCF::apache::web"))

    def test_calls_of_groups(self) -> None:
        """Those resources that an agent runs; scripts, addresses and mistakes are left out."""
        path = self.agent("apache")
        delay = self.agent("Delay")
        self.agent("LVM")
        write_program(self.places.resource_directory, "LVM", "")
        self.configure("port=81\n")
        groups = (
            group("10.0.0.1", "OCF::apache::web", "LVM::vg0"),
            group("Delay::1::2", "Delay::1::2::3", "OCF::x::y"),
        )
        self.assertEqual(
            list(find_calls(self.places, groups)),
            [
                (resource("OCF::apache::web"), OcfCall(path, "heartbeat", "web", {"port": "81"})),
                (
                    resource("Delay::1::2"),
                    OcfCall(delay, "heartbeat", "Delay_1", {"startdelay": "1", "stopdelay": "2"}),
                ),
            ],
        )
