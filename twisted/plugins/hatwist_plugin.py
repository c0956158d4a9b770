"""Tell twistd that there is a hatwist; nothing of it is imported until it is asked for."""

from twisted.application.service import ServiceMaker

hatwist = ServiceMaker(
    "hatwist",
    "hatwist.tap",
    "A failover daemon that speaks heartbeat 3.0.6.",
    "hatwist",
)
