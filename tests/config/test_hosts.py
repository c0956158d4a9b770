# -*- test-case-name: tests.config.test_hosts -*-
"""
The host's own tables.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.hosts import parse_hosts, parse_services


class HostsTests(SynchronousTestCase):
    """C{/etc/hosts} and C{/etc/services}, with whatever else is in them."""

    def test_hosts(self) -> None:
        """A name has the addresses of all lines that have it, in lower case."""
        text = (
            "127.0.0.1 localhost\n10.0.0.1\tAlpha alpha.test # me\n\n::1 localhost\nbad line\n# x\n10.0.0.2"
        )
        self.assertEqual(
            dict(parse_hosts(text)),
            {"localhost": ("127.0.0.1", "::1"), "alpha": ("10.0.0.1",), "alpha.test": ("10.0.0.1",)},
        )

    def test_services(self) -> None:
        """A UDP port has the first name that is given to it."""
        text = "echo 7/tcp\necho 7/udp # e\nha-cluster 694/udp heartbeat\nother 694/udp\nx y/udp\nz\n"
        self.assertEqual(dict(parse_services(text)), {7: "echo", 694: "ha-cluster"})
