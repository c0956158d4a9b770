# -*- test-case-name: tests.resources.test_ipaddr -*-
"""
The built-in C{IPaddr}, C{IPaddr2} and C{IPv6addr}.

It takes the place of heartbeat's own scripts of these names: a start takes less than
a millisecond.  It says in the log what they say.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from attrs import frozen
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.config.model import Resource
from hatwist.errors import AgentError
from hatwist.interfaces import IResourceAgent
from hatwist.resources.announce import MOMENTS, Announcer
from hatwist.resources.network import Held, Link, Network, NoLinkError, OpenNetwork
from hatwist.resources.reporting import RESOURCE_MANAGER, Log
from hatwist.resources.wanted import Wanted

BUILTIN_NAMES: Final = frozenset({"IPaddr", "IPaddr2", "IPv6addr"})

AGENT_PREFIX: Final = "/usr/lib/ocf/resource.d//heartbeat/"
"""How the script that calls the agent signs what the agent answered."""


@implementer(IResourceAgent)
@frozen
class AddressAgent:
    """
    Holds one address.

    @ivar wanted: which.
    @ivar path: where the script would be whose place it takes, for the log.
    @ivar announcer: shared by all addresses of a node.
    @ivar opener: lends the host's network for one verb.
    """

    wanted: Wanted
    path: str
    log: Log
    announcer: Announcer
    opener: OpenNetwork

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """See L{IResourceAgent.run}; fires at once."""
        return succeed(self._run(resource, verb))

    def _run(self, resource: Resource, verb: Verb) -> tuple[Outcome, str]:
        if verb is not Verb.STATUS:
            words = " ".join((self.path, *resource.arguments, verb.value))
            self.log(Level.INFO, f"Running {words}", RESOURCE_MANAGER)
        try:
            with self.opener() as network:
                return self._carry_out(network, verb)
        except (AgentError, OSError) as reason:
            return self._fail(verb, str(reason))

    def _carry_out(self, network: Network, verb: Verb) -> tuple[Outcome, str]:
        found = find(network, self.wanted)
        match verb:
            case Verb.STATUS | Verb.SEARCH:
                words = "Running OK" if found else "Resource is stopped"
                self._answer(words)
                return (Outcome.RUNNING if found else Outcome.STOPPED), words
            case Verb.START | Verb.RECOVER:
                if not found:
                    self._start(network)
            case Verb.ANNOUNCE:
                for address in found:
                    self.announcer.begin(network.link(address.index), address.ip)
            case Verb.STOP:
                self.announcer.cancel(self.wanted.ip)
                for address in found:
                    network.remove(address)
        self._answer("Success")
        return Outcome.OK, ""

    def _start(self, network: Network) -> None:
        """Add the address, bring its interface up, tell the neighbours."""
        link, address = place(network, self.wanted)
        self._say(_adding(link, address))
        network.add(address)
        self._say(f"Bringing device {link.name} up")
        network.bring_up(link)
        moments = ",".join(f"{moment * 1000:.0f}" for moment in MOMENTS)
        what = f"-i {moments} -r {len(MOMENTS)} {link.name} {address.ip} auto not_used not_used"
        self._say(f"send_arp (built in) {what}")
        self.announcer.begin(link, address.ip)

    def _fail(self, verb: Verb, reason: str) -> tuple[Outcome, str]:
        self.log(Level.ERROR, reason, self._instance)
        if verb is not Verb.STATUS:
            self.log(Level.ERROR, f"Return code 1 from {self.path}", RESOURCE_MANAGER)
        return Outcome.FAILED, reason

    def _say(self, text: str) -> None:
        # Agents write their level in capitals, so it is part of the text.
        self.log(Level.PLAIN, f"INFO: {text}", self._instance)

    def _answer(self, text: str) -> None:
        # The calling script writes "INFO: <type> <answer>" with an empty type.
        self.log(Level.PLAIN, f"INFO:  {text}", AGENT_PREFIX + self._instance)

    @property
    def _instance(self) -> str:
        name = self.path.rpartition("/")[2]
        return f"{name}({name}_{self.wanted.ip})"


def find(network: Network, wanted: Wanted) -> list[Held]:
    """Return where the address is: on the interface asked for, or on any if none was."""
    try:
        index = network.link(wanted.device).index if wanted.device else 0
    except NoLinkError:
        return []
    return [one for one in network.at(wanted.ip) if index in (0, one.index)]


def place(network: Network, wanted: Wanted) -> tuple[Link, Held]:
    """
    Decide where an address goes, asking the routes for what was not said.

    @raise AgentError: when they do not tell.
    """
    index = network.link(wanted.device).index if wanted.device else 0
    prefix = wanted.prefix
    if not index or prefix is None:
        route = network.route(wanted.ip, index)
        if route is None:
            raise AgentError(f"no interface has a route to {wanted.ip}: say ip/bits/interface")
        index = route.index
        prefix = route.prefix if prefix is None else prefix
    if not prefix:
        raise AgentError(f"only a default route leads to {wanted.ip}: say ip/bits/interface")
    link = network.link(index)
    label = (wanted.label or link.name) if isinstance(wanted.ip, IPv4Address) else ""
    return link, Held(wanted.ip, prefix, index, label, wanted.broadcast_at(prefix))


def _adding(link: Link, address: Held) -> str:
    """Say it in the words of the agent."""
    family = "inet" if address.ip.version == 4 else "inet6"
    broadcast = f" with broadcast address {address.broadcast}" if address.broadcast else ""
    label = f" (with label {address.label})" if ":" in address.label else ""
    return f"Adding {family} address {address.ip}/{address.prefix}{broadcast} to device {link.name}{label}"
