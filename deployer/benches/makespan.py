"""How near an apply comes to the time that AWS alone asks for, in virtual time."""

import re

import measuring
from measuring import measure

TITLE = "Calls, round trips and makespan"
ABOUT = """The simulator (`cargo run -p sim -- measure`) runs the real engine, resource types and SDK against the embedded AWS on
a virtual clock, so these numbers are exact and do not depend on the machine. *Calls* are all calls of AWS without those for the
state; *round trips* is how many of them wait for each other, one after the other, where AWS itself takes no time. The second
table is the time from the first change to the end of an apply over the longest path of calls and waits that AWS imposes, with
latencies of calls and AWS's own waits drawn anew for each seed."""

HEADING = re.compile(r"^(.+): (\d+) resources$")
COST = re.compile(r"^\s+(\S+)\s+(\d+) calls,\s+(\d+) round trips$")
RATIO = re.compile(r"^(.+): (\d+) seeds, apply takes ([\d.]+) of the critical path, at worst ([\d.]+) \(seed (\d+)\)$")


def sim(options, *words):
    command = [options.sim.resolve()] if options.sim else ["cargo", "run", "--quiet", "--locked", "-p", "sim", "--bin", "sim", "--"]
    return measure([*command, *words]).output


def measured(options):
    if not re.search(r"^\s+measure\b", sim(options, "--help"), re.MULTILINE):
        return "Not measured: this `sim` has no command `measure`."
    costs, ratios, of = [], [], ""
    for line in sim(options, "measure", "--makespans", str(options.seeds)).splitlines():
        if found := HEADING.match(line):
            of = f"{found[1]}, {found[2]} resources"
        elif found := COST.match(line):
            costs.append([of, *found.groups()])
        elif found := RATIO.match(line):
            ratios.append(list(found.groups()))
    if not costs or not ratios:
        raise SystemExit("error: `sim measure` prints something else than it did")
    return (measuring.table(["stack", "command", "calls", "round trips"], costs) + "\n\n"
            + measuring.table(["stack", "seeds", "median of the critical path", "at worst", "seed of the worst"], ratios))
