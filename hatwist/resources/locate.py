# -*- test-case-name: tests.resources.test_locate -*-
"""
Where the programs of resources are found.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from attrs import frozen

INIT_DIRECTORY: Final = "/etc/init.d"
OCF_ROOT: Final = "/usr/lib/ocf"


@frozen
class Places:
    """
    The directories that are searched.

    @ivar directory: the configuration directory, C{/etc/ha.d}.
    @ivar init_directory: the scripts of the host.
    @ivar ocf_root: what stands above C{resource.d/PROVIDER/AGENT}.
    """

    directory: str
    init_directory: str = INIT_DIRECTORY
    ocf_root: str = OCF_ROOT

    @property
    def resource_directory(self) -> str:
        """Where heartbeat's own resource scripts are."""
        return os.path.join(self.directory, "resource.d")

    def ocf_directory(self, provider: str = "") -> str:
        """Return where the OCF agents of a provider are; of all if none is named."""
        return os.path.join(self.ocf_root, "resource.d", provider)

    def script(self, name: str) -> str | None:
        """Return the script of a resource: resource.d before init.d; None if there is none."""
        return find_program((self.resource_directory, self.init_directory), name)


def find_program(directories: Sequence[str], name: str) -> str | None:
    """
    Return the first regular, executable file of that name; None if there is none.

    A name is one part of a path: haresources must not lead out of the directories.
    """
    if not name or "/" in name:
        return None
    for directory in directories:
        path = os.path.join(directory, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None
