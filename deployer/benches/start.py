"""How long the program takes to start and to say that there is nothing to do."""

import measuring
from measuring import measure, megabytes, seconds
from project import small

TITLE = "Start"
ABOUT = """Wall time, processor time and peak memory of commands that do next to nothing, from the start of the process to its
end. The commands take turns, and each number is the median of its runs; the last column is the wall time over that of `/bin/true`
in the same run. `plan --env local` compares all resources of `config/local.yaml` on the embedded AWS, whose world it reads from
the disk."""

COMMANDS = {
    "--version": ["--version"],
    "--help": ["--help"],
    "check --env local": ["check", "--env", "local"],
    "plan --env local, no changes": ["plan", "--env", "local"],
}


def measured(options):
    with small() as (root, there):
        measure([options.binary, "apply", "--env", "local", "--yes"], root, there)
        last = measure([options.binary, "plan", "--env", "local"], root, there)
        if "No changes" not in last.output:
            raise SystemExit(f"error: the plan after the apply has changes:\n{last.output}")
        commands = {"/bin/true": ["/bin/true"], **{name: [options.binary, *words] for name, words in COMMANDS.items()}}
        costs = {name: [] for name in commands}
        for _ in range(options.runs):
            for name, command in commands.items():
                costs[name].append(measure(command, root, there))
    medians = {name: measuring.median(of) for name, of in costs.items()}
    true = medians["/bin/true"].wall
    rows = [[f"`{name}`", seconds(one.wall), seconds(one.cpu), megabytes(one.peak), f"{one.wall / true:.1f}"] for name, one in medians.items()]
    size = options.binary.stat().st_size
    return (measuring.table(["command", "wall", "processor", "peak memory", "wall, of `/bin/true`"], rows)
            + f"\n\nThe binary ({options.binary.parent.name}) has {megabytes(size)}. {options.runs} runs of each.")
