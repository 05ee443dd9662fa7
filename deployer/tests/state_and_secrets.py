#!/usr/bin/env python3
"""The record, the lease, secret values and signals, with the built binary on the embedded AWS.

    python3 deployer/tests/state_and_secrets.py target/debug/deployer

Shares its project, checks and listing with end_to_end.py. Needs python3 and the AWS command line (`aws`).
"""

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import pathlib
import random
import signal
import threading
import time

import end_to_end as base
from end_to_end import ONE_OF_EACH, Project, aws, check, copy_directory, listing, same_world, section

CANARY = "canary-7f3a9c51-secret"
OTHER = "canary-d04e1b77-secret"
DRIFT = "canary-55aa10ce-drift"
BLANK = "0" * 64


def state_path(project):
    return project.root / ".deployer/local/state.json"


def sealed(text):
    """A state's text with the digest that belongs to it."""
    state = json.loads(text)
    text = text.replace(state["digest"], BLANK, 1)
    return text.replace(BLANK, hashlib.sha256(text.encode()).hexdigest(), 1)


def one_of_each(project):
    with project.served() as (endpoint, _):
        found = listing(endpoint)
    check("there is one of each", same_world(found, ONE_OF_EACH), json.dumps(found, indent=1))


def unchanged(project):
    text = project.run("plan", "--env", "local", "--exit-code").stdout
    check("and nothing is to be done", "No changes: " in text, text)


