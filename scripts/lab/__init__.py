"""
A rack of hosts on one machine, for the demo, the lab tests and the bench.

A host is a set of network, mount, PID, UTS and IPC namespaces with a PID 1 of
its own.  Its cards are joined to segments (bridges) that live in a further
namespace, the rack, so nothing is ever sent outside.  Root and ordinary users
get the same, the latter inside a user namespace.

Nothing here has to be cleaned up: everything lives inside the rack's PID 1, and
that ends when the program that built it ends, whatever ended it.

    init.py         PID 1 of a rack and of a host; furnish.py its private directories
    remote.py       talks to such a PID 1: run, start, signal
    rack.py         the rack: segments and hosts; host.py one host
    watcher.py      writes down what changes: addresses (netlink), ARP (capture)
    observe.py      judges what the watcher wrote; pure
    probe.py        the client that asks all the time; outage.py judges its answers; pure
    plan.py         the hosts of the seed document; configuration.py their /etc/ha.d
    nodes.py        hosts that run hatwist, or heartbeat 3.0.6
    client.py       the client and the always-on service, started on hosts
    demo.py         the demo, told by story.py; bench.py the bench; command.py both
    tempo.py        the bench of media in trouble; stamps.py says when their datagrams came
    throughput.py   the bench that needs no rack: what a heartbeat costs; traffic.py its peers

Only the standard library is used, and in that last line hatwist itself.
"""
