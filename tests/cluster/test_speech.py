# -*- test-case-name: tests.cluster.test_speech -*-
"""
The messages of the resource layer, field by field (protocol 6.3).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.names import Holding, Level
from hatwist.wire.message import Message


def fields(message: Message) -> list[str]:
    """Write the fields in their order."""
    return [f"{one.name}={one.value!s}" for one in message.fields]


class SpeechTests(SynchronousTestCase):
    """Every message has its own fields, in heartbeat's order."""

    def test_resource(self) -> None:
        """The full form says what is held and whether it is stable; the reason only if there is one."""
        self.assertEqual(
            fields(speech.resource(Holding.ALL, True)),
            ["t=resource", "rsc_hold=all", "rtype=full", "isstable=1"],
        )
        self.assertEqual(
            fields(speech.resource(Holding.NONE, False, "shutdown")),
            ["t=resource", "rsc_hold=none", "rtype=full", "isstable=0", "info=shutdown"],
        )

    def test_mach_down(self) -> None:
        """The form of the scripts has neither C{rtype} nor C{isstable}."""
        self.assertEqual(fields(speech.mach_down()), ["t=resource", "rsc_hold=foreign", "info=mach_down"])

    def test_starting(self) -> None:
        """The question what the peers hold has no field of its own."""
        self.assertEqual(fields(speech.starting()), ["t=starting"])

    def test_standby(self) -> None:
        """A step of the standby operation names the set and the turn."""
        self.assertEqual(
            fields(speech.ask_resources(Holding.FOREIGN, "me")),
            ["t=ask_resources", "rsc_hold=foreign", "info=me"],
        )

    def test_requests(self) -> None:
        """A request names the group; its answer the asker, the group, and whether it ran here."""
        self.assertEqual(fields(speech.ip_request("10.0.0.1")), ["t=ip-request", "ipaddr=10.0.0.1"])
        self.assertEqual(
            fields(speech.ip_response("beta", "10.0.0.1", True)),
            ["t=ip-request-resp", "dest=beta", "ipaddr=10.0.0.1", "weown=yes", "ok=OK"],
        )
        self.assertEqual(speech.ip_response("beta", "10.0.0.1", False).get("weown"), "no")

    def test_goodbye_and_fencing(self) -> None:
        """The other messages of the layer."""
        self.assertEqual(fields(speech.shutdone()), ["t=shutdone", "st=dead"])
        self.assertEqual(
            fields(speech.stonith("beta", "n_stnth")), ["t=stonith", "node=beta", "result=n_stnth"]
        )
        self.assertEqual(fields(speech.takeover(Holding.ALL)), ["t=hb_takeover", "rsc_hold=all"])

    def test_hook(self) -> None:
        """Log watchers see the line of heartbeat's script runner."""
        self.assertEqual(
            speech.hook("status"),
            Log(Level.INFO, "Running /etc/ha.d//rc.d/status status", "harc(default)"),
        )
