# -*- test-case-name: tests.clients.test_signon -*-
"""
The checks of a sign-on, in heartbeat's order and words, and the reply.
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients import signon
from hatwist.config.model import LogSettings
from hatwist.unix import Credentials
from hatwist.wire.message import Message
from tests.clients.builders import CF, CLUSTER, ROOT, VERSION, sign_on
from tests.clients.test_rights import entry, rights


def refusal(message: Message, peer: Credentials = ROOT, *taken: str) -> str:
    """Check a sign-on on a host whose processes are all below 100."""
    return signon.refusal(message, peer, taken, rights(entry("dopd", "root")), lambda pid: pid < 100)


class RefusalTests(SynchronousTestCase):
    """Who may not sign on."""

    def test_honest_clients_may(self) -> None:
        """A casual client of root's, and ipfail of hacluster's."""
        self.assertEqual(refusal(sign_on()), "")
        self.assertEqual(refusal(sign_on("ipfail", CLUSTER), CLUSTER), "")

    def test_no_such_process(self) -> None:
        """A process that is not there, or that is not said, cannot sign on; heartbeat dies of the last."""
        for pid in ("100", "0", "-1", "x", "9" * 40):
            self.assertEqual(refusal(sign_on().with_field("pid", pid)), "bad pid")
        self.assertEqual(refusal(sign_on().without("pid")), "bad pid")

    def test_a_name_only_once(self) -> None:
        """Whoever has signed on keeps the name."""
        self.assertEqual(refusal(sign_on("dopd"), ROOT, "dopd"), "duplicate add request")
        self.assertEqual(refusal(sign_on(), ROOT, "dopd"), "")

    def test_odd_names(self) -> None:
        """A name has one to 31 letters that can be seen."""
        for name in ("x" * 32, "a b", "a\nb", "\u00fc"):
            self.assertEqual(refusal(sign_on(name)), "bad client name")
        self.assertEqual(refusal(sign_on().with_field("from_id", "")), "bad client name")
        self.assertEqual(refusal(sign_on("x" * 31)), "no default client auth")

    def test_false_credentials(self) -> None:
        """User, group and process must be what the kernel says."""
        false = "incorrect/false credentials"
        for name, value in (("uid", "7"), ("gid", "7"), ("uid", "x")):
            self.assertEqual(refusal(sign_on().with_field(name, value)), false)
        self.assertEqual(refusal(sign_on().without("gid")), false)
        self.assertEqual(refusal(sign_on("dopd").with_field("pid", "11")), "pid mismatch")

    def test_not_authorised(self) -> None:
        """The entry of the name decides; another process' number as name is a name."""
        self.assertEqual(refusal(sign_on("ipfail")), "client failed authorization")
        self.assertEqual(refusal(sign_on("11")), "no default client auth")

    def test_without_a_name(self) -> None:
        """Who leaves the name out is a casual client."""
        self.assertEqual(refusal(sign_on().without("from_id")), "")
        self.assertTrue(signon.applicant(sign_on().without("from_id")).casual)


class ComplaintTests(SynchronousTestCase):
    """What the log has of it."""

    def test_words(self) -> None:
        """heartbeat's own, as far as it has some."""
        words = {
            "no default client auth": "Client [x] pid 7 failed authorization [no default client auth]",
            "duplicate add request": "duplicate client add request [x] [7]",
            "bad pid": "api_add_client: bad pid [7]",
            "pid mismatch": "api_process_registration_msg: cannot add client(x): pid mismatch",
        }
        for refused, text in words.items():
            self.assertEqual(signon.complaint(signon.Applicant("x", 7, casual=False), refused), text)


class ReplyTests(SynchronousTestCase):
    """What everybody is told."""

    def test_welcome(self) -> None:
        """Fields and their order are heartbeat's; times are hexadecimal milliseconds."""
        told = Message.of(
            t="hbapi-resp",
            reqtype="signon",
            result="OK",
            deadtime="5dc",
            keepalive="c8",
            node="alpha",
            hbversion=VERSION,
            pacemaker="no",
            logfacility="-1",
        )
        self.assertEqual(signon.reply("", CF, "alpha", VERSION), told)

    def test_refused(self) -> None:
        """The reason comes before the result, and the rest is told all the same."""
        told = signon.reply("bad pid", CF, "alpha", VERSION)
        names = [one.name for one in told.fields]
        self.assertEqual(names[:5], ["t", "reqtype", "info", "result", "deadtime"])
        self.assertEqual((told.get("info"), told.get("result")), ("bad pid", "badreq"))

    def test_facility_and_crm(self) -> None:
        """A facility is told by its number, a missing crm is false."""
        cf = evolve(CF, log=LogSettings(facility="local7"), pacemaker=None)
        told = signon.reply("", cf, "alpha", VERSION)
        self.assertEqual((told.get("logfacility"), told.get("pacemaker")), ("184", "false"))
