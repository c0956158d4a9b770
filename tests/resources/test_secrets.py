# -*- test-case-name: tests.resources.test_secrets -*-
"""
What is secret does not come out again.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.secrets import hide, hide_assigned, secret_values


class SecretTests(SynchronousTestCase):
    """L{secret_values}, L{hide} and L{hide_assigned}."""

    def test_whose_name_says_so(self) -> None:
        """The values of parameters with such names, but for words that hide nothing."""
        parameters = {
            "passwd": "hunter2",
            "MySQL_Password": " two words ",
            "api_key": "k",
            "token": "",
            "passive": "off",
            "user": "admin",
            "keyfile": "/etc/key",
        }
        self.assertEqual(secret_values(parameters), {"hunter2", "two words", "k"})

    def test_hidden(self) -> None:
        """The longest is hidden first; a short one only where it is a word."""
        self.assertEqual(
            hide("login admin/secret42 failed", {"secret", "secret42"}), "login admin/*** failed"
        )
        self.assertEqual(hide("a cat sat at a mat", {"at"}), "a cat sat *** a mat")
        self.assertEqual(hide("nothing", ()), "nothing")

    def test_assigned(self) -> None:
        """What is assigned by name is hidden wherever it comes from, quoted or not."""
        for text, shown in (
            ("+ mysql --password=hunter2 -u admin", "+ mysql --password=*** -u admin"),
            ("OCF_RESKEY_passwd='two words' x", "OCF_RESKEY_passwd=*** x"),
            ('secret="never ending\nthe next line', "secret=***\nthe next line"),
            ("DB_TOKEN_2=abc;rest", "DB_TOKEN_2=***"),
            ("password: wrong", "password: wrong"),
            ("Passwords are not compared", "Passwords are not compared"),
        ):
            self.assertEqual(hide_assigned(text), shown)
