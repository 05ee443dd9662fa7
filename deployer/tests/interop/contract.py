"""The contract suite on every server, and the table of where they differ."""

import collections
import concurrent.futures
import os
import re

import checks  # noqa: F401  registers them
from suite import CHECKS, WORDS, At, verdict

# Each check has things of its own, so they can run beside each other.
WORKERS = 4


HEAD = """# Where doubles of AWS differ

Written by `.ci/interop --write`, not by hand. One suite of checks, driven by boto3, runs against the embedded AWS (*ours*) and two
public doubles, moto and ministack. Each check says what AWS does and by which source: `BC svc.X` is shape or operation X of the
published service model (botocore), `tool#n` an issue of that tool's repository, the rest the page of AWS's documentation. What
is right was read there, not tried on AWS. Only what the deployer and its functions need of AWS is asked. The second number of a
sum counts refusals with the right code and status, but in other words than AWS's. A few answers of the doubles differ from run to
run (ministack's order and time), so their numbers are of the run that wrote this.

""".splitlines()


def chosen():
    only = os.environ.get("ONLY", "")
    return [one for one in CHECKS if only in f"{one.service}.{one.operation} {one.name}"]


def run(server, record=None):
    """What the server does otherwise than AWS, check by check; `None` where it does the same. `record` sees every answer."""
    at, slow = At(server, record=record), At(server, realistic=True, record=record)
    for side in (at, slow):
        # A client takes its time to be made, and a check of a first moment cannot wait for that.
        for service in {one.service for one in chosen()} | {"iam", "lambda", "apigateway", "acm"}:
            side.client(service)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda one: verdict(slow if one.realistic else at, one), chosen()))


def counts(results):
    """Per service: how many checks there are, and how many each server passes, and how many but for the words of a refusal."""
    table = collections.OrderedDict()
    for number, one in enumerate(chosen()):
        row = table.setdefault(one.service, collections.Counter())
        row["checks"] += 1
        for name, verdicts in results.items():
            row[name] += verdicts[number] is None
            row[name, "words"] += (verdicts[number] or "").startswith(WORDS)
    return table


def table(results, servers):
    """The page that says who differs, and by which source."""
    names, per_service = [server.name for server in servers], counts(results)
    total = sum(per_service.values(), collections.Counter())
    entry = lambda row, name: f"{row[name]}" + (f" + {row[name, 'words']}" if row[name, "words"] else "")
    lines = [*HEAD, "| service | checks | " + " | ".join(f"{server.name} {server.version}" for server in servers) + " |", "|---|--:|" + "--:|" * len(names)]
    for service, row in [*per_service.items(), ("**all**", total)]:
        lines.append(f"| {service} | {row['checks']} | " + " | ".join(entry(row, name) for name in names) + " |")
    lines += ["", "Below is every check in which one of them does otherwise than the source says. ✓ does as the source says.", ""]
    for service in per_service:
        lines += section(service, results, names)
    return "\n".join(lines) + "\n"


def heading(page):
    """What a page says of the suite and of ours: the versions, and per service the checks there are and those that ours passes."""
    tables = [line for line in page.splitlines() if line.count("|") == 6]
    return [line if line.startswith("| service |") else "|".join(line.split("|")[1:4]) for line in tables if line.split("|")[2].strip().isdigit() or line.startswith("| service |")]


def rows(page):
    """The checks that have a row on a page, each with its service's section and its source."""
    found, service = set(), None
    for line in page.splitlines():
        if line.startswith("## "):
            service = line[3:]
        elif service and line.startswith("| ") and not line.startswith("| check |"):
            cells = re.split(r"(?<!\\) \| ", line.strip("| "))
            found.add((service, cells[0], cells[-1]))
    return found


def identities():
    """What `rows` finds of a page that has every check."""
    return {(one.service, f"{one.operation}: {cell(one.name)}", cell(one.source)) for one in chosen()}


def section(service, results, names):
    rows = []
    for number, one in enumerate(chosen()):
        found = [results[name][number] for name in names]
        if one.service == service and any(found):
            cells = ["✓" if verdict is None else cell(verdict) for verdict in found]
            rows.append(f"| {one.operation}: {cell(one.name)} | " + " | ".join(cells) + f" | {cell(one.source)} |")
    if not rows:
        return []
    return [f"## {service}", "", "| check | " + " | ".join(names) + " | source |", "|---|" + "---|" * len(names) + "---|", *rows, ""]


def cell(text):
    """Fit for a table, and the same in every run: what is generated is left out."""
    text = re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "…", text)
    text = re.sub(r"\b(AROA|ASIA)[A-Z0-9]{6,}", r"\1…", text)
    text = re.sub(r"\b([a-z][a-z-]*)-\d+\b", r"\1", text)
    text = re.sub(r"restapis/[a-z0-9]{8,10}|\b\d{10,}\b(?<!111122223333)", "…", text)
    return " ".join(text.replace("|", "\\|").replace("<", "\\<").split())
