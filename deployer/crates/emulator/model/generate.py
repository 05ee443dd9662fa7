#!/usr/bin/env python3
"""Writes the tables beside it: the inputs of the operations that the embedded AWS has, as the published service models say.

    python3 -m venv /tmp/models && /tmp/models/bin/pip install botocore==1.44.8
    /tmp/models/bin/python deployer/crates/emulator/model/generate.py

An operation belongs to the table of its service when a source file of that service names it in quotes; a test in
`src/model` fails when one has none. Shapes keep what an input is checked by: type, members, required ones, lengths, ranges,
patterns, enums, where a member travels. Documentation and outputs are left out. And `regions.txt`, the names of all Regions.
"""

import gzip
import json
import pathlib
import re

import botocore

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(botocore.__file__).parent / "data"
# Folder of the service's sources, and its model in botocore. S3 is not here: its model holds hardly a constraint.
SERVICES = {
    "acm": "acm/2015-12-08",
    "apigateway": "apigateway/2015-07-09",
    "connect": "connect/2017-08-08",
    "dynamodb": "dynamodb/2012-08-10",
    "iam": "iam/2010-05-08",
    "lambda": "lambda/2015-03-31",
    "logs": "logs/2014-03-28",
    "route53": "route53/2013-04-01",
    "sts": "sts/2011-06-15",
    "tagging": "resourcegroupstaggingapi/2017-01-26",
}
# What a shape keeps as it is.
KEPT = ("type", "required", "min", "max", "pattern", "enum", "sensitive")
# A Unicode class that is repeated hundreds of times: as an expression it is too large to compile, so its lengths are kept apart.
REPEATED = re.compile(r"^\^(\[\\P\{C\}[^\]]*\])\{(\d+),(\d+)\}\$$")
# What a member keeps.
PLACE = ("shape", "location", "locationName")


def sources(service):
    # STS has no state of its own and is a part of IAM.
    folder = HERE.parent / "src" / "services" / ("iam/sts.rs" if service == "sts" else service)
    files = sorted(folder.rglob("*.rs")) if folder.is_dir() else [folder]
    return "\n".join(file.read_text() for file in files)


def mended(pattern):
    """Patterns of Connect that were escaped once too often, or stand between slashes: as they are, nothing would match them."""
    if pattern.startswith("/^") and pattern.endswith("$/"):
        pattern = pattern[1:-1]
    return re.sub(r"\\\\(?=[+.dDsSpP])", r"\\", pattern)


def trimmed(model, shape):
    payload = shape.get("payload")
    if payload and model["shapes"][shape["members"][payload]["shape"]]["type"] == "blob":
        # The body as it comes: somebody's document or event, and no member.
        shape = dict(shape, members={name: member for name, member in shape["members"].items() if name != payload})
        shape["required"] = [name for name in shape.get("required", []) if name != payload]
    kept = {key: shape[key] for key in KEPT if key in shape and shape[key] != [] and shape[key] is not False}
    if "pattern" in kept:
        kept["pattern"] = mended(kept["pattern"])
        if repeated := REPEATED.match(kept["pattern"]):
            characters, least, most = repeated.groups()
            kept.update(pattern=f"^{characters}*$", min=int(least), max=int(most))
    if "members" in shape:
        kept["members"] = {
            name: {key: member[key] for key in PLACE if key in member} for name, member in shape["members"].items()
        }
    if shape["type"] == "list":
        kept["member"] = shape["member"]["shape"]
    if shape["type"] == "map":
        kept["key"], kept["value"] = shape["key"]["shape"], shape["value"]["shape"]
    return kept


def reached(model, name, found):
    if name in found:
        return
    found[name] = trimmed(model, model["shapes"][name])
    inner = [member["shape"] for member in found[name].get("members", {}).values()]
    inner += [found[name][key] for key in ("member", "key", "value") if key in found[name]]
    for shape in inner:
        reached(model, shape, found)


def main():
    for service, path in SERVICES.items():
        model = json.load(gzip.open(DATA / path / "service-2.json.gz"))
        named = set(re.findall(r'"([A-Z][A-Za-z0-9]+)"', sources(service)))
        operations, shapes = {}, {}
        for name in sorted(named & set(model["operations"])):
            operation = model["operations"][name]
            entry = {"errors": sorted(error["shape"] for error in operation.get("errors", []))}
            if "input" in operation:
                entry["input"] = operation["input"]["shape"]
                reached(model, entry["input"], shapes)
            if "rest" in model["metadata"]["protocol"]:
                entry["uri"] = operation["http"]["requestUri"]
            operations[name] = entry
        if not operations:
            continue
        one_a_line = lambda table: ",\n".join(
            f"    {json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in sorted(table.items())
        )
        (HERE / f"{service}.json").write_text(
            f'{{\n  "source": "botocore {botocore.__version__}, {path}",\n  "operations": {{\n{one_a_line(operations)}\n  }},\n'
            f'  "shapes": {{\n{one_a_line(shapes)}\n  }}\n}}\n'
        )
    (HERE / "regions.txt").write_text("".join(f"{region}\n" for region in regions()))


def regions():
    """Every Region that botocore knows, of every partition; `aws-global` and its like stand for no place."""
    partitions = [
        partition
        for file in ("endpoints.json", "partitions.json")
        for partition in json.loads((DATA / file).read_text())["partitions"]
    ]
    return sorted({name for partition in partitions for name in partition["regions"] if not name.endswith("-global")})


main()
