#!/usr/bin/env python3
"""The embedded AWS, held against clients and doubles that we did not write.

    python deployer/tests/interop SERVE REQUIREMENTS [--write]

SERVE is the built example `serve`, REQUIREMENTS pins the packages. Ends with 1 if anything does not hold. `--write` puts the table of
differences into deployer/docs/doubles.md; without it the file must be of the same checks and versions. ONLY=text runs only the checks that have
it in their names, SERVERS="ours moto" only some of the servers; then the page is left alone.
"""

import os
import pathlib
import sys
import time

import commands
import contract
import record
import refusing
import servers
import suite

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "doubles.md"


class Outcome:
    """What was wrong with ours."""

    def __init__(self):
        self.wrong = 0

    def all(self, faults):
        for fault in faults:
            print(f"  FAILED {fault}", flush=True)
            self.wrong += 1


def clock():
    began = time.monotonic()
    return lambda: f"{time.monotonic() - began:.0f} s"


def suite_on(server, seen=None):
    """The suite on one server."""
    took = clock()
    verdicts = contract.run(server, seen)
    print(f"{server.name} {server.version}: {sum(found is None for found in verdicts)} of {len(verdicts)} checks pass ({took()})", flush=True)
    return verdicts


def ours(server, outcome):
    """Everything that ours has to bear."""
    seen = record.Record()
    verdicts = suite_on(server, seen)
    checks = contract.chosen()
    outcome.all(f"{one.service}.{one.operation}: {one.name}: {found}  [{one.source}]" for one, found in zip(checks, verdicts) if found)
    outcome.all(f"{fault}  (asked with {str(arguments)[:200]})" for fault, arguments in seen.faults.items())
    if not os.environ.get("ONLY"):
        whole(server, seen, [one for one, found in zip(checks, verdicts) if found is None], outcome)
    return verdicts


def whole(server, seen, passed, outcome):
    """What only a whole run can say: every operation was carried out, and refused in every way that can occur."""
    undriven = seen.undriven()
    print(f"  {sum(seen.counts.values())} answers held against the published models; {len(record.served()) - len(undriven)} of {len(record.served())} operations carried out")
    outcome.all(f"{name}: no check drives it to success; write one in deployer/tests/interop/checks" for name in undriven)
    took = clock()
    wrong, counts = refusing.run(server, seen, passed)
    print(f"  refusals: {', '.join(f'{counts[kind]} {kind}' for kind in suite.KINDS)} ({took()})", flush=True)
    outcome.all(wrong)


def typed(binary, outcome):
    took = clock()
    with servers.embedded(binary, 60) as endpoint:
        run, wrong = commands.run(endpoint)
    print(f"the AWS command line: {run} commands ({took()})", flush=True)
    outcome.all(wrong)


def page(text, outcome):
    """The table of differences is written, or must be of these checks, sources and versions. What a double does to a check differs from run to
    run, and so does whether the check has a row at all: so each row must be of a check of today, not each check have its row of today."""
    if "--write" in sys.argv:
        PAGE.write_text(text)
    written = PAGE.read_text() if PAGE.exists() else ""
    stale = [f"of other versions or numbers of checks: {line}" for line in contract.heading(text) if line not in contract.heading(written)]
    stale += [f"of no check of today: {row}" for row in contract.rows(written) - contract.identities()]
    outcome.all(f"{PAGE.name}, {fault}; regenerate it with .ci/interop --write" for fault in stale)


def main():
    binary, requirements = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    versions, outcome, results, tested = servers.pinned(requirements), Outcome(), {}, []
    wanted = os.environ.get("SERVERS", "ours moto ministack").split()
    makers = {"ours": lambda: servers.ours(binary), "moto": lambda: servers.moto(versions), "ministack": lambda: servers.ministack(versions)}
    for name in wanted:
        with makers[name]() as server:
            results[name] = ours(server, outcome) if name == "ours" else suite_on(server)
            tested.append(server)
    if not os.environ.get("ONLY"):
        if "ours" in wanted:
            typed(binary, outcome)
        if len(tested) == len(makers):
            page(contract.table(results, tested), outcome)
    print("all holds" if not outcome.wrong else f"{outcome.wrong} do not hold")
    sys.exit(1 if outcome.wrong else 0)


main()
