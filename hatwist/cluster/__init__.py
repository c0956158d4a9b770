"""The heartbeat protocol and its decisions: pure and deterministic."""
