# -*- test-case-name: tests.test_errors -*-
"""
What an error says, and whose fault it is.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist import errors


class ErrorTests(SynchronousTestCase):
    """The family of errors."""

    def test_configuration_error_tells_everything(self) -> None:
        """Every problem is kept, and stands on a line of its own."""
        error = errors.ConfigError(["ha.cf:1:1: error: one", "ha.cf:2:1: error: two"])
        self.assertEqual(str(error), "ha.cf:1:1: error: one\nha.cf:2:1: error: two")
        self.assertEqual(len(error.problems), 2)

    def test_peers_cannot_raise_anything_else(self) -> None:
        """What is wrong with a message is always a RemoteError, so one place can count it."""
        for kind in (errors.MalformedError, errors.AuthenticationError):
            self.assertTrue(issubclass(kind, errors.RemoteError))
        self.assertFalse(issubclass(errors.ConfigError, errors.RemoteError))
