#!/usr/bin/env python3
"""Writes the table of connect-coverage.md: which tool has which type of resource of Amazon Connect.

    terraform providers schema -json > schema.json                  # in a directory with the provider hashicorp/aws
    npm pack aws-cdk-lib && tar xzf aws-cdk-lib-*.tgz package/package.json package/aws-connect/lib/connect.generated.d.ts
    python3 deployer/docs/connect_coverage.py schema.json package

The deployer's types are read from its sources, Terraform's from its schema, and CloudFormation's from the CDK, whose L1 constructs are
generated from CloudFormation's resource specification: both have the same types. What a row puts together is stated here; a type that no
row has is an error, so that a new one is noticed.
"""

import json
import pathlib
import re
import sys

DOCS = pathlib.Path(__file__).resolve().parent
# What it is; the deployer's types; Terraform's, without `aws_connect_`; CloudFormation's, without `AWS::Connect::`.
ROWS = [
    ("instance and its attributes", "instance", "instance", "Instance"),
    ("storage of recordings, transcripts, streams", "storage", "instance_storage_config", "InstanceStorageConfig"),
    ("functions that flows may call", "lambda_association", "lambda_function_association", "IntegrationAssociation"),
    ("Lex bots that flows may use", "bot", "bot_association", "IntegrationAssociation"),
    ("hours of operation", "hours_of_operation", "hours_of_operation", "HoursOfOperation"),
    ("overrides of hours (holidays)", "hours_override", "", "HoursOfOperation"),
    ("queues", "queue", "queue", "Queue"),
    ("quick connects", "quick_connect queue_quick_connects", "quick_connect", "QuickConnect"),
    ("routing profiles", "routing_profile", "routing_profile", "RoutingProfile"),
    ("security profiles", "security_profile", "security_profile", "SecurityProfile"),
    ("users", "user", "user", "User"),
    ("hierarchy of users: levels", "user_hierarchy_structure hierarchy_structure", "user_hierarchy_structure", "UserHierarchyStructure"),
    ("hierarchy of users: groups", "user_hierarchy_group hierarchy_group", "user_hierarchy_group", "UserHierarchyGroup"),
    ("agent statuses", "agent_status", "", "AgentStatus"),
    ("predefined attributes", "predefined_attribute", "", "PredefinedAttribute"),
    ("phone numbers", "phone_number", "phone_number", "PhoneNumber"),
    ("the flow of a phone number", "phone_number_flow", "", ""),
    ("prompts", "prompt", "", "Prompt"),
    ("flows", "contact_flow flow_content", "contact_flow", "ContactFlow"),
    ("flow modules", "module", "contact_flow_module", "ContactFlowModule"),
    ("versions of flows", "version", "", "ContactFlowVersion"),
    ("versions and aliases of modules", "version alias", "", "ContactFlowModuleVersion ContactFlowModuleAlias"),
    ("views", "view", "", "View"),
    ("versions of views", "", "", "ViewVersion"),
    ("task templates", "task_template", "", "TaskTemplate"),
    ("evaluation forms", "evaluation_form", "", "EvaluationForm"),
    ("rules", "rule", "", "Rule"),
    ("vocabularies", "vocabulary default_vocabulary", "vocabulary", "Vocabulary"),
    ("test cases", "", "", "TestCase"),
    ("data tables with attributes and records", "", "", "DataTable DataTableAttribute DataTableRecord"),
    ("email addresses", "", "", "EmailAddress"),
    ("approved origins, security keys", "", "", "ApprovedOrigin SecurityKey"),
    ("other integrations and their use cases", "", "", "UseCase"),
    ("analytics data lake", "", "", "DataLakeAssociation"),
    ("traffic distribution groups", "", "", "TrafficDistributionGroup"),
    ("workspaces, notifications, metrics", "", "", "Workspace Notification Metric"),
]
BEGIN, END = "<!-- begin: connect_coverage.py -->\n", "<!-- end: connect_coverage.py -->\n"


def own():
    sources = (DOCS.parent / "crates" / "resources" / "src").glob("connect_*.rs")
    return set(re.findall(r'"connect\.([a-z_]+)"', "".join(source.read_text() for source in sources)))


def terraform(path):
    provider = next(iter(json.loads(pathlib.Path(path).read_text())["provider_schemas"].values()))
    return {name.removeprefix("aws_connect_") for name in provider["resource_schemas"] if name.startswith("aws_connect_")}


def cloudformation(package):
    text = (package / "aws-connect" / "lib" / "connect.generated.d.ts").read_text()
    return set(re.findall(r"AWS::Connect::([A-Za-z]+)", text))


def main():
    package = pathlib.Path(sys.argv[2])
    there = [own(), terraform(sys.argv[1]), cloudformation(package)]
    for column, known in enumerate(there, 1):
        rest = known - {name for row in ROWS for name in row[column].split()}
        if rest:
            sys.exit(f"no row has {', '.join(sorted(rest))}")
    lines = ["| | deployer | Terraform | CloudFormation, CDK (L1) |", "|---|---|---|---|"]
    for what, *columns in ROWS:
        cells = [", ".join(f"`{name}`" for name in names.split() if name in known) or "—" for names, known in zip(columns, there)]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    version = json.loads((package / "package.json").read_text())["version"]
    lines.append(f"\nCloudFormation's types are those of aws-cdk-lib {version}.")
    page = DOCS / "connect-coverage.md"
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + rest.partition(END)[2])


main()
