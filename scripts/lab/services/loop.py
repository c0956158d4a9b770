# -*- test-case-name: tests.lab.test_services -*-
"""
Hold a loop device over an image as long as this runs.

A script of its own: C{loop.py IMAGE}.  It says C{ready DEVICE}, or C{none REASON} and
ends.  The kernel frees the device with whoever has it open last, so a lab that is
killed leaves none behind; losetup has no option for that.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import struct
import sys

CONTROL = "/dev/loop-control"
GET_FREE = 0x4C82
CONFIGURE = 0x4C0A
AUTOCLEAR = 4
TRIES = 20


def attach(image: int) -> tuple[str, int]:
    """
    Put a file behind a loop device that is free.

    @return: the device, and a descriptor that keeps it.
    """
    with open(CONTROL, "rb") as control:
        for _ in range(TRIES):
            path = f"/dev/loop{fcntl.ioctl(control, GET_FREE)}"
            device = os.open(path, os.O_RDWR)
            # struct loop_config: file, block size, struct loop_info64, reserved.
            settings = struct.pack("=II 5Q 4I 64s 64s 32s 2Q 8Q", image, 0, *[0] * 5, 0, 0, 0, AUTOCLEAR,
                                   b"lab", b"", b"", 0, 0, *[0] * 8)  # fmt: skip
            try:
                fcntl.ioctl(device, CONFIGURE, settings)
            except OSError as problem:
                os.close(device)
                if problem.errno != errno.EBUSY:  # somebody else was faster
                    raise
                continue
            return path, device
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


def main() -> None:
    """Take the image from the command line, and wait to be killed."""
    try:
        path, _ = attach(os.open(sys.argv[1], os.O_RDWR))
    except OSError as problem:
        print(f"none {problem.strerror}", flush=True)
        return
    print(f"ready {path}", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
