#!/usr/bin/env python3
"""The embedded AWS, held against clients and doubles that we did not write.

    python deployer/tests/interop SERVE REQUIREMENTS [--write]

SERVE is the built example `serve`, REQUIREMENTS pins the packages. Ends with 1 if anything does not hold. `--write` puts the table of
differences into deployer/docs/doubles.md; without it the file must hold what is found. ONLY=text runs only the checks that have
it in their names, PHASES=contract (or drive, refuse, cli) only some of the phases.
"""

import os
import pathlib
import sys
import time

import contract
import record
import refusing
import servers
import suite

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "doubles.md"


def contract_phase(binary, versions):
    """The suite on all three; ours must pass every check."""
    results, tested, seen, wrong = {}, [], record.Record(), 0
    wanted = os.environ.get("SERVERS", "ours moto ministack").split()
    for make in (lambda: servers.ours(binary), lambda: servers.moto(versions), lambda: servers.ministack(versions)):
        with make() as server:
            if server.name not in wanted:
                continue
            began = time.monotonic()
            results[server.name] = contract.run(server, seen if server.name == "ours" else None)
            tested.append(server)
            if server.name == "ours":
                wrong = refused(server, seen, results["ours"])
            passed = sum(found is None for found in results[server.name])
            print(f"  {server.name}: {passed} of {len(results[server.name])} checks pass ({time.monotonic() - began:.0f} s)", flush=True)
    for one, found in zip(contract.chosen(), results.get("ours", [])):
        if found:
            print(f"  FAILED {one.service}.{one.operation}: {one.name}: {found}  [{one.source}]")
    for fault, arguments in seen.faults.items():
        print(f"  FAILED {fault}  (asked with {str(arguments)[:200]})")
    undriven = seen.undriven()
    for name in undriven:
        print(f"  FAILED {name}: no check drives it to success; write one in deployer/tests/interop/checks")
    total = sum(seen.counts.values())
    print(f"  {total} answers of ours were held against the models; {len(record.served()) - len(undriven)} of {len(record.served())} operations were carried out")
    return contract.table(results, tested), sum(map(bool, results.get("ours", []))) + len(seen.faults) + len(undriven) + wrong


def refused(server, seen, verdicts):
    """The refusals of ours that the models, and sessions without rights, ask for."""
    began = time.monotonic()
    passed = [one for one, found in zip(contract.chosen(), verdicts) if found is None]
    wrong, counts = refusing.run(server, seen, passed)
    print(f"  refusals of ours: {', '.join(f'{counts[kind]} {kind}' for kind in suite.KINDS)}; {len(wrong)} wrong ({time.monotonic() - began:.0f} s)")
    for fault in wrong:
        print(f"  FAILED {fault}")
    return len(wrong)


def main():
    binary, requirements = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    versions = servers.pinned(requirements)
    phases = os.environ.get("PHASES", "contract").split()
    failed = 0
    if "contract" in phases:
        page, failures = contract_phase(binary, versions)
        failed += failures
        if "--write" in sys.argv:
            PAGE.write_text(page)
    sys.exit(1 if failed else 0)


main()
