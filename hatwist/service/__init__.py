"""The wiring: which room gets what, and the driver between core and world."""
