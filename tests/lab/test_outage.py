# -*- test-case-name: tests.lab.test_outage -*-
"""
What the client missed, from answers made by hand.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.outage import Answer, Outage, handover, outages, read


class OutageTests(SynchronousTestCase):
    """Silences, and who spoke before and after."""

    answers = [
        Answer(1.0, 1.001, "node01"),
        Answer(1.005, 1.006, "node01"),
        Answer(2.5, 2.506, "node02"),
        Answer(2.505, 2.511, "node02"),
        Answer(2.8, 2.811, "node02"),
    ]

    def test_reads_in_the_order_of_the_answers(self) -> None:
        """A question asked later may be answered first."""
        read_back = read(["1.000000 1.500000 This is node01", "1.200000 1.300000 This is node02"])
        self.assertEqual(read_back, [Answer(1.2, 1.3, "This is node02"), Answer(1.0, 1.5, "This is node01")])

    def test_outage_is_from_last_good_to_first_good_answer(self) -> None:
        """Its ends are answers, and it is named for who gave them."""
        self.assertEqual(outages(self.answers, 1.0), [Outage(1.006, 2.506, "node01", "node02")])
        self.assertAlmostEqual(outages(self.answers, 1.0)[0].length, 1.5)

    def test_short_silences_are_left_out(self) -> None:
        """Only what lasts long enough is an outage."""
        self.assertEqual(len(outages(self.answers, 0.2)), 2)
        self.assertEqual(outages([], 0.2), [])

    def test_handover_is_where_the_answering_host_changes(self) -> None:
        """However short the silence."""
        self.assertEqual(handover(self.answers, after=1.2), Outage(1.006, 2.506, "node01", "node02"))

    def test_no_handover(self) -> None:
        """Nobody else has answered, or only before the time asked for."""
        self.assertIsNone(handover(self.answers[:2], after=0.0))
        self.assertIsNone(handover(self.answers, after=2.6))
