"""The rounds: apply, empty plan, change, empty plan, import, destroy, nothing left."""

import collections
import dataclasses

import left

# Arguments that the provider cannot read back, so that an import shows them as a change.
UNREADABLE = {
    "aws_acm_certificate": {"certificate_body", "private_key"},
    "aws_api_gateway_rest_api": {"body", "put_rest_api_mode"},
    "aws_api_gateway_deployment": {"triggers"},
    "aws_connect_contact_flow": {"filename", "content_hash"},
    "aws_connect_user": {"password"},
    "aws_lambda_function": {"filename", "source_code_hash", "publish", "last_modified"},
    "aws_s3_bucket": {"force_destroy"},
    "aws_s3_object": {"acl", "content", "force_destroy", "version_id"},
}
# Types that the provider cannot import.
NO_IMPORT = {"aws_api_gateway_usage_plan_key"}


@dataclasses.dataclass
class Row:
    """What one resource type did."""

    given: set = dataclasses.field(default_factory=set)
    changed: set = dataclasses.field(default_factory=set)
    settable: set = dataclasses.field(default_factory=set)
    imported: str = "not tried"
    problems: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Result:
    """Outcome of all rounds."""

    version: str
    types: dict
    data: dict
    faults: list = dataclasses.field(default_factory=list)


def type_of(address):
    parts = address.split(".")
    return parts[1] if parts[0] == "data" else parts[0]


def settable(block):
    """The arguments of a type that can be set, and its blocks; without what every type has."""
    attributes = {name for name, one in block.get("attributes", {}).items() if one.get("required") or one.get("optional")}
    blocks = set(block.get("block_types", {}))
    return (attributes | blocks) - {"id", "tags_all", "timeouts", "region"}


def written(value):
    return value not in (None, "", [], {}, False) or value is False


def import_id(resource):
    """The ID that an import takes; most types have it as their own."""
    own = resource["values"]
    forms = {
        "aws_api_gateway_base_path_mapping": lambda: f"{own['domain_name']}/{own.get('base_path') or ''}",
        "aws_api_gateway_deployment": lambda: f"{own['rest_api_id']}/{own['id']}",
        "aws_api_gateway_method_settings": lambda: f"{own['rest_api_id']}/{own['stage_name']}/{own['method_path']}",
        "aws_api_gateway_stage": lambda: f"{own['rest_api_id']}/{own['stage_name']}",
        "aws_iam_role_policy_attachment": lambda: f"{own['role']}/{own['policy_arn']}",
        "aws_lambda_permission": lambda: f"{own['function_name']}/{own['statement_id']}",
        "aws_s3_object": lambda: f"{own['bucket']}/{own['key']}",
        "aws_connect_lambda_function_association": lambda: f"{own['instance_id']},{own['function_arn']}",
    }
    return forms.get(resource["type"], lambda: own["id"])()


class Rounds:
    """The rounds on one server."""

    def __init__(self, tool):
        self.tool = tool
        resources, data, version = tool.schema()
        # Those of the configurations are added as they are met; those of Connect must all be met.
        self.schemas = resources
        self.result = Result(version, collections.defaultdict(Row), {name: None for name in data if name.startswith("aws_connect_")})
        self.connect = {name for name in resources if name.startswith("aws_connect_")}

    def fault(self, address, what):
        what = " ".join(what.split())
        self.result.faults.append(f"{address or 'all'}: {what}")
        if address and not address.startswith("data."):
            self.result.types[type_of(address)].problems.append(what)

    def change(self, command, step, name):
        print(f"{name} …", flush=True)
        for address, message in self.tool.change(command, self.tool.main, step):
            self.fault(address, f"{name}: {message}")

    def empty_plan(self, directory, step, name):
        plan, output = self.tool.plan(directory, step)
        if plan is None:
            return self.fault("", f"{name}: {output[-1500:]}")
        for change in plan.get("resource_changes", []):
            actions = change["change"]["actions"]
            if actions not in (["no-op"], ["read"]):
                self.fault(change["address"], f"{name}: the plan is not empty: {'-'.join(actions)} {', '.join(sorted(differing(change['change'])))}")

    def applied(self):
        """Records which arguments the resources of the state have, and what the data sources answer."""
        state = self.tool.state(self.tool.main)
        resources = state.get("root_module", {}).get("resources", [])
        for resource in resources:
            if resource["mode"] == "managed":
                row = self.result.types[resource["type"]]
                row.settable = settable(self.schemas[resource["type"]]["block"])
        agreed = state.get("outputs", {}).get("agrees", {}).get("value", {})
        for name in self.result.data:
            before = self.result.data[name]
            self.result.data[name] = agreed.get(name, False) and before is not False
            if not agreed.get(name):
                self.fault(f"data.{name}", "it does not agree with the resource, or has no configuration")
        return [resource for resource in resources if resource["mode"] == "managed"]

    def changes(self):
        """Plans the change of every argument, and records which are updated in place."""
        plan, output = self.tool.plan(self.tool.main, 2)
        if plan is None:
            return self.fault("", f"plan of the change: {output[-1500:]}")
        for variant in plan["configuration"]["root_module"]["resources"]:
            if variant["mode"] == "managed":
                row = self.result.types[variant["type"]]
                row.given |= set(variant.get("expressions", {})) & row.settable
        for change in plan.get("resource_changes", []):
            if change["mode"] == "managed" and change["change"]["actions"] == ["update"]:
                row = self.result.types[change["type"]]
                row.changed |= differing(change["change"]) & row.settable

    def imports(self, resources):
        """Plans the import of everything into an empty state: nothing but what cannot be read may change."""
        named = [one for one in resources if one["type"] not in NO_IMPORT]
        blocks = "".join(f'import {{\n  to = {one["address"]}\n  id = "{import_id(one)}"\n}}\n' for one in named)
        plan, output = self.tool.plan(self.tool.begin("imported", blocks), 2)
        if plan is None:
            return self.fault("", f"import: {output[-3000:]}")
        for change in plan["resource_changes"]:
            if change["mode"] != "managed":
                continue
            row = self.result.types[change["type"]]
            if change["type"] in NO_IMPORT:
                row.imported = "the provider cannot"
                continue
            more = differing(change["change"]) - UNREADABLE.get(change["type"], set()) - {"tags_all"}
            if change["change"].get("importing") is None or "delete" in change["change"]["actions"] or more:
                self.fault(change["address"], f"import: {'-'.join(change['change']['actions'])} {', '.join(sorted(more))}")
            elif row.imported != "✗":
                row.imported = "✓"

    def run(self):
        self.change("apply", 1, "apply")
        self.applied()
        self.empty_plan(self.tool.main, 1, "after apply")
        self.changes()
        self.change("apply", 2, "change")
        resources = self.applied()
        self.empty_plan(self.tool.main, 2, "after change")
        self.imports(resources)
        self.change("destroy", 2, "destroy")
        for thing in left.everything(self.tool.endpoint):
            self.fault("", f"left after destroy: {thing}")
        for name in sorted(self.connect - set(self.result.types)):
            self.fault(f"{name}.", "no configuration has this type of the provider")
        return self.result


def differing(change):
    """The top-level attributes that a change changes."""
    before, after, unknown = change.get("before") or {}, change.get("after") or {}, change.get("after_unknown") or {}
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    unknown = {name for name, value in unknown.items() if value is True}
    return (names | unknown) if before else set()


def run(tool):
    """Runs all rounds."""
    return Rounds(tool).run()
