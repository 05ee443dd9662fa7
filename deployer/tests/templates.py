#!/usr/bin/env python3
"""Each template of `deployer init`, in a directory outside of the repository, with the built binary: written, checked, tested, applied to the
embedded AWS, called, changed and destroyed.

    python3 deployer/tests/templates.py target/debug/deployer [TEMPLATE …]
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from end_to_end import BINARY, SOURCE, aws, check, section

CALLS = {
    "vanity": (["--from", "+18003569377"], "FLOWERS"),
    "ivr": (["--from", "+18005550123", "--digits", "1"], "Ada"),
    "flows-only": (["--from", "+18005550123", "--digits", "1"], "weekdays from nine to five"),
}
FILES = [
    ".github/workflows/pipeline.yml", ".gitignore", ".pre-commit-config.yaml", "README.md", "config/base.yaml", "config/dev.yaml",
    "config/local.yaml", "flows/main.json", "flows/tests/main.yaml", "schema-part.json",
]


class Outside:
    """A directory outside of the repository, sharing compiled dependencies between runs."""

    def __init__(self, directory):
        self.root = pathlib.Path(directory)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", SOURCE / "target")) / "templates"
        self.environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
        for name in ("DEPLOYER_ENV", "AWS_PROFILE", "AWS_ENDPOINT_URL", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
            self.environment.pop(name, None)

    def run(self, *arguments, expect=0):
        done = subprocess.run(
            [BINARY, *arguments], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        text = f"$ deployer {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        if done.returncode not in (expect if isinstance(expect, set) else {expect}):
            print(f"FAILED: exit code {done.returncode}, expected {expect}\n{text}", flush=True)
            sys.exit(1)
        return done

    def files(self):
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


def refusals(outside):
    missing = outside.run("init", "--project", "shop", expect=2).stderr
    check("without a terminal the missing flag is named", "--template" in missing, missing)
    missing = outside.run("init", "--template", "vanity", expect=2).stderr
    check("and so is the name", "--project" in missing, missing)
    for wrong in (["--project", "My Shop"], ["--project", "shop", "--region", "nowhere"], ["--project", "shop", "--account", "12"]):
        outside.run("init", "--template", "vanity", *wrong, expect=2)
    check("nothing was written", not outside.files(), outside.files().keys())


def life(outside, template):
    said = outside.run("init", "--template", template, "--project", "shop").stdout
    files = outside.files()
    check("it says what it wrote and the next command", all(name in said for name in files) and "deployer apply --env local" in said, said)
    check("every file is there", set(FILES) <= set(files), sorted(files))
    left = [name for name, text in files.items() if b"{{project}}" in text or b"{{region}}" in text or b"{{account}}" in text]
    check("no placeholder is left", not left, left)
    said = outside.run("fmt", "--check").stderr
    check("the files are formatted", "all are formatted" in said, said)
    (outside.root / "README.md").write_text("Ours.\n")
    refused = outside.run("init", "--template", template, "--project", "other", expect=3).stderr
    check("nothing is overwritten", "already has" in refused and (outside.root / "README.md").read_text() == "Ours.\n", refused)
    schema = outside.run("schema", "--part").stdout
    check("the schema is the program's", (outside.root / "schema-part.json").read_text() == schema)
    for environment in ("local", "dev"):
        outside.run("check", "--env", environment)
    outside.run("flow", "test")
    outside.run("apply", "--env", "local", "--yes")
    arguments, word = CALLS[template]
    heard = outside.run("call", "--env", "local", *arguments).stdout
    check("a caller hears the flow", word in heard, heard)
    check("the next plan has no changes", "No changes" in outside.run("plan", "--env", "local").stdout)
    flow = outside.root / "flows/main.json"
    flow.write_text(flow.read_text().replace("Thank you for calling.", "Thank you for the call."))
    changed = json.loads(next(
        line for line in outside.run("plan", "--env", "local", "--json").stdout.splitlines() if '"planned"' in line
    ))
    effective = [change["address"] for change in changed["plan"]["changes"] if change["action"] != "no-op"]
    check("a changed sentence changes the flow alone", effective == ["flow.main"], effective)
    outside.run("apply", "--env", "local", "--yes")
    heard = outside.run("call", "--env", "local", *arguments).stdout
    check("and is heard", "Thank you for the call." in heard, heard)
    outside.run("destroy", "--env", "local", "--yes")
    nothing = outside.run("destroy", "--env", "local", "--yes").stdout
    check("in the end there is nothing", "Nothing to destroy" in nothing, nothing)


@contextlib.contextmanager
def served(outside, environment):
    arguments = ["local", "serve", "--env", environment, "--aws-port", "0", "--api-port", "0"]
    process = subprocess.Popen(
        [BINARY, *arguments], cwd=outside.root, env=outside.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        yield re.search(r"http://[\d.]+:\d+", process.stdout.readline())[0]
    finally:
        process.send_signal(signal.SIGINT)
        check("serve ends with 0 on Ctrl-C", process.wait() == 0)


def existing(outside):
    """The flows of `flows-only` in an instance that somebody else has made."""
    text = (outside.root / "config/dev.yaml").read_text()
    text = re.sub(r"provider:\n(  .*\n)+", "provider: { embedded: { speed: 60 } }\n", text).replace("environment: dev", "environment: theirs")
    text = re.sub(r"state:\n(  .*\n)+", "state: { directory: .deployer/theirs }\n", text).replace("existing: shop", "existing: support-line")
    (outside.root / "config/theirs.yaml").write_text(text)
    with served(outside, "theirs") as endpoint:
        connect = ["connect", "create-instance", "--identity-management-type", "CONNECT_MANAGED", "--instance-alias", "support-line"]
        instance = aws(endpoint, *connect, "--inbound-calls-enabled", "--outbound-calls-enabled")["Id"]
        of = ["--instance-id", instance]
        while aws(endpoint, "connect", "describe-instance", *of)["Instance"]["InstanceStatus"] != "ACTIVE":
            time.sleep(0.2)
        refused = outside.run("apply", "--env", "theirs", "--yes", expect={2, 3}).stderr
        check("a queue that the instance lacks is named", "connect.queues.support" in refused, refused)
        hours = aws(endpoint, "connect", "list-hours-of-operations", *of)["HoursOfOperationSummaryList"][0]["Id"]
        aws(endpoint, "connect", "create-queue", *of, "--name", "Support", "--hours-of-operation-id", hours)

        def theirs():
            flows = aws(endpoint, "connect", "list-contact-flows", *of)["ContactFlowSummaryList"]
            queues = aws(endpoint, "connect", "list-queues", *of)["QueueSummaryList"]
            instances = aws(endpoint, "connect", "describe-instance", *of)["Instance"]
            return {"instance": instances, "queues": queues, "flows": [flow for flow in flows if flow["Name"] != "shop main"]}

        before = theirs()
        shown = outside.run("apply", "--env", "theirs", "--yes").stderr
        check("the plan says that the instance is never changed", "which is never changed" in shown, shown)
        heard = outside.run("call", "--env", "theirs", *CALLS["flows-only"][0]).stdout
        check("the flow is called in it", CALLS["flows-only"][1] in heard, heard)
        check("and nothing else in it has changed", theirs() == before)
        outside.run("destroy", "--env", "theirs", "--yes")
        left = aws(endpoint, "connect", "list-contact-flows", *of)["ContactFlowSummaryList"]
        check("destroy removes the flow", "shop main" not in [flow["Name"] for flow in left])
        check("and leaves everything else", theirs() == before)


def main():
    for template in sys.argv[2:] or CALLS:
        section(f"The template {template}")
        with tempfile.TemporaryDirectory(prefix="template-") as directory:
            outside = Outside(directory)
            refusals(outside)
            life(outside, template)
            if template == "flows-only":
                existing(outside)


if __name__ == "__main__":
    main()
