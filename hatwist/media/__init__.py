"""The channels that carry heartbeats."""
