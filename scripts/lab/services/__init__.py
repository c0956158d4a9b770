"""Real services on the hosts of a lab: started, lost with their host, given back."""
