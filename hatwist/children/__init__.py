"""Children of the daemon: what C{respawn} and C{failfast} of ha.cf keep running."""
