"""
Many clusters go through many scenarios, and are audited after each.

    choices.py      what a cluster is made of: medium, signature, failback, daemons; pure
    covering.py     few choices in which each pair of values occurs; pure
    cluster.py      one cluster in a rack: its nodes, orders to them, waiting until it is settled
    views.py        what each node says of the cluster, and whether all of it agrees; pure
    complaints.py   the lines of a log that complain, as patterns; pure
    scenarios.py    what happens to a cluster, one fault or order at a time
    audit.py        what must hold after a scenario
    life.py         one cluster from its start to its end, scenario by scenario
    main.py         C{./scripts/soak}
"""
