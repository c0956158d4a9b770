# -*- test-case-name: tests.service.test_nodeuuid -*-
"""
The uuid that a name stands for.
"""

from __future__ import annotations

from uuid import UUID

from twisted.trial.unittest import SynchronousTestCase

from hatwist.service.nodeuuid import uuid_from_name

KNOWN = {
    "node01": "8140081d-b08a-34e1-ece5-d0c63fe6e196",
    "node02": "aed2b67f-8ea8-01ad-c1b9-72b5dfa0128b",
    "paul": "e30392ec-be31-ce2e-1c87-473e15f5f7bd",
}


class NodeUuidTests(SynchronousTestCase):
    """C{uuidfrom nodename} (protocol 9.8)."""

    def test_known_names(self) -> None:
        """The same name has the same uuid as under heartbeat on this C library."""
        found = {name: str(UUID(bytes=uuid_from_name(name))) for name in KNOWN}
        self.assertEqual(found, KNOWN)

    def test_a_name_whose_hash_is_nought(self) -> None:
        """The C library takes a seed of 0 for 1, so it does not give a uuid of zeros."""
        self.assertEqual(uuid_from_name("\0"), uuid_from_name("\1"))
        self.assertTrue(any(uuid_from_name("\0")))

    def test_long_names(self) -> None:
        """However long the name, the uuid has sixteen bytes."""
        self.assertEqual(len(uuid_from_name("n" * 1000)), 16)
