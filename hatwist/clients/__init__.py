"""Heartbeat's client API: the socket through which programs of this host ask and speak."""
