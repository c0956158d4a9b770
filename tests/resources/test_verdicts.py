# -*- test-case-name: tests.resources.test_verdicts -*-
"""
What answers mean.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Outcome, Verb
from hatwist.resources.process import Ran
from hatwist.resources.verdicts import judge_ocf, judge_script, judge_unit

WORDS = {
    "httpd (pid 42) is running...": Outcome.RUNNING,
    "Running": Outcome.RUNNING,
    "INFO:  Running OK": Outcome.RUNNING,
    "OK": Outcome.RUNNING,
    "tomcat: [ OK ]": Outcome.RUNNING,
    "one line\nis running": Outcome.RUNNING,
    "httpd is stopped [ OK ]": Outcome.RUNNING,
    "not running": Outcome.STOPPED,
    "NOT Running": Outcome.STOPPED,
    "httpd is not (yet) running": Outcome.STOPPED,
    "Not\nreally running": Outcome.RUNNING,
    "not there\nbut running": Outcome.STOPPED,
    "not running OK": Outcome.STOPPED,
    "httpd is stopped": Outcome.STOPPED,
    "INFO:  Resource is stopped": Outcome.STOPPED,
    "RUNNING": Outcome.FAILED,
    "ok": Outcome.FAILED,
    "unused": Outcome.FAILED,
    "No": Outcome.FAILED,
    "usage: httpd {start|stop}": Outcome.FAILED,
    "": Outcome.FAILED,
}
"""
What a script's status prints, and what that means.  FAILED is: not known, which
before a start counts as stopped, as everything unknown does for heartbeat.
"""


class ScriptTests(SynchronousTestCase):
    """Scripts of resource.d and init.d."""

    def test_status_is_judged_by_words(self) -> None:
        """Running is who says running or OK and does not say not running."""
        for text, outcome in WORDS.items():
            self.assertIs(judge_script(Verb.STATUS, Ran(0, None, text, stdout=text)), outcome, text)

    def test_the_exit_status_of_status_is_ignored(self) -> None:
        """Words go before exit status."""
        for status in (0, 1, 3, 4, 150):
            says = Ran(status, None, "is running", stdout="is running")
            self.assertIs(judge_script(Verb.STATUS, says), Outcome.RUNNING)
            says = Ran(status, None, "not running", stdout="not running")
            self.assertIs(judge_script(Verb.STATUS, says), Outcome.STOPPED)

    def test_a_silent_status_may_exit_with_3(self) -> None:
        """Without words, exit status 3 is LSB's way to say stopped."""
        self.assertIs(judge_script(Verb.STATUS, Ran(3, None, "")), Outcome.STOPPED)

    def test_stderr_is_not_an_answer(self) -> None:
        """Only stdout answers: a warning may contain any word."""
        ran = Ran(3, None, "warning: not running as root\nis running\n", stdout="is running\n")
        self.assertIs(judge_script(Verb.STATUS, ran), Outcome.RUNNING)

    def test_start_and_stop_are_judged_by_exit_status(self) -> None:
        """0 is success, all else failure, whatever was said."""
        for verb in (Verb.START, Verb.STOP):
            self.assertIs(judge_script(verb, Ran(0, None, "not running")), Outcome.OK)
            self.assertIs(judge_script(verb, Ran(1, None, "OK", stdout="OK")), Outcome.FAILED)
            self.assertIs(judge_script(verb, Ran(None, 9, "")), Outcome.FAILED)

    def test_out_of_time_is_failed(self) -> None:
        """Who had to be ended has failed, whatever was said before."""
        for verb in Verb:
            ran = Ran(0, None, "running", timed_out=True, stdout="running")
            self.assertIs(judge_script(verb, ran), Outcome.FAILED)


class OcfTests(SynchronousTestCase):
    """OCF agents."""

    def test_monitor(self) -> None:
        """0 is running, 7 stopped, anything else failed; words do not matter."""
        expected = {0: Outcome.RUNNING, 7: Outcome.STOPPED, 1: Outcome.FAILED, 5: Outcome.FAILED}
        for status, outcome in expected.items():
            ran = Ran(status, None, "not running", stdout="not running")
            self.assertIs(judge_ocf(Verb.STATUS, ran), outcome)

    def test_start_and_stop(self) -> None:
        """0 is success; what is not running has been stopped, but not started."""
        self.assertIs(judge_ocf(Verb.START, Ran(0, None, "")), Outcome.OK)
        self.assertIs(judge_ocf(Verb.START, Ran(7, None, "")), Outcome.FAILED)
        self.assertIs(judge_ocf(Verb.STOP, Ran(0, None, "")), Outcome.OK)
        self.assertIs(judge_ocf(Verb.STOP, Ran(7, None, "")), Outcome.OK)
        self.assertIs(judge_ocf(Verb.STOP, Ran(1, None, "")), Outcome.FAILED)

    def test_out_of_time_is_failed(self) -> None:
        """Who had to be ended has failed."""
        for verb in Verb:
            self.assertIs(judge_ocf(verb, Ran(0, None, "", timed_out=True)), Outcome.FAILED)


class UnitTests(SynchronousTestCase):
    """Units of systemd."""

    def test_is_active(self) -> None:
        """Only the word counts: what is under way is neither running nor stopped."""
        for word, outcome in {
            "active\n": Outcome.RUNNING,
            "reloading\n": Outcome.RUNNING,
            "inactive\n": Outcome.STOPPED,
            "failed\n": Outcome.STOPPED,
            "activating\n": Outcome.FAILED,
            "deactivating\n": Outcome.FAILED,
            "unknown\n": Outcome.FAILED,
            "active\nactive\n": Outcome.FAILED,
            "": Outcome.FAILED,
        }.items():
            for status in (0, 3, 4):
                ran = Ran(status, None, word, stdout=word)
                self.assertIs(judge_unit(Verb.STATUS, ran), outcome, word)

    def test_start_and_stop(self) -> None:
        """0 is success; a unit that is not loaded has been stopped, but not started."""
        self.assertIs(judge_unit(Verb.START, Ran(0, None, "")), Outcome.OK)
        self.assertIs(judge_unit(Verb.START, Ran(5, None, "")), Outcome.FAILED)
        self.assertIs(judge_unit(Verb.STOP, Ran(0, None, "")), Outcome.OK)
        self.assertIs(judge_unit(Verb.STOP, Ran(5, None, "")), Outcome.OK)
        self.assertIs(judge_unit(Verb.STOP, Ran(1, None, "")), Outcome.FAILED)

    def test_out_of_time_is_failed(self) -> None:
        """systemctl was ended, its job in systemd was not."""
        for verb in Verb:
            self.assertIs(judge_unit(verb, Ran(0, None, "", timed_out=True, stdout="active")), Outcome.FAILED)
