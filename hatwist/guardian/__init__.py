"""
The guardian: a small process of its own that releases what this host may not have any more.

It is started with C{python -I -S}, so it imports the standard library, the decision in
L{hatwist.cluster.guard}, and this room; nothing else.
"""
