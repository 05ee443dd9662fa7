"""How the work grows with the number of resources."""

import measuring
from measuring import measure, megabytes, seconds
from project import small

TITLE = "Scale"
ABOUT = """The whole program on the embedded AWS, with a spec of so many tables: `plan` before anything exists, `apply`, and
`plan` with no changes. Each number is processor time of the program with the embedded AWS in it; memory is that of the last plan.
*Slope* is that of the line through the logarithms of size and value: 1 is linear, 2 quadratic."""

SIZES = [10, 25, 50, 100, 200]
SPEC = """project: many
environment: local
provider: {{ embedded: {{ speed: 1000000 }} }}
state: {{ directory: .deployer/local }}
tables:
{tables}"""


def measured(options):
    rows, points = [], {}
    with small() as (root, there):
        for size in SIZES:
            lines = [f"  t{number}: {{ key: {{ partition: {{ id: S }} }} }}" for number in range(size)]
            (root / "config/local.yaml").write_text(SPEC.format(tables="\n".join(lines)))
            first = measure([options.binary, "plan", "--env", "local"], root, there)
            apply = measure([options.binary, "apply", "--env", "local", "--yes"], root, there)
            again = measure([options.binary, "plan", "--env", "local"], root, there)
            if "No changes" not in again.output:
                raise SystemExit(f"error: the plan after the apply of {size} tables has changes:\n{again.output}")
            measure([options.binary, "destroy", "--env", "local", "--yes"], root, there)
            for name, cost in (("first", first), ("apply", apply), ("again", again)):
                points.setdefault(name, []).append((size, cost.cpu))
            points.setdefault("peak", []).append((size, again.peak))
            rows.append([size, seconds(first.cpu), seconds(apply.cpu), seconds(again.cpu), megabytes(again.peak)])
    rows.append(["slope", *(f"{measuring.slope(points[name]):.2f}" for name in ("first", "apply", "again", "peak"))])
    return measuring.table(["tables", "first plan", "apply", "plan, no changes", "peak memory"], rows)
