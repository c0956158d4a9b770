# -*- test-case-name: tests.clients.test_client -*-
"""
What a client hears, and what it may ask for itself.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.answers import BadRequest
from hatwist.clients.client import MAX_QUEUE, QUEUE, Client
from hatwist.cluster.actions import Deliver
from hatwist.cluster.names import Delivery
from hatwist.unix import Credentials
from hatwist.wire.message import Message
from tests.clients.builders import ALPHA, CLUSTER, ROOT, request

OWN_UID = 90


def client(peer: Credentials = ROOT) -> Client:
    """Make one of a name."""
    return Client("ipfail", False, peer)


def hears(one: Client, delivery: Delivery = Delivery.NEWS, own: bool = False, **fields: str) -> bool:
    """Say whether it is told of a message."""
    return one.wants(Deliver(Message.of(t="x", **fields), delivery, own), ALPHA)


class HearTests(SynchronousTestCase):
    """Which messages reach it."""

    def test_news_only(self) -> None:
        """Without a filter of its own it hears what changes."""
        self.assertTrue(hears(client()))
        self.assertFalse(hears(client(), Delivery.UNCHANGED))
        self.assertFalse(hears(client(), Delivery.PROTOCOL))

    def test_for_others(self) -> None:
        """A message for another client is not for it."""
        self.assertTrue(hears(client(), to_id="ipfail"))
        self.assertFalse(hears(client(), to_id="dopd"))

    def test_own_messages(self) -> None:
        """What this node sends to all or itself is heard here, what it sends to another is not."""
        self.assertTrue(hears(client(), own=True))
        self.assertTrue(hears(client(), own=True, dest="alpha"))
        self.assertFalse(hears(client(), own=True, dest="beta"))
        self.assertTrue(hears(client(), dest="alpha"))


class FilterTests(SynchronousTestCase):
    """The request setfilter."""

    def refused(self, mask: str, peer: Credentials = ROOT) -> str:
        """Return why a filter is refused; empty if it is not."""
        one = client(peer)
        try:
            one.set_filter(request("setfilter", fmask=mask), OWN_UID)
        except BadRequest as error:
            self.assertEqual(one.filter, 1)
            return error.info
        return ""

    def test_more(self) -> None:
        """Root hears what it wants; the mask is hexadecimal."""
        one = client()
        one.set_filter(request("setfilter", fmask="3F"), OWN_UID)
        self.assertEqual(one.filter, 0x3F)
        self.assertTrue(hears(one, Delivery.PROTOCOL))
        one.set_filter(request("setfilter", fmask="0x3"), OWN_UID)
        self.assertEqual((hears(one, Delivery.UNCHANGED), hears(one, Delivery.PROTOCOL)), (True, False))

    def test_no_filter(self) -> None:
        """No number, or no kind of message that there is."""
        for mask in ("", "zz", "0", "100000", "-1"):
            self.assertEqual(self.refused(mask), "EINVAL", mask)

    def test_not_for_everybody(self) -> None:
        """What is there for debugging is for root and the daemon's own user."""
        for mask in ("2", "d", "10", "20"):
            self.assertEqual(self.refused(mask, CLUSTER), "EPERM", mask)
            self.assertEqual(self.refused(mask, Credentials(9, OWN_UID, 1)), "", mask)
        self.assertEqual(self.refused("1", CLUSTER), "")
        self.assertEqual(self.refused("41", CLUSTER), "")


class SignalTests(SynchronousTestCase):
    """The request setsignal."""

    def test_signals(self) -> None:
        """A signal there is, or 0 for none."""
        one = client()
        for number in (28, 0):
            one.set_signal(request("setsignal", signal=str(number)))
            self.assertEqual(one.signal, number)

    def test_no_signal(self) -> None:
        """No number is refused without a reason, no signal with one."""
        for text, why in (("", ""), ("abc", ""), ("9999", "EINVAL"), ("-3", "EINVAL")):
            refused = self.assertRaises(BadRequest, client().set_signal, request("setsignal", signal=text))
            self.assertEqual(refused.info, why)


class QueueTests(SynchronousTestCase):
    """The request set_sendqlen."""

    def test_length(self) -> None:
        """A number counts, up to a bound; anything else changes nothing."""
        for text, length in (("100", 100), ("1", 1), ("1000000", MAX_QUEUE), ("0", QUEUE), ("abc", QUEUE)):
            one = client()
            one.set_queue(request("set_sendqlen", sendqlen=text))
            self.assertEqual(one.queue, length, text)
        one.set_queue(request("set_sendqlen"))
        self.assertEqual(one.queue, QUEUE)
