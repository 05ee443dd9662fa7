#!/usr/bin/env python3
"""Each template of `deployer init`, in a directory outside of the repository, with the built binary: written, checked, tested, applied to the
embedded AWS, called, changed and destroyed.

    python3 deployer/tests/templates.py target/debug/deployer [TEMPLATE …]
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from end_to_end import BINARY, SOURCE, check, section

CALLS = {
    "vanity": (["--from", "+18003569377"], "FLOWERS"),
    "ivr": (["--from", "+18005550123", "--digits", "1"], "Ada"),
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
        if done.returncode != expect:
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


def main():
    for template in sys.argv[2:] or CALLS:
        section(f"The template {template}")
        with tempfile.TemporaryDirectory(prefix="template-") as directory:
            outside = Outside(directory)
            refusals(outside)
            life(outside, template)


if __name__ == "__main__":
    main()
