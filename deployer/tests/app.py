#!/usr/bin/env python3
"""The application as a Rust program (examples/vanity) on the embedded AWS: applied, called, changed and destroyed.

    python3 deployer/tests/app.py target/debug/deployer

The project is a directory in `target` with a spec of its own, so that the test can change it; the program and the functions are those of
the repository. Shares its checks with end_to_end.py.
"""

import json
import os
import shutil
import subprocess
import sys

import end_to_end as base
from end_to_end import BINARY, SOURCE, check, section

ROOT = SOURCE / "target/rust-app"
SPEC = "config/local.yaml"


def run(*arguments, expect=0):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DEPLOYER_", "GITHUB_"))}
    done = subprocess.run(
        [BINARY, *arguments], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != expect:
        print(f"FAILED: exit code {done.returncode}, expected {expect}: deployer {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        sys.exit(1)
    return done


def edit(old, new):
    text = (ROOT / SPEC).read_text()
    assert old in text, f"{old!r} is not in {SPEC}"
    (ROOT / SPEC).write_text(text.replace(old, new))


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    (ROOT / "config").mkdir(parents=True)
    shutil.copy(SOURCE / "examples/vanity" / SPEC, ROOT / SPEC)

    section("Check and synthesize")
    run("check", "--env", "local")
    second = run("check", "--env", "local")
    check("an unchanged program is not compiled again", "compil" not in second.stderr, second.stderr)
    assembly = json.loads(run("synth", "--env", "local").stdout)
    places = {construct["declares"]: construct["location"]["file"] for construct in assembly["constructs"]}
    check("every construct has its place", places["functions.convert"] == "examples/vanity/src/lib.rs", places)
    check("the resources are in it", assembly["resources"]["table.numbers"]["type"] == "dynamodb.table")

    section("Apply and call")
    run("apply", "--env", "local", "--yes")
    heard = run("call", "--env", "local", "--from", "+18003569377", "--json").stdout
    check("the caller hears the words", "flowers" in heard.lower(), heard)
    check("nothing is left to do", "No changes" in run("plan", "--env", "local", "--exit-code").stdout)
    run("drift", "--env", "local")

    section("Change")
    edit("keep_days: 30", "keep_days: 31")
    done = run("plan", "--env", "local", "--exit-code", expect=4)
    plan = done.stdout + done.stderr
    check("a context value changes one function", "function.convert" in plan and "function.get" not in plan, plan)
    run("apply", "--env", "local", "--yes")
    run("plan", "--env", "local", "--exit-code")

    section("Errors point into the program")
    edit("keep_days: 31", "keep_days: thirty")
    error = run("check", "--env", "local", expect=2).stderr
    check("a wrong context value is an error at the line that reads it", "examples/vanity/src/lib.rs:" in error, error)
    check("state commands still work", "warning" in run("outputs", "--env", "local").stderr)
    edit("keep_days: thirty", "keep_days: 31")

    section("Destroy")
    run("destroy", "--env", "local", "--yes")
    recorded = run("state", "list", "--env", "local")
    check("nothing is recorded", "Nothing of the environment local is recorded" in recorded.stdout + recorded.stderr, recorded.stdout)
    shutil.rmtree(ROOT)
    print(f"\n{base.passed} checks passed", flush=True)


if __name__ == "__main__":
    main()
