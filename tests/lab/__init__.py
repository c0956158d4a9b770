"""Real hosts, made of namespaces: sockets, scripts, clients and power cuts."""
