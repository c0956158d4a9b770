"""
Labs beside each other: pairs of nodes that wait most of their time, each in a rack of its own.

    pair.py         two nodes of any kind, and what both say of the cluster
    labs.py         all of them, several at a time; C{python -m tests.lab.beside WORD} for some
    partings.py     nodes that do not hear each other for a while
"""
