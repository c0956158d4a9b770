"""Remote control: Perspective Broker server and client."""
