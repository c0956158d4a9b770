"""Heartbeat's client API."""
