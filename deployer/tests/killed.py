#!/usr/bin/env python3
"""The built binary, killed at any moment, with its state in S3: on the embedded AWS, and on moto, which others wrote.

    python3 deployer/tests/killed.py target/debug/deployer

What exists is counted with boto3. Needs boto3 and moto (`pip install boto3 'moto[server]'`). ROUNDS is how often a run is killed
for each of the two (12), SEED makes the moments repeatable, AGAINST=embedded or AGAINST=moto runs only one. moto has Connect only in
parts, so the spec has no `connect` there.
"""

import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import boto3
from botocore.config import Config
from end_to_end import Project, check, copy_directory, section

ROUNDS = int(os.environ.get("ROUNDS", "12"))
SEED = int(os.environ.get("SEED", "1"))
AGAINST = os.environ.get("AGAINST", "embedded moto").split()
REGION = "us-east-1"
MOTO = pathlib.Path(__file__).resolve().with_name("moto_server.py")
ACCOUNT = "111122223333"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": REGION}
ONE_OF_EACH = {
    "table": 1, "role": 2, "function": 2, "log group": 2, "permission": 1, "REST API": 1, "deployment": 1, "stage": 1,
    "certificate": 1, "domain": 1, "mapping": 1,
}
CONNECT = {"log group": 3, "instance": 1, "association": 1, "flow": 1, "permission": 2, "hours": 1, "queue": 1, "user": 1}


