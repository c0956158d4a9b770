# -*- test-case-name: tests.lab.test_services -*-
"""
A disk that all hosts of a rack have, as two cables to one box would give them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scripts.lab.rack import Rack, python
from scripts.lab.watch import until

PLACE: Final = "/mnt"
"""Where the rack keeps the image, or the directory; hosts that are powered on later see it."""

MOUNTED: Final = "/var/lib/data"
"""Where a host mounts the disk."""

SIZE: Final = "192M"


class SharedDisk:
    """
    A file system on a loop device; where there are no loop devices, a directory.

    To be made before the hosts are powered on.

    @ivar resource: the word of haresources that mounts it.
    @ivar what: what it is, for people.
    """

    def __init__(self, rack: Rack) -> None:
        self._console = rack.console
        self._console.do("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", PLACE)
        image = f"{PLACE}/disk.img"
        self._console.do("truncate", "-s", SIZE, image)
        script = str(Path(__file__).with_name("loop.py"))
        self._loop = self._console.start([python(), "-I", "-S", script, image])
        until(lambda: self._loop.text().endswith("\n"), 10, "there is a loop device, or none to be had")
        word, _, rest = self._loop.text().strip().partition(" ")
        self._source = [rest]
        if word == "ready":
            self._console.do("mkfs.ext4", "-q", rest)
            self.resource = f"Filesystem::{rest}::{MOUNTED}::ext4"
            self.what = f"ext4 on {rest}"
            return
        self._console.do("mkdir", f"{PLACE}/shared")
        self._source = ["--bind", f"{PLACE}/shared"]
        self.resource = f"Filesystem::{PLACE}/shared::{MOUNTED}::none::bind"
        self.what = f"a directory that is bound, as there are no loop devices here ({rest})"

    def fill(self, script: str) -> None:
        """Run a script of the shell in the root of the disk, before any host mounts it."""
        self._console.do("mkdir", "-p", f"{PLACE}/filled")
        self._console.do("mount", *self._source, f"{PLACE}/filled")
        self._console.do("sh", "-e", "-c", f"cd {PLACE}/filled\n{script}")
        self._console.do("umount", f"{PLACE}/filled")
