"""Whole services of several nodes in one process: the driver and the wiring, not the protocol."""
