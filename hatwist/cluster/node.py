# -*- test-case-name: tests.cluster.test_node -*-
"""
One node: events and the time go in, actions come out.

The machines do not know each other.  Each is C{handle(item, now) -> outcomes};
an outcome is an action for the world or a fact for the other machines.  Who hears
what is in L{hatwist.cluster.routes}.
"""

from __future__ import annotations

from math import inf, isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from hatwist.cluster import actions, events, facts
from hatwist.cluster.adoption import Adoption, Inheritance
from hatwist.cluster.aftermath import Aftermath
from hatwist.cluster.clients import Clients
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.departure import Departure
from hatwist.cluster.echoes import Echoes
from hatwist.cluster.fencing import Fencing
from hatwist.cluster.flow import Flow
from hatwist.cluster.healing import Healing
from hatwist.cluster.history import History
from hatwist.cluster.ipfail import Ipfail
from hatwist.cluster.lease import Lease
from hatwist.cluster.ledger import Ledger
from hatwist.cluster.links import Links
from hatwist.cluster.membership import Membership
from hatwist.cluster.mode import Mode
from hatwist.cluster.patience import Patience
from hatwist.cluster.pings import Pings
from hatwist.cluster.reception import Reception
from hatwist.cluster.recovery import Recovery
from hatwist.cluster.requests import Requests
from hatwist.cluster.resources import Resources
from hatwist.cluster.roster import Roster
from hatwist.cluster.routes import HEARD, HEARD_OF_PEERS, IDLE, ROUTES, Directory
from hatwist.cluster.snapshot import snapshot
from hatwist.cluster.standby import Standby
from hatwist.cluster.takeover import Takeover
from hatwist.cluster.twins import LISTENING, WAITING, Twins
from hatwist.cluster.work import Work
from hatwist.config.model import AutoFailback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from hatwist.cluster.identity import Identity
    from hatwist.cluster.names import GroupState
    from hatwist.cluster.routes import Machine
    from hatwist.cluster.status import Status
    from hatwist.config.model import HaConfig, Seconds

_NOTHING: Final = Inheritance()

MAX_AGENDA: Final = 10_000
"""Items one event may cause; more means that two machines answer each other for ever."""


