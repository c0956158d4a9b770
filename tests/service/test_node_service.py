# -*- test-case-name: tests.service.test_node_service -*-
"""
The daemon begins, lives, and leaves in order.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import Stop
from hatwist.cluster.names import Holding, NodeStatus
from hatwist.errors import ControlError
from hatwist.interfaces import IClusterControl
from hatwist.media.memory import Hub
from hatwist.service.node_service import NotStarted
from tests.service.fakes import Bug, HostReactor
from tests.service.host import WEB, Host


class SocketReactor(HostReactor):
    """One that leaves a file where it listens, as the real one does."""

    def listenUNIX(self, address: str, *arguments: object, **named: object) -> object:
        Path(address).touch()
        return super().listenUNIX(address, *arguments, **named)


class _NodeCase(SynchronousTestCase):
    """A host that is alone."""

    def setUp(self) -> None:
        self.hub = Hub()
        self.host = Host(self, "node01", self.hub)
        self.state = self.host.directory / "state"
        self.socket = self.host.directory / "run" / "control.sock"

    def writers(self) -> int:
        """Count the threads that write logs."""
        return [thread.name for thread in threading.enumerate()].count("ha-log")


class StartTests(_NodeCase):
    """The beginning."""

    def test_it_provides_control(self) -> None:
        """What control asks is all there."""
        self.assertTrue(verifyObject(IClusterControl, self.host.build()))

    def test_counters_of_other_rooms(self) -> None:
        """What went wrong elsewhere is shown with what the node itself has counted."""
        service = self.host.start()
        service.counters = (lambda: {"noise on /dev/ttyS0, bytes": 7}, dict)
        self.assertEqual(service.status().counters["noise on /dev/ttyS0, bytes"], 7)

    def test_nothing_happens_before_the_start(self) -> None:
        """A daemon that was only built has no file, no socket, no timer and no thread."""
        before = self.writers()
        node = self.host.build()
        self.assertRaises(ControlError, node.status)
        self.assertEqual(sorted(os.listdir(self.host.directory)), ["ha.d"])
        self.assertEqual(self.host.reactor.getDelayedCalls(), [])
        self.assertEqual(self.writers(), before)

    def test_it_begins(self) -> None:
        """The generation is on disk, the socket listens for root only, the node listens, then it is up."""
        node = self.host.start()
        self.assertTrue(node.running)
        self.assertEqual(node.status().status, NodeStatus.INIT)
        self.host.reactor.pump([1] * 3)
        self.assertEqual(node.status().status, NodeStatus.UP)
        self.assertEqual(int((self.state / "hb_generation").read_text()), node.status().generation)
        ((address, _, _, mode, _),) = self.host.reactor.unixServers
        self.assertEqual((address, stat.S_IMODE(mode)), (str(self.socket), 0o600))
        self.assertEqual(stat.S_IMODE(self.socket.parent.stat().st_mode) & 0o027, 0)

    def test_each_start_is_a_new_generation(self) -> None:
        """The node keeps its uuid, and its generation grows."""
        first = self.host.start().status()
        self.host.crash()
        second = self.host.start().status()
        self.assertEqual(second.generation, first.generation + 1)
        self.assertEqual(second.uuid, first.uuid)


class FailedStartTests(_NodeCase):
    """The beginning fails: a clear message, status 1, nothing left."""

    def refuses(self) -> str:
        """
        Start it, which fails.

        @return: why, after looking that nothing is left open.
        """
        before = self.writers()
        node = self.host.build()
        refusal = self.assertRaises(NotStarted, node.startService)
        self.assertEqual(refusal.code, 1)
        self.assertFalse(node.running)
        self.assertEqual(self.host.reactor.getDelayedCalls(), [])
        self.assertEqual(self.writers(), before)
        self.assertIn(f"ERROR: {refusal}\n", self.host.ha_log)
        return str(refusal)

    def test_a_medium(self) -> None:
        """A medium that cannot be opened is named, with its place."""
        self.hub.unplug("node01")
        said = r"^Heartbeat not started: bcast eth1: there is no such interface \[.*/ha\.cf:7:7\]$"
        self.assertRegex(self.refuses(), said)

    def test_no_medium(self) -> None:
        """Media that hatwist does not have yet do not count as media: a node alone would take all."""
        media = {"mcast": self.hub.plug("node01")}
        self.host.parts = evolve(self.host.parts, media=lambda _say: media)
        self.assertEqual(
            self.refuses(),
            "Heartbeat not started: no medium of ha.cf is active yet (bcast); add one of mcast",
        )

    def test_the_state_directory(self) -> None:
        """A generation that cannot be kept is not used."""
        self.state.touch()
        path = self.state / "hb_generation"
        self.assertEqual(self.refuses(), f"Heartbeat not started: cannot read {path}: Not a directory")

    def test_the_control_socket(self) -> None:
        """A file in the socket's place is left alone, and the generation is not touched."""
        self.socket.parent.mkdir()
        self.socket.touch()
        self.assertEqual(
            self.refuses(), f"Heartbeat not started: {self.socket} is in the way: it is not a socket"
        )
        self.assertTrue(self.socket.exists())
        self.assertFalse(self.state.exists())

    def test_another_daemon(self) -> None:
        """A daemon that runs already is not disturbed: its socket stays, its generation too."""
        short = TemporaryDirectory()  # the kernel takes no long path
        self.addCleanup(short.cleanup)
        self.host.run = Path(short.name)
        path = self.host.run / "control.sock"
        other = socket.socket(socket.AF_UNIX)
        self.addCleanup(other.close)
        other.bind(str(path))
        other.listen()
        self.assertEqual(self.refuses(), f"Heartbeat not started: another daemon listens on {path}")
        self.assertTrue(path.exists())
        self.assertFalse(self.state.exists())

    def test_our_own_socket_is_removed(self) -> None:
        """The reactor never runs after a failed start, so the socket's file goes at once."""
        self.host.reactor = SocketReactor()
        self.hub.unplug("node01")
        self.refuses()
        self.assertFalse(self.socket.exists())

    def test_a_bug(self) -> None:
        """A bug of ours is not disguised, and leaves nothing open either."""

        def broken() -> Random:
            raise Bug("no randomness")

        before = self.writers()
        self.host.parts = evolve(self.host.parts, rng=broken)
        self.assertRaises(Bug, self.host.start)
        self.assertEqual(self.host.reactor.getDelayedCalls(), [])
        self.assertEqual(self.writers(), before)

    def test_twistd_and_the_interpreter_understand_it(self) -> None:
        """twistd catches it as an Exception, the interpreter ends by it without a traceback."""
        refusal = NotStarted("why")
        self.assertIsInstance(refusal, Exception)
        self.assertIsInstance(refusal, SystemExit)
        self.assertEqual((str(refusal), refusal.code), ("why", 1))


