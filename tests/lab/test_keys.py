# -*- test-case-name: tests.lab.test_keys -*-
"""
A node with a wrong key stays out.
"""

from __future__ import annotations

from dataclasses import replace

from scripts.lab.configuration import address_only, ha_cf
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase


class WrongKeyTests(TwoNodesTestCase):
    """node02 has another key than node01, which is a cut link to both."""

    def test_both_logs_name_the_other(self) -> None:
        """Neither believes the other, and each says whose messages fail to verify."""
        right = address_only(ha_cf())
        self.one.boot(right)
        self.two.boot(replace(right, authkeys="auth 1\n1 sha1 something-else\n"))
        self.one.await_log(r"WARN: .*\[?node02\]? failed authentication", SETTLED)
        self.two.await_log(r"WARN: .*\[?node01\]? failed authentication", SETTLED)
        # Each is alone, as heartbeat would be; the key is what they have to mend.
        until(lambda: len(self.watch.owners(VIRTUAL)) == 2, SETTLED, "both are alone")
        self.assertEqual(self.one.count("Link node02:eth1 up"), 0)
        self.assertEqual(self.two.count("Link node01:eth1 up"), 0)

    def test_stranger_does_not_disturb_a_running_node(self) -> None:
        """A running owner keeps its group whatever a node with a wrong key sends."""
        right = address_only(ha_cf())
        self.one.boot(right)
        self.settle("node01")
        self.two.host.power_on()
        replace(right, authkeys="auth 1\n1 sha1 something-else\n").write(self.two.host)
        self.two.start()
        self.one.await_log("failed authentication", SETTLED)
        self.assertIn("node01", self.watch.owners(VIRTUAL))
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())
