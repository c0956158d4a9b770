"""
Labs beside each other: pairs of nodes that wait most of their time, each in a rack of its own.

    pair.py         two nodes of any kind, and what both say of the cluster
    labs.py         all of them, several at a time; C{python -m tests.lab.beside WORD} for some
    partings.py     nodes that do not hear each other for a while
    loss.py         a quarter of everything is lost
    bystander.py    a third host with heartbeat hears everything
    successor.py    one kind of daemon takes the place of the other on a host
    restarts.py     heartbeat's quick restart, and odd generations
    names.py        another uuid, another name
    copies.py       the copy of a machine
    roster.py       addnode, delnode, setweight, setsite
    large.py        messages that travel compressed
    lines.py        a null modem cable and nothing else; L{tests.lab.test_serial} lets them live
    gateway.py      who loses the gateway gives up its groups; L{tests.lab.test_ipfail} does
    networks.py     the pair and the gateway of those
"""
