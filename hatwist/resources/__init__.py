"""Starting, stopping and asking the things a node may own."""
