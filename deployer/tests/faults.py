#!/usr/bin/env python3
"""The built binary on moto, which others wrote, behind a proxy that loses requests and answers.

    python3 deployer/tests/faults.py target/debug/deployer

Each run applies or destroys while about one call in twelve meets a fault; the next run meets none. Then one of each exists, or nothing,
counted with boto3, and a plan is empty. RUNS is the number of runs with faults (60), SEED makes the faults repeatable. Needs boto3 and
moto (`pip install boto3 'moto[server]'`).
"""

import asyncio
import collections
import json
import os
import pathlib
import random
import re
import sys

from end_to_end import Project, check, copy_directory, section
from killed import CREDENTIALS, ONE_OF_EACH, World, counted, moto, spec, without_policy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "benches"))
from proxy import Cut, Proxy, parsed  # noqa: E402

RUNS = int(os.environ.get("RUNS", "60"))
SEED = int(os.environ.get("SEED", "1"))
RATE = 1 / 12
FAULTS = ["request lost", "answer lost", "answer cut off", "500 without effect", "500 with effect", "throttled", "late"]
XML = {"iam", "sts", "s3"}


def error(service, status, code, message):
    """An error in the form of the service's protocol (Smithy specifications: restXml, awsQuery, awsJson, restJson1)."""
    if service in XML:
        inner = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        kind, body = "text/xml", inner if service == "s3" else f"<ErrorResponse>{inner}<RequestId>injected</RequestId></ErrorResponse>"
    else:
        kind, body = "application/json", json.dumps({"__type": code, "message": message})
    head = [f"HTTP/1.1 {status} Injected", f"Content-Type: {kind}", f"x-amzn-ErrorType: {code}", f"Content-Length: {len(body)}", "", ""]
    return ("\r\n".join(head) + body).encode()


def throttled(service):
    """What the service answers to too many calls (API reference of each, Common Errors; S3: Error responses)."""
    status, code = {
        "iam": (400, "Throttling"), "sts": (400, "Throttling"), "s3": (503, "SlowDown"),
        "apigateway": (429, "TooManyRequestsException"), "lambda": (429, "TooManyRequestsException"),
    }.get(service, (400, "ThrottlingException"))
    return error(service, status, code, "Rate exceeded")


class FaultyProxy(Proxy):
    """Forwards, and injects faults while `dice` is set."""

    def __init__(self, upstream):
        super().__init__(upstream, 0)
        self.dice, self.injected = None, collections.Counter()

    async def _forward(self, head, body):
        fault = self.dice.choice(FAULTS) if self.dice and self.dice.random() < RATE else None
        if fault is None:
            return await super()._forward(head, body)
        _, headers = parsed(head)
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("authorization", ""))
        service = scope[1] if scope else "unknown"
        self.injected[fault] += 1
        if fault == "request lost":
            raise ConnectionError(fault)
        if fault == "500 without effect":
            return error(service, 500, "InternalFailure", "injected")
        if fault == "throttled":
            return throttled(service)
        answer = await super()._forward(head, body)
        if fault == "answer lost":
            raise ConnectionError(fault)
        if fault == "answer cut off":
            return Cut(answer[: len(answer) - max(1, len(answer) // 3)])
        if fault == "500 with effect":
            return error(service, 500, "InternalFailure", "injected")
        await asyncio.sleep(2)
        return answer


def rounds(project, world, proxy):
    dice, failed = random.Random(SEED), 0
    nothing = dict.fromkeys(ONE_OF_EACH, 0)
    project.run("bootstrap", "--env", "dev", "--yes")
    without_policy(world.client("s3"), "killed-states")
    for number in range(RUNS):
        command = dice.choice(["apply", "apply", "destroy"])
        proxy.dice = random.Random(dice.random())
        outcome = project.run(command, "--env", "dev", "--yes", expect={0, 1}).returncode
        proxy.dice = None
        failed += outcome != 0
        finish = dice.choice(["apply", "destroy"]) if dice.random() < 0.3 else command
        project.run(finish, "--env", "dev", "--yes")
        counted(world, False, ONE_OF_EACH if finish == "apply" else nothing, f"{number + 1}: {command} among faults, then {finish}")
        if finish == "apply":
            done = project.run("plan", "--env", "dev")
            check("and nothing is left to do", "No changes: " in done.stdout, done.stdout + done.stderr)
    project.run("destroy", "--env", "dev", "--yes")
    counted(world, False, nothing, "destroyed in the end")
    project.run("bootstrap", "--env", "dev", "--remove", "--yes")
    faults = ", ".join(f"{count} x {fault}" for fault, count in sorted(proxy.injected.items()))
    print(f"  {RUNS} runs among faults, {failed} of them failed; {sum(proxy.injected.values())} faults: {faults}")


def main():
    section("Faults on the way to moto")
    with copy_directory() as directory, moto() as endpoint:
        proxy = FaultyProxy(int(endpoint.rsplit(":", 1)[1]))
        project = Project(directory)
        spec(project, connect=False)
        with proxy.serving() as through:
            project.environment.update(CREDENTIALS, AWS_ENDPOINT_URL=through)
            rounds(project, World(endpoint), proxy)


if __name__ == "__main__":
    main()
