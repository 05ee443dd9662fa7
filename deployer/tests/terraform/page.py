"""The page of results."""

HEAD = """# Terraform's provider on the embedded AWS

Written by `.ci/terraform --write`, not by hand. Terraform's provider, hashicorp/aws {version}, is a client that others wrote and that
reads back whatever it sends. On `deployer local serve` each of these types is applied, planned again (the plan must be empty), changed in
place in every argument listed as changed, planned again, imported into an empty state, and destroyed; then nothing may be left. The
configurations are in `deployer/tests/terraform/`. Arguments include blocks; those that no configuration sets are listed, and it is
not known how the embedded AWS treats them. What is set and not changed is fixed at creation, or the same in both steps. The embedded AWS
refuses by name what it does not have: tables with provisioned capacity, tags of objects in S3.

| resource type | set | changed in place | not set | import | result |
|---|--:|--:|---|---|---|
"""


def row(name, one):
    unset = ", ".join(f"`{argument}`" for argument in sorted(one.settable - one.given)) or "none"
    result = "✓" if not one.problems else "; ".join(problem[:200].replace("|", "\\|") for problem in one.problems[:2])
    return f"| `{name}` | {len(one.given)} | {len(one.changed)} | {unset} | {one.imported} | {result} |\n"


def text(result):
    """The page as Markdown."""
    types = sorted(result.types, key=lambda name: (not name.startswith("aws_connect_"), name))
    rows = "".join(row(name, result.types[name]) for name in types)
    data = "".join(f"| `{name}` | {'✓' if agrees else '✗'} |\n" for name, agrees in sorted(result.data.items()))
    more = "\nData sources, each compared with the resource it describes:\n\n| data source | agrees |\n|---|---|\n"
    return HEAD.format(version=result.version) + rows + more + data