class Node:
    """
    The only object that knows all machines, and it knows only their names.

    @ivar complaints: the counters of what others did wrong.
    """

    def __init__(
        self,
        config: HaConfig,
        identity: Identity,
        rng: Random,
        now: Seconds,
        memory: Mapping[str, str] = MappingProxyType({}),
        inheritance: Inheritance = _NOTHING,
    ) -> None:
        """
        @param memory: what a former life asked to be kept, by name.
        @param inheritance: what a former life left running, and the guardian still holds.
        """
        self.config = config
        self.identity = identity
        self._now = now
        self._expected = inf
        me = identity.name
        self.complaints = Complaints()
        self.patience = Patience(config.cf)
        self.ledger = Ledger(me, config.groups, config.cf.auto_failback is not AutoFailback.LEGACY)
        self.roster = Roster(me, config.cf.nodes, self.ledger, self.complaints)
        spoken = config.settings.version, config.settings.native
        self.mode = Mode.of(self.roster, self.ledger, self.complaints, spoken, memory)
        self.reception = Reception(config, identity, rng, self.complaints)
        self.history = History(config, identity, self.complaints)
        self.twins = Twins(identity, self.complaints, rng, identity.epoch + now)
        self.flow = Flow(self.complaints)
        self.links = Links(config, me, self.patience)
        self.pings = Pings(config, identity, self.patience, self.complaints)
        self.adoption = Adoption(self.ledger, config.cf.nodes, inheritance, config.cf.keepalive)
        # Whom the guardian knows is no copy of another machine, and has no time to lose.
        listen = 0.0 if self.adoption.pending else config.cf.keepalive
        listening, waiting = LISTENING * listen, WAITING * listen
        self.membership = Membership(config, me, self.patience, self.complaints, listening, waiting)
        self.resources = Resources(config, self.ledger, self.complaints)
        self.requests = Requests(self.ledger, self.complaints)
        self.takeover = Takeover(self.ledger)
        self.standby = Standby(self.ledger, self.complaints)
        self.healing = Healing(self.ledger)
        self.aftermath = Aftermath(self.ledger, config.cf.keepalive, config.cf.max_rexmit_delay)
        self.echoes = Echoes(config.cf, self.ledger, rng)
        self.ipfail = Ipfail(config.cf, self.ledger, self.complaints)
        self.departure = Departure(identity, self.ledger)
        self.clients = Clients(identity, self.roster)
        self.fencing = Fencing(config, self.ledger, bool(inheritance.keys) or inheritance.met)
        self.recovery = Recovery(self.ledger, self.complaints, config.settings.monitors)
        self.work = Work(self.ledger, config.settings.parallel)
        self.lease = self._make_lease(inheritance)
        names = dict.fromkeys(name for names in ROUTES.values() for name in names)
        self._machines: dict[str, Machine] = {name: getattr(self, name) for name in names}
        self._connect()
        self._reasons: dict[str, tuple[Seconds, str]] = {}

    def handle(self, event: events.Event, now: Seconds) -> list[actions.Action]:
        """
        Take in one event.

        @param now: seconds on a monotonic clock; never smaller than before.
        @return: what to do, in order.
        """
        assert now >= self._now, f"time went back from {self._now} to {now}"
        self._now = now
        if self.lease.active and now - self._expected > self.lease.patience_with_us:
            return self._settle(facts.LeaseOver(now - self._expected), now)
        if self.lease.is_over(now):
            over = self._settle(facts.LeaseOver(), now)
            return over if self.lease.holding else [*over, *self.handle(event, now)]
        if isinstance(event, events.DeadlinePassed):
            self.patience.woke(self._expected, now)
        done = self._settle(event, now)
        self._expected = self._next()
        if isinstance(event, events.DeadlinePassed) and self._expected <= now:
            # The end of the start, say, has made other deadlines earlier.
            done += self._settle(event, now)
            self._expected = self._next()
        return done

    def _next(self) -> Seconds:
        return min([deadline() for deadline in self._waiting])

    def _make_lease(self, inheritance: Inheritance) -> Lease:
        conditions = self.work.conditions

        def states() -> Iterator[GroupState]:
            return (one.state for one in conditions.values())

        until, adopting = inheritance.until, self.adoption.pending
        node = self.config, self.identity, self.ledger, self.patience, self.complaints
        if not adopting:
            return Lease(*node, states)
        return Lease(*node, states, adopting, until, solo=inheritance.solo)

    def _settle(self, event: events.Event | facts.Fact, now: Seconds) -> list[actions.Action]:
        """Deal with an event, and with all that follows from it."""
        done: list[actions.Action] = []
        agenda: list[events.Event | facts.Outcome] = [event]  # what is next is last
        for _ in range(MAX_AGENDA):
            if not agenda:
                break
            item = agenda.pop()
            if type(item) not in self._handlers:
                done.append(item)  # type: ignore[arg-type]  # what no machine hears of is an action
                if isinstance(item, actions.Record):
                    self._remember(item)
                continue
            outcomes = self.route(item, now)  # type: ignore[arg-type]
            if outcomes:
                outcomes.reverse()
                agenda += outcomes
        assert not agenda, f"{event!r} causes more than {MAX_AGENDA} items"
        return done

    def route(self, item: events.Event | facts.Fact, now: Seconds) -> list[facts.Outcome]:
        """Give one item to the machines that hear of it; those who watch a node look here."""
        if isinstance(item, facts.MessageDelivered):
            handlers = (self._own if item.own else self._peers).handlers(item.message)
        else:
            handlers = self._handlers[type(item)]
        if len(handlers) == 1:
            return handlers[0](item, now)
        outcomes: list[facts.Outcome] = []
        for handle in handlers:
            outcomes += handle(item, now)
        return outcomes

    def replace(self, name: str, machine: Machine) -> None:
        """Put another machine in the place of one, before the start; simulated nodes of another kind do."""
        self._machines[name] = machine
        self._connect()

    def _connect(self) -> None:
        """Look up once what is called for every event."""
        # Without a guardian nothing is leased, and no status is shown to who has no use for it.
        used = {name: one for name, one in self._machines.items() if name != "lease" or self.lease.active}
        handles = {name: machine.handle for name, machine in used.items()}
        self._handlers = {
            kind: tuple(handles[name] for name in names if name in handles) for kind, names in ROUTES.items()
        }
        self._own, self._peers = Directory.of(HEARD, handles), Directory.of(HEARD_OF_PEERS, handles)
        self._waiting = [machine.deadline for name, machine in used.items() if name not in IDLE]

    def next_deadline(self) -> Seconds:
        """Return when the node wants to hear C{DeadlinePassed}; finite once it has started."""
        return self._expected

    def check(self) -> tuple[str, ...]:
        """Return which of the core's own invariants do not hold; none is the rule."""
        broken = []
        if self.ledger.jobs != self.work.running:
            broken.append(f"{self.ledger.jobs} jobs are booked, {self.work.running} are running")
        if not isfinite(self.next_deadline()):
            broken.append("there is no next deadline")
        if self.ledger.leaving and self.ledger.ours:
            broken.append(f"it is leaving and claims {self.ledger.ours.word}")
        return tuple(broken)

    def status(self) -> Status:
        """Return the snapshot of now."""
        return snapshot(self, self._now)

    def reason(self, key: str) -> str:
        """Return the newest recorded decision about a group, and its causes, in words."""
        return self._reasons.get(key, (0.0, ""))[1]

    def _remember(self, record: actions.Record) -> None:
        words = "; ".join((f"{record.decision} by {record.node}", *record.causes))
        self._reasons[record.subject] = (self._now, words)
