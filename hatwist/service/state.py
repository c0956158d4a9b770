# -*- test-case-name: tests.service.test_state -*-
"""
Uuid and generation, in the files and forms in which heartbeat keeps them
(protocol 8.2, 9.1).
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hatwist.cluster.names import Level
from hatwist.config.model import GenerationMethod, UuidSource
from hatwist.errors import StateError
from hatwist.service.nodeuuid import uuid_from_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.config.model import HaCf, NodeName

UUID_LENGTH: Final = 16
MAX_GENERATION: Final = 2**63 - 1
FILE_MODE: Final = 0o600


class StateFiles:
    """
    The state directory, C{/var/lib/heartbeat}.

    @ivar say: takes heartbeat's lines about what is found there.
    """

    def __init__(
        self,
        directory: str,
        say: Callable[[Level, str], None],
        sync: Callable[[int], None] = os.fsync,
        rename: Callable[[str, str], None] = os.rename,
    ) -> None:
        self._directory = directory
        self._say = say
        self._sync = sync
        self._rename = rename

    def new_generation(self, cf: HaCf, wall: float) -> int:
        """
        Return the generation of the life that begins; it is on disk before this returns.

        @param wall: seconds since 1970.
        @raise StateError: when it cannot be written.
        """
        if cf.hbgenmethod is GenerationMethod.TIME:
            generation = int(wall)
        else:
            generation = self._next_generation(wall)
            self._write("hb_generation", f"{generation:15d}\n".encode("ascii"))
        self._say(Level.INFO, f"Heartbeat generation: {generation}")
        return generation

    def own_uuid(self, cf: HaCf, name: NodeName) -> bytes:
        """
        Return this node's uuid; made, and on disk, at the first start.

        @raise StateError: when it cannot be written.
        """
        if cf.uuidfrom is UuidSource.NODENAME:
            return uuid_from_name(name)
        found = self._read("hb_uuid")
        if found is not None and len(found) == UUID_LENGTH and any(found):
            return found
        self._say(Level.INFO, "No uuid found for current node - generating a new uuid.")
        made = uuid.uuid4().bytes
        self._write("hb_uuid", made)
        return made

    def _next_generation(self, wall: float) -> int:
        found = self._read("hb_generation")
        first = int(wall) + 1
        if found is None:
            self._say(Level.WARN, f"No Previous generation - starting at {first}")
            return first
        text = found.decode("ascii", "replace").strip()
        if not text.isdigit() or not 0 < int(text[:20]) < MAX_GENERATION:
            # heartbeat goes on with 1, which its peers take for a replay; the time is greater than any count.
            self._say(Level.WARN, f"BROKEN previous generation - starting at {first}")
            return first
        return int(text) + 1

    def _read(self, name: str) -> bytes | None:
        path = os.path.join(self._directory, name)
        try:
            with open(path, "rb") as file:
                return file.read(64)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(f"cannot read {path}: {error.strerror}") from error

    def _write(self, name: str, data: bytes) -> None:
        """Write, sync, rename: after a power cut there is the old file or the new one."""
        path = os.path.join(self._directory, name)
        new = f"{path}.new"
        try:
            os.makedirs(self._directory, mode=0o755, exist_ok=True)
            self._write_through(new, data)
            self._rename(new, path)
            directory = os.open(self._directory, os.O_RDONLY)
            try:
                self._sync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            with suppress(OSError):
                os.unlink(new)
            raise StateError(f"cannot write {path}: {error.strerror}") from error

    def _write_through(self, path: str, data: bytes) -> None:
        """Write a file that only its owner can read, through to the disk."""
        with open(path, "wb") as file:
            os.fchmod(file.fileno(), FILE_MODE)
            file.write(data)
            file.flush()
            self._sync(file.fileno())
