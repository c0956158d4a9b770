# -*- test-case-name: tests.lab.test_services -*-
"""
Try real services on a cluster of two nodes.

Run it by C{./scripts/services}, which sets up what it needs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from scripts.lab import command
from scripts.lab.rack import Rack
from scripts.lab.remote import LabError
from scripts.lab.services.catalogue import SERVICES, Service
from scripts.lab.services.trial import Trial
from scripts.lab.watch import Watch


def main(arguments: Sequence[str]) -> int:
    """Try and print; return the exit status: 0 when everything that could be tried went well."""
    names = {service.name.lower(): service for service in SERVICES}
    parser = argparse.ArgumentParser(prog="./scripts/services", description=__doc__.strip().splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="SERVICE", help=f"all, or some of {' '.join(names)}")
    parser.add_argument("--logs", action="store_true", help="show the logs of both nodes of what went wrong")
    parser.add_argument("--needs", action="store_true", help="print PROGRAM:PACKAGE of all that is needed")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name.lower() not in names]
    if unknown:
        parser.error(f"no such service: {' '.join(unknown)}")
    chosen = [names[name.lower()] for name in options.names] or list(SERVICES)
    if options.needs:
        needed = {
            f"{item[0]}:{item[1]}" for one in chosen if one.kernel_allows() for item in one.needs.items()
        }
        print("\n".join(sorted(needed)))
        return 0

    def work() -> int:
        print("An address and a service on two nodes; keepalive 200 ms, deadtime 1.5 s. The outage is what a")
        print("client misses: from the last good answer of one node to the first good one of the other.")
        print(f"{'service':<12} {'host dies':>10} {'standby':>10}   line of haresources")
        results = [trial(service, show_logs=options.logs) for service in chosen]
        return 0 if all(results) else 1

    return command.run(work)


def trial(service: Service, *, show_logs: bool) -> bool:
    """Try one service and print its line; return whether nothing went wrong."""
    obstacle = service.obstacle()
    if obstacle is not None:
        print(f"{service.name:<12} skipped: {obstacle}", flush=True)
        return True
    with Rack() as rack:
        tried = Trial(rack, Watch(rack), service)
        try:
            tried.begin()
            lost, given = tried.lose(), tried.give_back()
        except LabError as problem:
            print(f"{service.name:<12} FAILED: {problem}", flush=True)
            if show_logs:
                print(tried.logs())
            return False
        print(f"{service.name:<12} {lost.length:>8.2f} s {given.length:>8.2f} s   {tried.line}", flush=True)
        if tried.disk is not None:
            print(f"{'':<36}{tried.disk.what}")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
