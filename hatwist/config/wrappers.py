# -*- test-case-name: tests.config.test_programs -*-
"""
The words of haresources that mean an OCF agent.

C{OCF::TYPE::INSTANCE} does, with the parameters in a file; so does a name for
which heartbeat ships a wrapper script, with the parameters by position.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OCF_SCRIPT: Final = "OCF"

HEARTBEAT: Final = "heartbeat"
"""The provider whose agents come first; the wrappers know no other."""

POSITIONAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "AudibleAlarm": ("nodelist",),
        "Delay": ("startdelay", "stopdelay"),
        "Filesystem": ("device", "directory", "fstype", "options"),
        "ICP": ("driveid", "device"),
        "IPsrcaddr": ("ipaddress",),
        "LVM": ("volgrpname",),
        "LinuxSCSI": ("scsi",),
        "MailTo": ("email", "subject"),
        "Raid1": ("raidconf", "raiddev"),
        "SendArp": ("ip", "nic"),
        "ServeRAID": ("serveraid", "mergegroup"),
        "WAS": ("config",),
        "WinPopup": ("hostfile",),
        "Xinetd": ("service",),
        "apache": ("configfile",),
        "db2": ("instance",),
        "ids": ("informixdir", "informixserver", "onconfig"),
        "portblock": ("protocol", "portno", "action", "ip"),
    }
)
"""
The parameters of each wrapper, in order.  C{IPaddr} and its kin are not here:
without their script the built-in address takes their place.
"""