class EndTests(_NodeCase):
    """The end."""

    def setUp(self) -> None:
        super().setUp()
        self.host.start()
        self.host.advance(40)  # initdead, and the acquisition of everything
        self.assertEqual(self.host.runs, {WEB, "httpd", "mail"})

    def test_a_signal(self) -> None:
        """stopService gives up everything, says good-bye, and only then lets the daemon end."""
        self.host.take_time(stop=3)
        done = self.host.node.stopService()
        self.host.advance(5)
        self.assertNoResult(done)
        self.host.advance(10)
        self.successResultOf(done)
        self.assertEqual(self.host.runs, set())
        self.assertEqual(self.host.reactor.getDelayedCalls(), [])
        self.assertTrue(self.host.ha_log.endswith("info: node01 Heartbeat shutdown complete.\n"))
        self.assertNoResult(self.host.node.gone)

    def test_an_operator(self) -> None:
        """leave does the same, and tells who started the daemon that the node has gone."""
        self.host.node.leave("uid 0")
        self.host.advance(10)
        self.assertEqual(self.successResultOf(self.host.node.gone), Stop("uid 0 asked it to"))
        self.assertEqual(self.host.runs, set())
        self.successResultOf(self.host.node.stopService())

    def test_a_signal_while_it_leaves(self) -> None:
        """A signal that comes while the node is leaving waits for that end."""
        self.host.node.leave("uid 0")
        done = self.host.node.stopService()
        self.assertNoResult(done)
        self.assertIn("info: Heartbeat shutdown already underway.", self.host.lines)
        self.host.advance(10)
        self.successResultOf(done)
        self.assertNoResult(self.host.node.gone)

    def test_cleanup(self) -> None:
        """Of a group that there is, or of all."""
        node = self.host.node
        node.cleanup("", "uid 0")
        node.cleanup(node.status().groups[0].key, "uid 0")
        self.assertRaises(ControlError, node.cleanup, "no such group", "uid 0")

    def test_after_the_end(self) -> None:
        """A node that has left refuses orders, shows its last state, and may be asked to leave."""
        node = self.host.node
        node.leave("uid 0")
        self.host.advance(10)
        self.assertRaises(ControlError, node.standby, Holding.ALL, "uid 0")
        self.assertRaises(ControlError, node.takeover, Holding.ALL, "uid 0")
        node.leave("uid 0")
        self.assertTrue(node.status().leaving)

    def test_a_control_socket_that_does_not_close(self) -> None:
        """Even then the daemon ends, and its log is complete."""

        class Stuck:
            path = "stuck"

            def stop(self) -> None:
                raise Bug("stuck")

        self.host.node.listeners = (Stuck(),)  # type: ignore[assignment]  # as much of one as is used
        done = self.host.node.stopService()
        self.host.advance(10)
        self.successResultOf(done)
        self.assertEqual(len(self.flushLoggedErrors(Bug)), 1)
        self.assertIn("Heartbeat shutdown complete.", self.host.ha_log)