class World:
    """Everything that exists behind an endpoint, counted by a client that we did not write."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="example",
            aws_secret_access_key="example", config=Config(retries={"max_attempts": 1}),
        )

    def each(self, service, operation, member, **arguments):
        client = self.client(service)
        if client.can_paginate(operation):
            return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page.get(member, [])]
        return getattr(client, operation)(**arguments).get(member, [])

    def names(self, connect):
        functions = [function["FunctionName"] for function in self.each("lambda", "list_functions", "Functions")]
        apis = [api["id"] for api in self.each("apigateway", "get_rest_apis", "items")]
        domains = [domain["domainName"] for domain in self.each("apigateway", "get_domain_names", "items")]
        found = {
            "table": self.each("dynamodb", "list_tables", "TableNames"),
            "role": [role["RoleName"] for role in self.each("iam", "list_roles", "Roles")],
            "function": functions,
            "log group": [group["logGroupName"] for group in self.each("logs", "describe_log_groups", "logGroups")],
            "permission": [sid for function in functions for sid in self.statements(function)],
            "REST API": apis,
            "deployment": [d["id"] for api in apis for d in self.each("apigateway", "get_deployments", "items", restApiId=api)],
            "stage": [s["stageName"] for api in apis for s in self.each("apigateway", "get_stages", "item", restApiId=api)],
            "certificate": [c["CertificateArn"] for c in self.each("acm", "list_certificates", "CertificateSummaryList", Includes={"keyTypes": ["EC_prime256v1", "RSA_2048"]})],
            "domain": domains,
            "mapping": [m["restApiId"] for d in domains for m in self.each("apigateway", "get_base_path_mappings", "items", domainName=d)],
        }
        if connect:
            instances = [instance["Id"] for instance in self.each("connect", "list_instances", "InstanceSummaryList")]
            of_each = lambda operation, member: [x for i in instances for x in self.each("connect", operation, member, InstanceId=i)]
            flows = [flow["Name"] for flow in of_each("list_contact_flows", "ContactFlowSummaryList")]
            found["instance"] = instances
            found["association"] = of_each("list_lambda_functions", "LambdaFunctions")
            hours = of_each("list_hours_of_operations", "HoursOfOperationSummaryList")
            found["hours"] = [one["Name"] for one in hours if one["Name"] != "Basic Hours"]
            queues = [one["Name"] for one in of_each("list_queues", "QueueSummaryList") if one.get("QueueType") == "STANDARD"]
            found["queue"] = [name for name in queues if name != "BasicQueue"]
            found["user"] = [user["Username"] for user in of_each("list_users", "UserSummaryList")]
            found["flow"] = [name for name in flows if not name.startswith(("Default ", "Sample "))]
        return found

    def statements(self, function):
        client = self.client("lambda")
        try:
            policy = json.loads(client.get_policy(FunctionName=function)["Policy"])
        except client.exceptions.ResourceNotFoundException:
            return []
        return [statement["Sid"] for statement in policy["Statement"]]

    def state(self):
        client = self.client("s3")
        keys = [item["Key"] for item in self.each("s3", "list_objects_v2", "Contents", Bucket="killed-states")]
        return {key: client.get_object(Bucket="killed-states", Key=key)["Body"].read().decode("latin-1") for key in keys}


def without_policy(client, bucket):
    """moto reads no conditions, so the statement that denies what comes without TLS would deny everything there."""
    with contextlib.suppress(client.exceptions.ClientError):
        client.delete_bucket_policy(Bucket=bucket)


def counted(world, connect, wanted, when):
    found = world.names(connect)
    counts = {kind: len(names) for kind, names in found.items()}
    check(f"{when}: {'one of each, nothing else' if any(wanted.values()) else 'nothing'}", counts == wanted, json.dumps(found, indent=1))


def spec(project, connect):
    """`config/dev.yaml` in one file with its state in S3 and, where asked, without Connect."""
    path = project.root / "config/dev.yaml"
    parts = re.split(r"(?m)^(?=[a-z_]+:)", project.run("check", "--env", "dev", "--resolved").stdout)
    parts = ["state:\n  s3: { bucket: killed-states }\n\n" if part.startswith("state:") else part for part in parts]
    path.write_text("".join(part for part in parts if connect or not part.startswith("connect:")))


def killed(project, command, dice, most):
    """Starts a command and kills its whole process group a moment after a random number of its changes has begun."""
    process = subprocess.Popen(
        [os.path.abspath(sys.argv[1]), command, "--env", "dev", "--yes", "--json"], cwd=project.root, env=project.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )
    left, last = dice.randint(0, most), "nothing"
    while left > 0 and (line := process.stdout.readline()):
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "started":
            left -= 1
            last = f"{event.get('action')} {event.get('address')}"
    time.sleep(dice.random() * 0.15)
    alive = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    rest, errors = process.communicate()
    project.said.append(rest + errors)
    return last if alive else None


def rounds(project, world, connect, wanted):
    dice, kills = random.Random(SEED), []
    nothing = dict.fromkeys(wanted, 0)
    project.run("bootstrap", "--env", "dev", "--yes")
    if not connect:
        without_policy(world.client("s3"), "killed-states")
    project.run("apply", "--env", "dev", "--yes")
    counted(world, connect, wanted, "applied")
    project.run("destroy", "--env", "dev", "--yes")
    counted(world, connect, nothing, "destroyed")
    for number in range(ROUNDS):
        command = dice.choice(["apply", "apply", "destroy"])
        last = killed(project, command, dice, sum(wanted.values()))
        if last is not None:
            kills.append(f"{command}: {last}")
        if number == 0:
            # The dead run's lease lapses on its own within this time.
            project.run("apply", "--env", "dev", "--yes", "--lock-timeout", "60s")
            counted(world, connect, wanted, "another run took over within the 60 s that it was ready to wait")
        else:
            project.run("unlock", "--env", "dev", "--yes")
        if dice.random() < 0.4:
            finish = dice.choice(["apply", "destroy"])
            project.run(finish, "--env", "dev", "--yes")
            counted(world, connect, wanted if finish == "apply" else nothing, f"killed ({last}), then {finish}")
    project.run("apply", "--env", "dev", "--yes")
    counted(world, connect, wanted, f"after {len(kills)} kills")
    done = project.run("plan", "--env", "dev")
    check("and nothing is left to do", "No changes: " in done.stdout, done.stdout + done.stderr)
    found = [key for key, text in world.state().items() if "PRIVATE KEY" in text or "MIGHAgEAMBMGByqGSM49" in text]
    found += [text[:200] for text in project.said if "PRIVATE KEY" in text]
    check("neither the bucket nor any output contains a private key", not found, found)
    project.run("destroy", "--env", "dev", "--yes")
    counted(world, connect, nothing, "destroyed in the end")
    project.run("bootstrap", "--env", "dev", "--remove", "--yes")
    check("bootstrap --remove leaves no bucket", not world.each("s3", "list_buckets", "Buckets"))
    print(f"  {ROUNDS} rounds, {len(kills)} runs killed while they worked: {'; '.join(kills)}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def moto():
    port = free_port()
    environment = {**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT}
    process = subprocess.Popen(
        [sys.executable, str(MOTO), str(port)], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/").read()
                break
            time.sleep(0.1)
        check("moto serves", process.poll() is None)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def main():
    for against in AGAINST:
        connect = against == "embedded"
        section(f"Killed on {'the embedded AWS' if connect else 'moto'}")
        with copy_directory() as directory, contextlib.ExitStack() as stack:
            project = Project(directory)
            spec(project, connect)
            endpoint = stack.enter_context(project.served())[0] if connect else stack.enter_context(moto())
            project.environment.update(CREDENTIALS, AWS_ENDPOINT_URL=endpoint)
            wanted = {**ONE_OF_EACH, **CONNECT} if connect else ONE_OF_EACH
            rounds(project, World(endpoint), connect, wanted)


if __name__ == "__main__":
    main()
