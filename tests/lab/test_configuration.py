# -*- test-case-name: tests.lab.test_configuration -*-
"""
The files that labs give to their nodes.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.configuration import demo, ha_cf, web


class ConfigurationTests(SynchronousTestCase):
    """Files made of a few choices."""

    def test_ha_cf(self) -> None:
        """The port stands before the media, as heartbeat wants it."""
        text = ha_cf("ucast eth1 172.16.20.208\nucast eth1 172.16.20.209", auto_failback="off")
        self.assertIn("auto_failback off\n", text)
        self.assertLess(text.index("udpport"), text.index("ucast"))

    def test_web(self) -> None:
        """The group is the seed's, its address by the agent that is asked for."""
        self.assertEqual(web("").haresources, "node01 IPaddr::172.16.0.210/24/eth0 httpd\n")
        self.assertEqual(web("", "IPaddr2").haresources, "node01 IPaddr2::172.16.0.210/24/eth0 httpd\n")

    def test_timing_of_the_demo_can_be_changed(self) -> None:
        """The values are replaced where they stand; the rest stays, comments too."""
        seed = demo().with_timing({"keepalive": "2", "deadtime": "30", "warntime": "10", "initdead": "120"})
        self.assertRegex(seed.ha_cf, r"(?m)^keepalive 2 +#")
        self.assertRegex(seed.ha_cf, r"(?m)^initdead 120 +#")
        self.assertEqual(len(seed.ha_cf.splitlines()), len(demo().ha_cf.splitlines()))

    def test_timing_of_a_directive_that_is_not_there(self) -> None:
        """A name that is not in the file is a mistake."""
        self.assertRaises(AssertionError, demo().with_timing, {"deadping": "3"})
