"""
hatwist: nodes that beat to each other, and take over when one falls silent.

It does what Linux-HA heartbeat 3.0.6 does without CRM, on its wire, from its
three files in C{/etc/ha.d}, as a Twisted service.

The map
=======

Bytes and events go in, bytes and orders come out.  In the middle is one
L{hatwist.cluster.node.Node}, an ordinary object without socket, timer, process
or clock.  A room may import what stands left of it, never the reverse::

    errors, interfaces, unix <- wire <- config <- cluster
        <- sim | media | resources | control | clients | children | guardian <- fencing
        <- service | cli <- tap <- plugin

    wire/       bytes <-> messages: encodings, authentication, compression
    config/     ha.cf, authkeys, haresources and hatwist.toml -> frozen values
    cluster/    the heartbeat protocol and every decision; pure
    sim/        many nodes, one virtual clock, a hostile network; pure
    media/      broadcast, multicast, unicast, serial lines, ping, and one in memory
    resources/  the programs that start and stop things
    guardian/   a process of its own that releases what this host may not have
    fencing/    the devices that make sure that a dead peer cannot act
    control/    Perspective Broker: the server and the client
    clients/    heartbeat's own API for programs: cl_status, ipfail, dopd
    children/   the programs that ha.cf says are kept running
    cli/        hatwistctl
    service/    wiring: which room gets what; the driver; files and logs

C{cluster/resources.py} decides, C{resources/} does.

The glossary
============

One word for one thing, and it is the field's word.

 - B{node}: a member of the cluster.  B{peer}: another node, seen from here.
 - B{medium}: a configured channel.  B{link}: a peer reached over a medium.
 - B{heartbeat}: one C{status} message.  B{keepalive}: the time between two.
 - B{deadtime}: silence after which a peer is I{dead}.  B{warntime}: silence
   after which it is late.  B{initdead}: deadtime while the cluster starts.
 - B{generation}: grows by one with each start of a node's daemon.
   B{sequence}: numbers the messages of one generation.
 - B{rexmit}: a request to send a message again.
 - B{partition}: both sides live, neither hears the other.
 - B{resource group}: one line of haresources; it moves as a whole.  Its
   I{key} is its first resource.
 - B{local} groups are at home here, B{foreign} ones at the peer.
 - B{takeover}: starting the groups of a peer that is dead or has left.
 - B{standby}: giving up groups to the peer in an orderly way.
 - B{failback}: the way home after a takeover.
 - B{fencing}: making sure that a dead peer cannot act.
 - B{ping node}: a pseudo member that only shows that the network works.
 - B{ticket}: the number of an order that takes time, so that its outcome
   finds its way back.

A dead node is I{dead}, never down, lost or failed; a link is I{up} or I{dead}.
"""

__version__ = "0.1.0.dev0"
