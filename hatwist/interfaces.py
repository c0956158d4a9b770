# -*- test-case-name: tests.test_interfaces -*-
"""
The seams of hatwist: what can be swapped for something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twisted.internet.defer import Deferred

    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.adoption import Inheritance
    from hatwist.cluster.events import Event
    from hatwist.cluster.names import Holding, Outcome, Verb
    from hatwist.cluster.status import Status
    from hatwist.config.model import (
        FencingDevice,
        LinkName,
        MediumSpec,
        NodeName,
        Resource,
        ResourceGroup,
        Seconds,
    )
    from hatwist.control.entries import Entry
    from hatwist.fencing.dialects import Order
    from hatwist.fencing.results import Answer, DeviceStatus, Fenced, FenceResult
    from hatwist.resources.operations import Operation


class IMediumReceiver(Interface):
    """Who hears what a medium has to say."""

    def datagramReceived(link: LinkName, data: bytes, source: str) -> None:
        """Bytes arrived; C{source} is for the log only."""

    def linkDown(link: LinkName, reason: str) -> None:
        """The medium cannot send or receive; said once, not for each datagram."""

    def linkUp(link: LinkName) -> None:
        """The medium works again."""


class IMedium(Interface):
    """One open channel to the peers."""

    spec: MediumSpec = Attribute("What it was made from.")

    def start() -> None:
        """
        Open it.

        @raise MediumError: when it cannot be opened; says what and why.
        """

    def send(data: bytes) -> None:
        """Send one datagram; never blocks, never raises; failures go to C{linkDown}."""

    def stop() -> Deferred[None]:
        """Close it; fires when nothing more will be delivered."""


class ICounting(Interface):
    """What counts its troubles, for the status."""

    def counters() -> Mapping[str, int]:
        """Return how often what went wrong, each with a name of its own; never 0."""


class IMediumFactory(Interface):
    """A kind of medium, named as its directive in ha.cf."""

    name: str = Attribute("The directive.")

    def make(spec: MediumSpec, reactor: object, receiver: IMediumReceiver) -> IMedium:
        """Make a medium, not yet open."""


class IResourceAgent(Interface):
    """Runs one verb on one resource."""

    def run(resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """
        Run it; the Deferred always fires with a result, never with a failure
        for anything the program did, and within the agent's time-out.

        @return: the outcome and, for people, the last words of the program.
        """


class IWitness(Interface):
    """Sees what the runner of groups does to each resource."""

    def before_start(group: ResourceGroup, resource: Resource, outcome: Outcome) -> None:
        """Hear what its status says just before it may be started."""

    def stopping(group: ResourceGroup, resource: Resource) -> None:
        """Hear that it is about to be stopped."""


class IProcesses(Interface):
    """Waits for the processes of one group."""

    def look() -> None:
        """Find out anew which they are; never blocks."""

    def forget() -> None:
        """Wait for none of them until the next look."""


class IFencingDevice(Interface):
    """Carries out one order on one node."""

    spec: FencingDevice = Attribute("What it was made from.")

    def run(order: Order, host: str, timeout: float) -> Deferred[Answer]:
        """
        Carry it out; the Deferred always fires with an answer, never with a failure
        for anything a device or its program did, unless it is cancelled.

        @param host: the device's name for the node; empty for a status.
        @param timeout: seconds, after which what goes on is ended.
        """


class IFencer(Interface):
    """Makes sure that a node cannot act."""

    def fence(node: NodeName, why: str) -> Deferred[FenceResult]:
        """
        Fence a node; who asks for it while it is being fenced gets the same result.

        @param why: for the log and the history.
        @return: always fires, within the time of a fencing, and never fails for what
            a device did; when it is cancelled by all who wait, the fencing ends.
        """

    def confirm(node: NodeName, who: str) -> bool:
        """
        Take a person's word that a node cannot act.

        @return: whether it is being fenced; else the word counts for nothing.
        """

    def history() -> tuple[Fenced, ...]:
        """Return the last fencings that have ended, the oldest first."""

    def troubles() -> tuple[str, ...]:
        """Return what an operator should look at, in whole sentences."""

    def status() -> Deferred[tuple[DeviceStatus, ...]]:
        """Ask the devices whether they answer, or return what they said a moment ago; never fails."""


class IGuardian(Interface):
    """Sees to it that what was entrusted is released when the deadline passes (safety 1)."""

    armed: Seconds = Attribute("Seconds after which a watchdog device resets this host; 0: none does.")

    def attach() -> Inheritance:
        """
        Be there from now on; waits for it, some seconds at most.

        @return: what a former life has entrusted.
        @raise HatwistError: it cannot be had; without it the node shall not start.
        """

    def push(at: Seconds, solo: bool) -> None:
        """Move the deadline; never blocks."""

    def entrust(group: ResourceGroup) -> Deferred[bool]:
        """
        Tell it how a group is released, before the group is started.

        @return: whether it may be started; never fails.
        """

    def release(key: str) -> None:
        """Tell it that nothing of a group runs here any more; never blocks."""

    def give_up(key: str) -> None:
        """Tell it that a group cannot be stopped: the watchdog is to reset this host; never blocks."""

    def close() -> None:
        """Need it no more; it goes on as long as something is entrusted."""


class IPrograms(Interface):
    """
    A way in and out for programs of this host: clients of the API, scripts of
    C{rc.d}, whoever writes into the FIFO.
    """

    def open(feed: Callable[[Event], None]) -> None:
        """
        Be there for them, from before the media are opened.

        @param feed: takes what they want; does nothing before the node has begun.
        @raise HatwistError: without it the node shall not start.
        """

    def close() -> Deferred[None]:
        """Be there no more; fires when nothing more will be fed."""

    def deliver(news: Deliver) -> None:
        """Tell them; never blocks, never raises for anything a program does."""

    def pause(paused: bool) -> None:
        """Take nothing more from them for a while, or take it again."""


class IControlObserver(Interface):
    """Who wants to hear what happens."""

    def happened(kind: str, text: str, when: float) -> None:
        """
        Something happened.

        @param kind: C{log}, C{decision} or C{status}.
        @param when: seconds since the epoch.
        """


class IClusterControl(Interface):
    """What control may ask of a node."""

    def status() -> Status:
        """Return the snapshot."""

    def troubles() -> Sequence[str]:
        """Return what an operator should look at and the snapshot does not know, in whole sentences."""

    def subscribe(observer: IControlObserver) -> Callable[[], None]:
        """Hear of everything from now on; call the result to end it."""

    def standby(which: Holding, requester: str) -> None:
        """Ask the node to give up groups."""

    def takeover(which: Holding, requester: str) -> None:
        """Ask the node to get groups from its peer."""

    def cleanup(key: str, requester: str) -> None:
        """Let failures of a group count no more; with an empty key those of all groups."""

    def journal(about: str, count: int) -> Sequence[Entry]:
        """
        Return the newest decisions, those of former lives included, oldest first.

        @param about: a group or a node; empty for everything.
        """

    def operations(key: str) -> Sequence[Operation]:
        """
        Return what was done to the resources of a group lately, oldest first.

        @raise ControlError: there is no such group.
        """

    def confirm_down(node: str, requester: str) -> None:
        """Take a person's word that a node is down, and that nothing of it runs."""

    def fencings() -> Sequence[Fenced]:
        """Return the last fencings, the oldest first."""

    def fencing_devices() -> Deferred[Sequence[DeviceStatus]]:
        """Ask the fencing devices whether they answer; never fails."""

    def leave(requester: str) -> None:
        """Ask the node to give up everything and leave."""
