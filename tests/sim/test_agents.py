# -*- test-case-name: tests.sim.test_agents -*-
"""
The programs of a simulated host.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Outcome, Verb
from hatwist.sim.agents import Agents
from tests.sim.builders import WEB, make_world

GROUP = make_world().config.groups[0]


class AgentsTests(SynchronousTestCase):
    """Orders begin and end."""

    def setUp(self) -> None:
        """Make a host's agents."""
        self.agents = Agents(Random(1))

    def carry_out(self, verb: Verb) -> Outcome:
        """Begin and end an order."""
        self.agents.begin(GROUP, verb)
        return self.agents.finish(GROUP, verb)[0]

    def test_start_and_stop(self) -> None:
        """What was started runs, what was stopped does not, and each may be said twice."""
        for verb, running in ((Verb.START, [WEB]), (Verb.STOP, [])):
            for _ in range(2):
                self.assertIs(self.carry_out(verb), Outcome.OK)
                self.assertEqual(self.agents.running, running)

    def test_answers_from_the_first_moment(self) -> None:
        """A group answers while it is being started, and while it is being stopped."""
        self.agents.begin(GROUP, Verb.START)
        self.assertEqual(self.agents.running, [WEB])
        self.agents.begin(GROUP, Verb.STOP)
        self.assertEqual(self.agents.running, [WEB])

    def test_recover(self) -> None:
        """What has failed is started again."""
        self.carry_out(Verb.START)
        self.agents.fail(GROUP)
        self.agents.fail(GROUP)
        self.assertEqual(self.agents.running, [])
        self.assertIs(self.carry_out(Verb.RECOVER), Outcome.OK)
        self.assertEqual(self.agents.running, [WEB])

    def test_status(self) -> None:
        """Status tells whether it runs."""
        self.assertIs(self.carry_out(Verb.STATUS), Outcome.STOPPED)
        self.carry_out(Verb.START)
        self.assertIs(self.carry_out(Verb.STATUS), Outcome.RUNNING)

    def test_announce(self) -> None:
        """Announcing changes nothing."""
        self.assertIs(self.carry_out(Verb.ANNOUNCE), Outcome.OK)
        self.assertEqual(self.agents.running, [])

    def test_start_fails(self) -> None:
        """What cannot be started is released again; until then it answers."""
        self.agents.broken.add((WEB, Verb.START))
        self.agents.begin(GROUP, Verb.START)
        self.assertEqual(self.agents.running, [WEB])
        self.assertEqual(self.agents.finish(GROUP, Verb.START), (Outcome.FAILED, "start was told to fail"))
        self.assertEqual(self.agents.running, [])

    def test_stop_fails(self) -> None:
        """What cannot be stopped goes on."""
        self.carry_out(Verb.START)
        self.agents.broken.add((WEB, Verb.STOP))
        self.assertIs(self.carry_out(Verb.STOP), Outcome.FAILED)
        self.assertEqual(self.agents.running, [WEB])

    def test_both_fail(self) -> None:
        """What can neither be started nor released goes on in part."""
        self.agents.broken.update(((WEB, Verb.START), (WEB, Verb.STOP)))
        self.assertIs(self.carry_out(Verb.START), Outcome.FAILED)
        self.assertEqual(self.agents.running, [WEB])

    def test_duration(self) -> None:
        """Starting and stopping take what they are told; words take a millisecond."""
        self.agents.pace = (1.0, 3.0)
        for verb in (Verb.START, Verb.STOP):
            self.assertTrue(1.0 <= self.agents.duration(verb) <= 3.0)
        for verb in (Verb.STATUS, Verb.SEARCH, Verb.ANNOUNCE):
            self.assertEqual(self.agents.duration(verb), 0.001)

    def test_power_off(self) -> None:
        """Nothing survives a loss of power."""
        self.carry_out(Verb.START)
        self.agents.power_off()
        self.assertEqual((self.agents.running, self.agents.power), ([], 1))