def damaged(project):
    section("A state that cannot be used is refused and left as it is")
    path = state_path(project)
    good = path.read_text()
    record = json.loads(good)["resources"]["table.numbers"]
    twin = good.replace('"resources": {', f'"resources": {{ "table.twin": {json.dumps(record)},', 1)
    cases = {
        "cut off": good[: len(good) // 2],
        "empty": "",
        "one byte changed": good.replace("vanity-local-numbers", "vanity-local-number5", 1),
        "newer": re.sub(r'"format": \d+', '"format": 99', good, count=1),
        "of another environment": sealed(good.replace('"environment": "local"', '"environment": "prod"', 1)),
        "with an unknown type": sealed(good.replace('"type": "dynamodb.table"', '"type": "dynamodb.novelty"', 1)),
        "with one thing twice": sealed(twin),
    }
    world = project.digest()[0]
    for what, text in cases.items():
        path.write_text(text)
        for command in (["plan"], ["apply", "--yes"], ["destroy", "--yes"], ["outputs"], ["state", "list"], ["state", "rebuild", "--yes"]):
            refused = project.run(*command, "--env", "local", expect=2)
            good_message = "state.json" in refused.stderr and "help" in refused.stderr
            check(f"{what}: {' '.join(command)} exits with 2 and says where and what to do", good_message, refused.stderr)
        check(f"{what}: neither the state nor the world was touched", path.read_text() == text and project.digest()[0] == world)
    path.write_text(good)
    unchanged(project)


def looking_and_editing(project):
    section("state list, show, pull, rm, mv")
    path = state_path(project)
    rows = json.loads(project.run("state", "list", "--env", "local", "--json").stdout)
    state = json.loads(path.read_text())
    check("every record is listed", [row["address"] for row in rows] == list(state["resources"]), rows)
    text = project.run("state", "list", "--env", "local").stdout
    check("with type and id", all(row["type"] in text and row["id"] in text for row in rows), text)
    shown = json.loads(project.run("state", "show", "function.convert", "--env", "local").stdout)
    check("one is shown", shown["id"] == "vanity-local-convert" and shown["type"] == "lambda.function", shown)
    project.run("state", "show", "function.nowhere", "--env", "local", expect=2)
    project.run("state", "show", "nonsense", "--env", "local", expect=2)
    check("pull gives the stored bytes", project.run("state", "pull", "--env", "local").stdout == path.read_text())
    forgotten = project.run("state", "rm", "table.numbers", "--env", "local").stdout
    check("rm says that it stays", "stays in the cloud" in forgotten, forgotten)
    after = json.loads(path.read_text())
    check("and writes once", after["serial"] == state["serial"] + 1 and "table.numbers" not in after["resources"])
    effective = [c for c in project.plan()["changes"] if c["action"] != "no-op"]
    check("the plan records it again", [(c["address"], c["action"]) for c in effective] == [("table.numbers", "adopt")], effective)
    project.run("apply", "--env", "local", "--yes")
    project.run("state", "rm", "table.numbers2", "--env", "local", expect=2)
    project.run("state", "mv", "table.numbers", "function.numbers", "--env", "local", expect=3)
    project.run("state", "mv", "function.get", "function.convert", "--env", "local", expect=3)
    renamed_flow(project)
    for kind, name in (("function", "get"), ("role", "get"), ("log_group", "get"), ("table", "numbers"), ("domain", "main")):
        project.run("state", "mv", f"{kind}.{name}", f"{kind}.other", "--env", "local")
        refused = project.run("plan", "--env", "local", expect=3)
        text = refused.stdout + refused.stderr
        check(f"half a move of a {kind} is refused with the other half", f"state mv {kind}.other {kind}.{name}" in text, text)
        project.run("apply", "--env", "local", "--yes", "--adopt", expect=3)
        project.run("state", "mv", f"{kind}.other", f"{kind}.{name}", "--env", "local")
    unchanged(project)
    one_of_each(project)


def renamed_flow(project):
    spec = (project.root / "config/base.yaml").read_text()
    project.edit("config/base.yaml", "    vanity:\n      file:", "    greeting:\n      name: vanity\n      file:")
    refused = project.run("apply", "--env", "local", "--yes", expect=3)
    text = refused.stdout + refused.stderr
    check("another key in the spec alone is refused with what to do", "deployer state mv flow.vanity flow.greeting" in text, text)
    project.run("state", "mv", "flow.vanity", "flow.greeting", "--env", "local")
    effective = [c for c in project.plan()["changes"] if c["action"] != "no-op"]
    found = [(c["address"], c["action"], [p["path"] for p in c["properties"]]) for c in effective]
    wanted = [("flow.greeting", "update", [["tags", "deployer:address"]])]
    check("after the move only its tag is to be changed", found == wanted, effective)
    project.run("apply", "--env", "local", "--yes")
    unchanged(project)
    (project.root / "config/base.yaml").write_text(spec)
    project.run("state", "mv", "flow.greeting", "flow.vanity", "--env", "local")
    project.run("apply", "--env", "local", "--yes")
    unchanged(project)


def replacing(project):
    section("state push and rebuild")
    path, copy = state_path(project), project.root / "copy.json"
    old = path.read_text()
    copy.write_text(old)
    project.run("state", "rm", "table.numbers", "--env", "local")
    asked = project.run("state", "push", str(copy), "--env", "local", expect=3)
    check("an older file needs --force", "older" in asked.stderr, asked.stderr)
    asked = project.run("state", "push", str(copy), "--env", "local", "--force", expect=3)
    check("and somebody who agrees", "+ table.numbers" in asked.stderr and "table.numbers" not in json.loads(path.read_text())["resources"], asked.stderr)
    project.run("state", "push", str(copy), "--env", "local", "--force", "--yes")
    now = json.loads(path.read_text())
    check("then it is stored as a new write", now["serial"] == json.loads(old)["serial"] + 2 and now["resources"] == json.loads(old)["resources"], now["serial"])
    unchanged(project)
    edited = path.read_text().replace("vanity-local-numbers", "vanity-local-elsewhere")
    copy.write_text(edited)
    refused = project.run("state", "push", str(copy), "--env", "local", "--yes", expect=2)
    check("an edited file is called so", "checksum" in refused.stderr, refused.stderr)
    copy.write_text(sealed(path.read_text().replace(now["lineage"], "11111111-2222-4333-8444-555555555555")))
    project.run("state", "push", str(copy), "--env", "local", "--yes", "--force", expect=3)
    copy.write_text("{}")
    project.run("state", "push", str(copy), "--env", "local", "--yes", "--force", expect=2)
    good = path.read_text()
    project.run("state", "rebuild", "--env", "local", expect=3)
    check("without agreement nothing is rebuilt", path.read_text() == good)
    project.run("state", "rebuild", "--env", "local", "--yes")
    rebuilt = json.loads(path.read_text())
    ids = lambda state: {address: record["id"] for address, record in state["resources"].items()}
    check("a rebuilt state has the same ids and history", ids(rebuilt) == ids(now) and rebuilt["lineage"] == now["lineage"])
    unchanged(project)
    path.write_text(good[:500])
    project.run("state", "rebuild", "--env", "local", "--yes", "--force")
    check("so has one that was damaged, but for the history", ids(json.loads(path.read_text())) == ids(now))
    unchanged(project)
    path.unlink()
    lost = project.run("plan", "--env", "local", "--exit-code").stdout
    check("a lost state is no change of the cloud", "No changes in the cloud" in lost, lost)
    project.run("apply", "--env", "local", "--yes")
    unchanged(project)
    one_of_each(project)


@contextlib.contextmanager
def held(project):
    """Holds the lease as a living run on this machine does."""
    directory = project.root / ".deployer/local"
    holder = {
        "id": "11111111-2222-4333-8444-555555555555", "host": pathlib.Path("/proc/sys/kernel/hostname").read_text().strip(),
        "pid": os.getpid(), "command": "deployer apply --env local", "since": "2024-01-01T00:00:00Z",
    }
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        note = json.loads((directory / "lease.json").read_text())
        (directory / "lease.json").write_text(json.dumps({"fence": note["fence"] + 1, "holder": holder}))
        yield lambda: fcntl.flock(lock, fcntl.LOCK_UN)


def free(project):
    with open(project.root / ".deployer/local/lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return json.loads((project.root / ".deployer/local/lease.json").read_text())["holder"] is None


def waiting_line(process):
    """Reads standard error up to the line that tells for whom it waits."""
    for line in process.stderr:
        if line.startswith("Waiting"):
            return line
    return ""


def waiting(project):
    section("One run at a time")
    for wrong in ("5", "5 minutes", "-1s", ""):
        project.run("apply", "--env", "local", "--yes", f"--lock-timeout={wrong}", expect=2)
    with held(project) as release:
        for command in (["apply", "--yes"], ["destroy", "--yes"], ["apply", "--yes", "--lock-timeout", "2s"], ["state", "rm", "table.numbers"]):
            refused = project.run(*command, "--env", "local", expect=3).stderr
            named = all(part in refused for part in (f"pid {os.getpid()}", "deployer apply --env local", "min)"))
            check(f"{' '.join(command)} names the holder", named, refused)
            wanted = 1 if "--lock-timeout" in command else 0
            check("and tells of a wait once, or not at all", refused.count("Waiting") == wanted, refused)
        alive = project.run("unlock", "--env", "local", "--yes", expect=3).stderr
        check("a living holder cannot be unlocked", "still runs" in alive, alive)
        for number in (signal.SIGINT, signal.SIGTERM):
            process = project.start("apply", "--env", "local", "--yes", "--lock-timeout", "1h")
            line = waiting_line(process)
            check("a wait says for whom", str(os.getpid()) in line, line)
            process.send_signal(number)
            check(f"{number.name} ends the wait with 130", process.wait() == 130, process.stderr.read())
        process = project.start("apply", "--env", "local", "--yes", "--lock-timeout", "10m")
        waiting_line(process)
        release()
        check("the wait ends with the lease", process.wait() == 0, process.stderr.read())
    nothing = project.run("unlock", "--env", "local").stdout
    check("with nobody to unlock, unlock says so", "Nothing to unlock" in nothing, nothing)
    check("also as JSON", json.loads(project.run("unlock", "--env", "local", "--json").stdout)["holder"] is None)


def environment_of(endpoint, function="vanity-local-convert"):
    answer = aws(endpoint, "lambda", "get-function-configuration", "--function-name", function)
    return answer["Environment"]["Variables"]


def secrets(project):
    section("Secret values")
    marker = "      TABLE_NAME: ${tables.numbers.name}\n"
    project.edit("config/base.yaml", marker, marker + "      API_KEY: { secret: VANITY_API_KEY }\n")
    for value in (None, ""):
        project.environment.pop("VANITY_API_KEY", None)
        if value is not None:
            project.environment["VANITY_API_KEY"] = value
        for command in (["plan"], ["apply", "--yes"]):
            fault = project.run(*command, "--env", "local", expect=2).stderr
            check("a value that is not there is a fault with its place", "missing-secret" in fault and "config/base.yaml:" in fault and "VANITY_API_KEY" in fault, fault)
    project.environment.pop("VANITY_API_KEY", None)
    project.run("check", "--env", "local")
    project.environment["VANITY_API_KEY"] = CANARY
    project.environment["DEPLOYER_LOG"] = "trace"
    apply = ["apply", "--env", "local", "--yes", "--json", "--verbose"]
    paths = [p["path"] for c in project.plan("--verbose") ["changes"] for p in c["properties"] if c["action"] != "no-op"]
    check("one variable is to be set", paths == [["environment", "API_KEY"]], paths)
    project.run(*apply)
    check("then nothing is left", project.run("plan", "--env", "local", "--exit-code").returncode == 0)
    with project.served() as (endpoint, _):
        check("the function has the value", environment_of(endpoint)["API_KEY"] == CANARY)
    project.environment["VANITY_API_KEY"] = OTHER
    found = [(c["address"], c["action"]) for c in project.plan()["changes"] if c["action"] != "no-op"]
    check("another value is one update", found == [("function.convert", "update")], found)
    project.run(*apply)
    with project.served() as (endpoint, _):
        check("and the function has it", environment_of(endpoint)["API_KEY"] == OTHER)
        drifted = {**environment_of(endpoint), "API_KEY": DRIFT, "PLANTED": DRIFT + "-2"}
        aws(endpoint, "lambda", "update-function-configuration", "--function-name", "vanity-local-convert",
            "--environment", json.dumps({"Variables": drifted}))
        time.sleep(1)
    effective = [c for c in project.plan("--verbose")["changes"] if c["action"] != "no-op"]
    paths = sorted(p["path"][:2] for c in effective for p in c["properties"])
    check("values changed by somebody else are seen", paths == [["environment", "API_KEY"], ["environment", "PLANTED"]], effective)
    project.run(*apply)
    with project.served() as (endpoint, _):
        check("and put right", environment_of(endpoint).get("API_KEY") == OTHER and "PLANTED" not in environment_of(endpoint))
    project.environment["VANITY_API_KEY"] = OTHER + "x" * 4096
    large = project.run(*apply, expect=1)
    check("a service that repeats what it refuses is not quoted", "4KB" in large.stdout and "String measured: (" in large.stdout and OTHER not in large.stdout, large.stdout[-2000:])
    project.environment["VANITY_API_KEY"] = OTHER
    project.run(*apply)
    state_path(project).unlink()
    lost = project.run("plan", "--env", "local", "--exit-code").stdout
    check("with the state lost the value is known to be right", "No changes in the cloud" in lost, lost)
    project.run(*apply)
    project.environment["VANITY_API_KEY"] = CANARY
    killed(project, apply)
    project.run(*apply)
    check_no_secret_leaked(project)


def killed(project, apply):
    """Kills a run while the intent with the new value is open."""
    process = project.start(*apply)
    # It says more than a pipe holds, and would wait for ever to be read.
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    for line in process.stdout:
        project.said.append(line)
        if line.startswith("{") and json.loads(line).get("event") == "started":
            break
    process.kill()
    process.wait()
    reader.join()
    project.said.append(process.stdout.read() + errors[0])
    check("an intent is open", "intent" in json.loads(state_path(project).read_text()))
    check_no_secret_leaked(project)


def check_no_secret_leaked(project):
    """No planted value and no private key stands in anything said or stored outside of the embedded AWS."""
    stored = project.world().read_bytes().decode(errors="replace")
    keys = [key.replace("\\n", "\n") for key in re.findall(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END", stored)]
    check("the embedded AWS has the private key", len(keys) > 0)
    wanted = [CANARY, OTHER, DRIFT, "PRIVATE KEY", "MIGHAgEAMBMGByqGSM49"]
    wanted += [base64.b64encode(value.encode()).decode().rstrip("=")[:-1] for value in (CANARY, OTHER, DRIFT)]
    wanted += [line for key in keys for line in key.splitlines()[1:-1] if len(line) > 20]
    places = {f"output {number}": text for number, text in enumerate(project.said)}
    for path in (project.root / ".deployer").rglob("*"):
        if path.is_file():
            check(f"{path.name} is its owner's only", path.stat().st_mode & 0o077 == 0 or path.name in ("served",), oct(path.stat().st_mode))
            if path.parent.name != "aws" and "aws" not in path.relative_to(project.root).parts:
                places[str(path)] = path.read_bytes().decode(errors="replace")
    for place, text in places.items():
        leaked = [value for value in wanted if value in text]
        if leaked:
            at = text.index(leaked[0])
            check(f"{place} tells no secret", False, text[max(0, at - 300):at + 100])
    check(f"{len(places)} outputs and files tell no secret", len(places) > 20)


def until_started(process, count):
    for line in process.stdout:
        count -= line.startswith("{") and json.loads(line).get("event") == "started"
        if count <= 0:
            return


def signals(project):
    section("Signals")
    dice = random.Random(base.SEED)
    for number in (signal.SIGINT, signal.SIGTERM) * 2:
        project.run("destroy", "--env", "local", "--yes")
        process = project.start("apply", "--env", "local", "--yes", "--json")
        until_started(process, dice.randint(1, 12))
        process.send_signal(number)
        rest = process.stdout.read()
        check(f"{number.name} ends a run with 130", process.wait() == 130, rest + process.stderr.read())
        check("the lease is free at exit, and the state is whole", free(project))
        project.run("state", "list", "--env", "local")
        state = json.loads(state_path(project).read_text())
        if state.get("intent"):
            code, words = (3, "apply or destroy") if "table.numbers" in state["resources"] else (2, "is not in the state")
            refused = project.run("state", "mv", "table.numbers", "table.other", "--env", "local", expect=code).stderr
            check("while it is unfinished, the record is not edited", words in refused, refused)
            project.run("state", "rebuild", "--env", "local", "--yes", expect=3)
        project.run("apply", "--env", "local", "--yes")
        one_of_each(project)
    project.run("destroy", "--env", "local", "--yes")
    process = project.start("apply", "--env", "local", "--yes", "--json")
    until_started(process, 2)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    check("a second signal ends it too, with 130", process.wait() == 130, process.stdout.read() + process.stderr.read())
    for _ in range(base.KILLS):
        process = project.start(dice.choice(["apply", "destroy"]), "--env", "local", "--yes", "--json")
        until_started(process, dice.randint(1, 12))
        time.sleep(dice.random() * 0.05)
        process.kill()
        process.wait()
    project.run("apply", "--env", "local", "--yes")
    one_of_each(project)
    check(f"after {base.KILLS} SIGKILLs of apply and destroy nothing is open", "intent" not in json.loads(state_path(project).read_text()))


def main():
    with copy_directory() as directory:
        project = Project(directory)
        project.run("apply", "--env", "local", "--yes")
        damaged(project)
        looking_and_editing(project)
        replacing(project)
        waiting(project)
        secrets(project)
        project.environment.pop("DEPLOYER_LOG")
        signals(project)
        project.environment.pop("VANITY_API_KEY")
        project.run("destroy", "--env", "local", "--yes")
        with project.served() as (endpoint, _):
            check("a destroy needs no secret value and leaves nothing", not any(listing(endpoint).values()))
        nothing_said = [text for text in project.said if CANARY in text or OTHER in text or DRIFT in text]
        check("to the end, no output contains a secret", not nothing_said, nothing_said[:1])
    print(f"\n{base.passed} passed, 0 failed")


main()
