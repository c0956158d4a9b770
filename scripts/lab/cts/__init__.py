"""
The test classes of heartbeat's own test suite, CTS, as scenarios for two nodes.

CTS starts and stops the daemons of a cluster, looks for certain lines in the logs of
all nodes, and counts lines that must not be there.  What is here does the same, with
the same regular expressions, in a lab and with a deadtime of two seconds.

    patterns.py   what CTS looks for in logs; pure
    journal.py    the logs of both nodes in one, as a log host gathers them
    exerciser.py  what CTS does with a cluster, step by step
    classes.py    its test classes, and why some of them are not here
    run.py        one cluster goes through classes, is audited after each
    table.py      how the classes ended beside each other; pure
    main.py       C{./scripts/soak --cts}
"""
