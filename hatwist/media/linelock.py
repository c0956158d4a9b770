# -*- test-case-name: tests.media.test_linelock -*-
"""
The lock file of a serial line, as uucp, getty, minicom and heartbeat respect it.

It holds the process id of its owner in ten characters and a newline.  One whose
owner is dead is stale, and taken away.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import define, field

from hatwist.config.lines import LOCKS, lock_name, lock_owner
from hatwist.errors import MediumError

ATTEMPTS: Final = 3
"""Stale locks that are taken away; more of them are somebody else's, who is quicker."""


def is_alive(pid: int) -> bool:
    """Say whether there is a process of this id, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@define
class LineLock:
    """
    The lock of one device.

    @ivar device: its full path.
    @ivar directory: where lock files are.
    """

    device: str
    directory: str = LOCKS
    _held: bool = field(default=False, init=False)

    @property
    def path(self) -> Path:
        """The lock file."""
        return Path(self.directory, lock_name(self.device))

    def take(self) -> None:
        """
        Lock it.

        @raise MediumError: somebody else has it, or there can be no such file.
        """
        own = Path(self.directory, f"LTMP..{os.getpid()}.{lock_name(self.device)}")
        try:
            own.write_text(f"{os.getpid():10d}\n")
            own.chmod(0o644)
            for _ in range(ATTEMPTS):
                # A link is made or not; there is never half a lock.
                with suppress(FileExistsError):
                    os.link(own, self.path)
                    self._held = True
                    return
                self._remove_if_stale()
            raise MediumError(f"cannot lock line {self.device} ({self.path} comes again and again)")
        except OSError as problem:
            raise MediumError(
                f"cannot lock line {self.device} ({self.path}: {problem.strerror})"
            ) from problem
        finally:
            with suppress(OSError):
                own.unlink()

    def release(self) -> None:
        """Unlock it, if it was locked by us."""
        if self._held:
            self._held = False
            with suppress(OSError):
                self.path.unlink()

    def _remove_if_stale(self) -> None:
        try:
            text = self.path.read_text("ascii", "replace")
        except FileNotFoundError:
            return
        owner = lock_owner(text)
        if owner is None:
            raise MediumError(f"cannot lock line {self.device} ({self.path} names no process)")
        # One of our own number that we do not hold is from a former life.
        if owner != os.getpid() and is_alive(owner):
            raise MediumError(f"cannot lock line {self.device} (process {owner} has it: {self.path})")
        with suppress(FileNotFoundError):
            self.path.unlink()
