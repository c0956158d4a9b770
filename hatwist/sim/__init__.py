"""Many nodes, one virtual clock, a hostile network."""
