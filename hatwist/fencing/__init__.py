"""Fencing: devices, their programs, and people."""
