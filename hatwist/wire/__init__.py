"""The encodings of heartbeat messages: bytes to messages and back."""
