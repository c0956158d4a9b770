# -*- test-case-name: tests.resources.test_locate -*-
"""
Finding programs.
"""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.locate import Places
from tests.resources.fakes import temporary, write_program


class LocateTests(SynchronousTestCase):
    """L{Places}."""

    def setUp(self) -> None:
        self.directory = temporary(self)
        self.init = temporary(self)
        self.places = Places(self.directory, self.init, "/usr/lib/ocf")

    def test_resource_d_comes_before_init_d(self) -> None:
        """A script of resource.d hides one of init.d."""
        self.assertIsNone(self.places.script("httpd"))
        init = write_program(self.init, "httpd", "")
        self.assertEqual(self.places.script("httpd"), init)
        own = write_program(os.path.join(self.directory, "resource.d"), "httpd", "")
        self.assertEqual(self.places.script("httpd"), own)

    def test_only_executable_files_count(self) -> None:
        """What is not executable, or no file, is passed over."""
        write_program(os.path.join(self.directory, "resource.d"), "httpd", "", mode=0o644)
        os.mkdir(os.path.join(self.directory, "resource.d", "tomcat"))
        init = write_program(self.init, "httpd", "")
        self.assertEqual(self.places.script("httpd"), init)
        self.assertIsNone(self.places.script("tomcat"))

    def test_a_name_does_not_lead_elsewhere(self) -> None:
        """A name with a slash, or none, is never found."""
        write_program(self.directory, "evil", "")
        os.makedirs(os.path.join(self.directory, "resource.d"))
        self.assertIsNone(self.places.script("../evil"))
        self.assertIsNone(self.places.script(""))
