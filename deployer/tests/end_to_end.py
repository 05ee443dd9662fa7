#!/usr/bin/env python3
"""The whole job on the embedded AWS, with the built binary, as a person would do it.

    python3 deployer/tests/end_to_end.py target/debug/deployer

It works on a copy of the project, so that it can change the spec and a function's source. The oracle is the world: what
the AWS command line lists from the served embedded AWS, and the bytes of the stored world where nothing may change.
Needs python3, curl and the AWS command line (`aws`). No step has a time limit of its own.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import termios
import time

BINARY = str(pathlib.Path(sys.argv[1]).resolve())
SOURCE = pathlib.Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("SEED", "1"))
KILLS = int(os.environ.get("KILLS", "12"))
passed = 0


def check(what, good, detail=""):
    global passed
    if not good:
        print(f"FAILED: {what}\n{detail}", flush=True)
        sys.exit(1)
    passed += 1
    print(f"  ok  {what}", flush=True)


def section(text):
    print(f"\n{text}", flush=True)


@contextlib.contextmanager
def copy_directory():
    """An empty directory for a copy of the project: always the same one, since cargo compiles everything again for another path.

    A second script waits until the first one has left it.
    """
    temporary = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", SOURCE / "target")).resolve() / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    directory = temporary / "copy"
    with (temporary / "copy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        yield directory
        shutil.rmtree(directory, ignore_errors=True)


class Project:
    """A copy of the project's files, sharing the compiled dependencies of the original.

    The files are as new as the copy, so that cargo notices what an earlier copy had otherwise.
    """

    def __init__(self, directory):
        self.root = pathlib.Path(directory)
        # Everything that any command said.
        self.said = []
        files = subprocess.run(["git", "ls-files", "-z"], cwd=SOURCE, check=True, capture_output=True).stdout.split(b"\0")
        for name in filter(None, map(bytes.decode, files)):
            if (SOURCE / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCE / name, self.root / name)
        self.environment = {**os.environ, "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(SOURCE / "target"))}
        self.environment["VANITY_ADMIN_PASSWORD"] = "Canary4password"
        for name in ("DEPLOYER_ENV", "AWS_PROFILE", "AWS_ENDPOINT_URL", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
            self.environment.pop(name, None)

    def run(self, *arguments, expect=0, stdin=subprocess.DEVNULL):
        done = subprocess.run(
            [BINARY, *arguments], cwd=self.root, env=self.environment, stdin=stdin, capture_output=True, text=True
        )
        self.said.append(done.stdout + done.stderr)
        text = f"$ deployer {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        if done.returncode not in (expect if isinstance(expect, set) else {expect}):
            print(f"FAILED: exit code {done.returncode}, expected {expect}\n{text}", flush=True)
            sys.exit(1)
        return done

    def start(self, *arguments):
        return subprocess.Popen(
            [BINARY, *arguments], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def plan(self, *arguments):
        lines = self.run("plan", "--env", "local", "--json", *arguments).stdout.splitlines()
        plans = [json.loads(line) for line in lines]
        return next(line["plan"] for line in plans if line.get("event") == "planned")

    def edit(self, name, old, new):
        path = self.root / name
        text = path.read_text()
        assert text.count(old) >= 1, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1))

    def world(self):
        """The file that holds the embedded AWS's state."""
        return self.root / ".deployer/local/aws/state.log"

    def digest(self):
        """What is stored: the embedded AWS's state and the deployer's."""
        files = [self.world(), self.root / ".deployer/local/state.json"]
        return [hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None for path in files]

    @contextlib.contextmanager
    def served(self):
        process = self.start("local", "serve", "--env", "local", "--aws-port", "0", "--api-port", "0")
        ready = process.stdout.readline()
        found = re.search(r"http://([\d.]+:\d+).*https://([\d.]+:\d+)", ready)
        if not found:
            process.kill()
            print("FAILED: serve is not ready:", ready, process.stderr.read())
            sys.exit(1)
        try:
            yield f"http://{found[1]}", found[2]
        finally:
            process.send_signal(signal.SIGINT)
            check("serve ends with 0 on Ctrl-C", process.wait() == 0, process.stderr.read())


def aws(endpoint, *arguments):
    environment = {
        "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "AWS_ACCESS_KEY_ID": "example",
        "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true", "PYENV_ROOT": os.environ.get("PYENV_ROOT", ""),
    }
    done = subprocess.run(
        ["aws", "--endpoint-url", endpoint, "--output", "json", *arguments], env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        print(f"FAILED: aws {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        sys.exit(1)
    return json.loads(done.stdout or "null")


def listing(endpoint):
    """Everything that exists and is not Connect's own, by kind."""
    flows, associations, hours, queues, users = [], [], [], [], []
    instances = aws(endpoint, "connect", "list-instances")["InstanceSummaryList"]
    for instance in instances:
        listed = aws(endpoint, "connect", "list-contact-flows", "--instance-id", instance["Id"])["ContactFlowSummaryList"]
        flows += [flow["Name"] for flow in listed if not flow["Name"].startswith("Default ") and not flow["Name"].startswith("Sample ")]
        associations += aws(endpoint, "connect", "list-lambda-functions", "--instance-id", instance["Id"])["LambdaFunctions"]
        of = ("--instance-id", instance["Id"])
        hours += [one["Name"] for one in aws(endpoint, "connect", "list-hours-of-operations", *of)["HoursOfOperationSummaryList"]]
        listed = aws(endpoint, "connect", "list-queues", *of, "--queue-types", "STANDARD")["QueueSummaryList"]
        queues += [one["Name"] for one in listed]
        users += [one["Username"] for one in aws(endpoint, "connect", "list-users", *of)["UserSummaryList"]]
    apis = aws(endpoint, "apigateway", "get-rest-apis")["items"]
    domains = aws(endpoint, "apigateway", "get-domain-names")["items"]
    return {
        "tables": aws(endpoint, "dynamodb", "list-tables")["TableNames"],
        "functions": [f["FunctionName"] for f in aws(endpoint, "lambda", "list-functions")["Functions"]],
        "roles": [r["RoleName"] for r in aws(endpoint, "iam", "list-roles")["Roles"]],
        "log groups": [
            group["logGroupName"] for group in aws(endpoint, "logs", "describe-log-groups")["logGroups"]
            if group["logGroupName"].startswith("/aws/lambda/")
        ],
        "certificates": [
            c["DomainName"] for c in aws(
                endpoint, "acm", "list-certificates", "--includes",
                "keyTypes=RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1",
            )["CertificateSummaryList"]
        ],
        "apis": [api["name"] for api in apis],
        "stages": [
            stage["stageName"] for api in apis
            for stage in aws(endpoint, "apigateway", "get-stages", "--rest-api-id", api["id"])["item"]
        ],
        "deployments": [
            "deployment" for api in apis
            for _ in aws(endpoint, "apigateway", "get-deployments", "--rest-api-id", api["id"])["items"]
        ],
        "domains": [domain["domainName"] for domain in domains],
        "mappings": [
            mapping["basePath"] for domain in domains
            for mapping in aws(endpoint, "apigateway", "get-base-path-mappings", "--domain-name", domain["domainName"])["items"]
        ],
        "instances": [instance["InstanceAlias"] for instance in instances],
        "flows": flows,
        "associations": [arn.rsplit(":", 1)[1] for arn in associations],
        "hours": [name for name in hours if name != "Basic Hours"],
        "queues": [name for name in queues if name != "BasicQueue"],
        "users": users,
    }


ONE_OF_EACH = {
    "tables": ["vanity-local-numbers"],
    "functions": ["vanity-local-convert", "vanity-local-get"],
    "roles": ["vanity-local-convert", "vanity-local-get"],
    "log groups": ["/aws/lambda/vanity-local-convert", "/aws/lambda/vanity-local-get"],
    "certificates": ["vanity-local.example"],
    "apis": ["vanity-local"],
    "stages": ["live"],
    "deployments": ["deployment"],
    "domains": ["vanity-local.example"],
    "mappings": ["(none)"],
    "instances": ["vanity-local"],
    "flows": ["vanity"],
    "associations": ["vanity-local-convert"],
    "hours": ["Support hours"],
    "queues": ["support"],
    "users": ["admin"],
}


def same_world(found, expected):
    return {kind: sorted(names) for kind, names in found.items()} == {kind: sorted(names) for kind, names in expected.items()}


def curl(*arguments):
    done = subprocess.run(["curl", "--silent", "--show-error", *arguments], capture_output=True, text=True)
    check(f"curl answers ({arguments[-1]})", done.returncode == 0, done.stderr)
    return done.stdout


def bad_input(project):
    section("Bad input changes nothing")
    before = project.digest()
    wrong = project.run("apply", "--env", "nowhere", "--yes", expect=2)
    check("an unknown environment is named, with those that exist", "local" in wrong.stderr and "nowhere" in wrong.stderr, wrong.stderr)
    good = (project.root / "config/base.yaml").read_text()
    project.edit("config/base.yaml", "memory_mb: 256", "memory_mbb: 256")
    project.edit("config/base.yaml", "${tables.numbers.name}", "${tables.nubmers.name}")
    faults = project.run("apply", "--env", "local", "--yes", expect=2).stderr
    (project.root / "config/base.yaml").write_text(good)
    lines = re.findall(r"config/base\.yaml:(\d+):(\d+)", faults)
    check("both faults are shown at once, in the file that is extended, with line and column", len(lines) >= 2, faults)
    check("and say what was meant", "memory_mb" in faults and "numbers" in faults, faults)
    refused = project.run("apply", "--env", "local", expect=3)
    check("without a terminal and without --yes nothing is done", "--yes" in refused.stderr, refused.stderr)
    flow = (project.root / "flows/vanity.json").read_text()
    project.edit("flows/vanity.json", '"DisconnectParticipant"', '"Disconnect"')
    faults = project.run("plan", "--env", "local", expect=2).stderr
    (project.root / "flows/vanity.json").write_text(flow)
    check("a flow with an invented action is refused with its line", "flows/vanity.json:" in faults and "DisconnectParticipant" in faults, faults)
    check("nothing was stored", project.digest() in (before, [None, None]) or project.digest()[1] == before[1], "")


def first_apply(project):
    section("Apply, twice")
    first = project.run("apply", "--env", "local", "--yes")
    text = first.stdout + first.stderr
    for word in ("vanity-local-numbers", "vanity-local-convert", "vanity-local.example", "SHA-256"):
        check(f"the outputs name {word}", word in text, text)
    before = project.digest()
    again = project.run("apply", "--env", "local", "--yes")
    check("the second apply has no changes", "No changes" in again.stdout + again.stderr, again.stdout + again.stderr)
    check("and not one mutating call: world and state are the same bytes", project.digest() == before)
    check("plan agrees", project.plan()["summary"]["no_op"] > 15 and "No changes" in project.run("plan", "--env", "local").stdout)
    check("plan --exit-code is 0", project.run("plan", "--env", "local", "--exit-code").returncode == 0)
    for path in (project.root / ".deployer/local/state.json", project.world()):
        mode = path.stat().st_mode & 0o777
        check(f"{path.name} is readable by its owner only", mode == 0o600, oct(mode))
    state = (project.root / ".deployer/local/state.json").read_text()
    check("the state holds no private key", "PRIVATE KEY" not in state)


def calls(project):
    section("Call the flow")
    text = project.run("call", "--env", "local", "--from", "+18003569377").stdout
    check("the caller hears flowers", "flowers" in text.lower(), text)
    said = json.loads(project.run("call", "--env", "local", "--from", "+18003569377", "--json").stdout)
    check("the transcript has its members", set(said) >= {"from", "heard", "path", "lambda", "outcome"}, said)
    check("the real function answered", said["lambda"][0]["response"].get("status") == "OK", said["lambda"])
    check("through the flow's own path", said["path"][0]["type"] == "UpdateFlowLoggingBehavior" and said["path"][-1]["next"] is None, said["path"])
    repeated = json.loads(project.run("call", "--env", "local", "--from", "+18003569377", "--digits", "1", "--json").stdout)
    heard = [sum("flowers" in sentence.lower() for sentence in call["heard"]) for call in (said, repeated)]
    check("1 repeats them", heard[1] == 2 * heard[0] > 0, repeated["heard"])
    withheld = json.loads(project.run("call", "--env", "local", "--withheld", "--json").stdout)
    check("a withheld number has its own sentence", withheld["lambda"][0]["response"]["status"] == "NO_CALLER_ID", withheld)
    project.run("call", "--env", "local", "--from", "nonsense", expect=2)


def query(project):
    section("Serve, query, list")
    certificate = project.root / "certificate.pem"
    outputs = json.loads(project.run("outputs", "--env", "local", "--json", "--certificate-out", str(certificate)).stdout)
    members = {"api_url", "api_domain", "certificate_sha256", "certificate_not_after", "tables", "functions", "connect"}
    check("the outputs have their members", set(outputs) >= members, outputs)
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    check("the fingerprint is the certificate's", hashlib.sha256(der).hexdigest() == outputs["certificate_sha256"], outputs)
    check("the file holds no key", "PRIVATE" not in certificate.read_text())
    domain = outputs["api_domain"]
    with project.served() as (endpoint, api):
        port = api.rsplit(":", 1)[1]
        to = ["--cacert", str(certificate), "--resolve", f"{domain}:{port}:127.0.0.1"]
        base = f"https://{domain}:{port}"
        numbers = json.loads(curl(*to, f"{base}/vanity-numbers/+18003569377"))
        check("the API answers five numbers", len(numbers["vanity_numbers"]) == 5 and "+1800FLOWERS" in numbers["vanity_numbers"], numbers)
        for path, status in (("/vanity-numbers/+12025550199", "404"), ("/vanity-numbers/12", "400"), ("/nowhere", "403"), ("/vanity-numbers", "200")):
            got = curl(*to, "--output", "/dev/null", "--write-out", "%{http_code}", f"{base}{path}")
            check(f"{path} answers {status}", got == status, got)
        found = listing(endpoint)
        check("the AWS command line lists one of each", same_world(found, ONE_OF_EACH), json.dumps(found, indent=1))


def changes(project):
    section("One change, one update")
    marker = "      TABLE_NAME: ${tables.numbers.name}\n"
    project.edit("config/base.yaml", marker, marker + "      LOG_LEVEL: debug\n")
    plan = project.plan()
    effective = [change for change in plan["changes"] if change["action"] != "no-op"]
    check("one in-place update is planned", [(c["address"], c["action"]) for c in effective] == [("function.convert", "update")], effective)
    paths = [property["path"] for property in effective[0]["properties"]]
    check("of just that variable", paths == [["environment", "LOG_LEVEL"]], paths)
    check("plan --exit-code is 4", project.run("plan", "--env", "local", "--exit-code", expect=4).returncode == 4)
    done = [json.loads(line) for line in project.run("apply", "--env", "local", "--yes", "--json").stdout.splitlines()]
    ended = [(line["address"], line["action"]) for line in done if line.get("event") == "done"]
    check("and exactly that is done", ended == [("function.convert", "update")], ended)
    project.edit("lambdas/get/src/main.rs", "fn main", "// A remark that the compiler keeps as debug lines only.\nfn main")
    plan = project.plan()
    effective = [c for c in plan["changes"] if c["action"] != "no-op"]
    moved = all(c["address"] == "function.get" and [p["path"] for p in c["properties"]] == [["code_sha256"]] for c in effective)
    check("a remark changes nothing but, at most, that function's code", moved, effective)
    package = (project.root / "lambdas/get/Cargo.toml").read_text()
    project.edit("lambdas/get/Cargo.toml", 'version.workspace = true', 'version = "0.1.1"')
    subprocess.run(["cargo", "metadata", "--offline", "--format-version", "1"], cwd=project.root, env=project.environment, capture_output=True)
    main = project.root / "lambdas/get/src/main.rs"
    main.write_text(main.read_text() + '\n/// Kept in the binary, so that its bytes differ.\n#[used]\nstatic MARK: [u8; 9] = *b"MARKED-01";\n')
    effective = [c for c in project.plan()["changes"] if c["action"] != "no-op"]
    shown = [(c["address"], c["action"], [p["path"] for p in c["properties"]]) for c in effective]
    check("another source is one code update", shown == [("function.get", "update", [["code_sha256"]])], shown)
    project.run("apply", "--env", "local", "--yes")
    (project.root / "lambdas/get/Cargo.toml").write_text(package)
    check("after it nothing is left", not [c for c in project.plan()["changes"] if c["action"] not in ("no-op",) and c["address"] != "function.get"])


def at_terminal(project, answer, *arguments):
    """Runs a command at a terminal and types the answer when it is asked for; what it said, and its exit code."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    process = subprocess.Popen([BINARY, *arguments], cwd=project.root, env=project.environment, stdin=its, stdout=its, stderr=its)
    os.close(its)
    said = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:
            break
        if b"to confirm: " in more:
            os.write(ours, answer.encode() + b"\n")
        said += more
    os.close(ours)
    return said.decode(), process.wait()


def confirmations(project):
    section("Broader permissions and lost data are confirmed by themselves")
    spec = (project.root / "config/base.yaml").read_text()
    project.edit("config/base.yaml", "grants: { numbers: read }", "grants: { numbers: read-write }")
    before = project.digest()
    refused = project.run("apply", "--env", "local", "--yes", expect=3).stderr
    check("--yes alone broadens nothing", "--approve-security" in refused and project.digest() == before, refused)
    said, code = at_terminal(project, "no", "apply", "--env", "local")
    check("at a terminal the question names it", code == 3 and "with the broader permissions listed above" in said, said)
    said, code = at_terminal(project, "yes", "apply", "--env", "local")
    check("and yes applies it", code == 0, said)
    project.edit("config/base.yaml", "{ partition: { id: S } }", "{ partition: { phone: S } }")
    before = project.digest()
    refused = project.run("apply", "--env", "local", "--yes", "--approve-security", expect=3).stderr
    check("--yes alone deletes no data", "--allow-data-loss table.numbers" in refused and project.digest() == before, refused)
    said, code = at_terminal(project, "yes", "apply", "--env", "local")
    check("neither does yes", code == 3 and "DELETES ITS DATA" in said and project.digest() == before, said)
    said, code = at_terminal(project, "local", "apply", "--env", "local")
    check("the environment's name does", code == 0, said)
    (project.root / "config/base.yaml").write_text(spec)
    project.run("apply", "--env", "local", "--yes", "--allow-data-loss", "table.numbers")
    check("less permissions need no approval", project.run("plan", "--env", "local", "--exit-code").returncode == 0)


def interrupts(project):
    section("Interrupted and killed runs are picked up")
    process = project.start("apply", "--env", "local", "--yes", "--json")
    for line in process.stdout:
        if json.loads(line).get("event") == "started":
            break
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    check("SIGINT ends with 130", process.wait() == 130, rest + process.stderr.read())
    check("and says so", '"interrupted"' in rest, rest)
    dice = random.Random(SEED)
    for _ in range(KILLS):
        process = project.start("apply", "--env", "local", "--yes", "--json")
        started = dice.randint(1, 25)
        for line in process.stdout:
            started -= json.loads(line).get("event") in ("started", "done")
            if started <= 0:
                break
        time.sleep(dice.random() * 0.05)
        process.kill()
        process.wait()
        process.stdout.close()
    project.run("apply", "--env", "local", "--yes")
    with project.served() as (endpoint, _):
        found = listing(endpoint)
    check(f"after {KILLS} SIGKILLs there is one of each", same_world(found, ONE_OF_EACH), json.dumps(found, indent=1))
    (project.root / ".deployer/local/state.json").unlink()
    plan = project.plan()
    actions = {change["action"] for change in plan["changes"]}
    check("and the plan says that nothing would change", "No changes in the cloud" in project.run("plan", "--env", "local", "--exit-code").stdout)
    check("with the state lost, everything is found again", actions <= {"adopt", "no-op"}, [c for c in plan["changes"] if c["action"] not in ("adopt", "no-op")])
    project.run("apply", "--env", "local", "--yes")
    with project.served() as (endpoint, _):
        check("and still there is one of each", same_world(listing(endpoint), ONE_OF_EACH))


def real_path(project):
    section("The path to real AWS, with the served embedded AWS in its place")
    with project.served() as (endpoint, _):
        there = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example"}
        project.environment.update(there)
        missing = project.run("destroy", "--env", "dev", "--yes", expect=1)
        check("without the bucket for its state, every command names bootstrap", "run `deployer bootstrap --env dev`" in missing.stderr, missing.stderr)
        project.run("bootstrap", "--env", "dev", "--yes")
        nothing = project.run("destroy", "--env", "dev", "--yes")
        check("the account of the spec is the caller's, and nothing of dev exists", "Nothing to destroy" in nothing.stdout, nothing.stdout + nothing.stderr)
        project.edit("config/dev.yaml", '"111122223333"', '"444455556666"')
        refused = project.run("destroy", "--env", "dev", "--yes", expect=3)
        check("another account is refused and both are named", all(account in refused.stderr for account in ("111122223333", "444455556666")), refused.stderr)
        project.edit("config/dev.yaml", '"444455556666"', '"111122223333"')
        project.run("bootstrap", "--env", "dev", "--remove", "--yes")
        for name in there:
            del project.environment[name]
        # Commands of the served environment itself go on working, in the other process's world.
        said = json.loads(project.run("call", "--env", "local", "--from", "+18003569377", "--json").stdout)
        check("a call works while the environment is served", said["lambda"][0]["response"]["status"] == "OK", said)
        check("and so does a plan", "No changes" in project.run("plan", "--env", "local").stdout)
        project.run("local", "serve", "--env", "local", expect=3)


def destroy(project):
    section("Destroy, twice")
    project.run("destroy", "--env", "local", expect=3)
    project.run("destroy", "--env", "local", "--yes")
    with project.served() as (endpoint, _):
        found = listing(endpoint)
    check("the embedded AWS lists nothing", not any(found.values()), json.dumps(found, indent=1))
    state = json.loads((project.root / ".deployer/local/state.json").read_text()) if (project.root / ".deployer/local/state.json").exists() else {}
    check("the state is empty", not state.get("resources"), state)
    again = project.run("destroy", "--env", "local", "--yes")
    check("a second destroy says so", "Nothing to destroy" in again.stdout + again.stderr, again.stdout + again.stderr)


def main():
    with copy_directory() as directory:
        project = Project(directory)
        bad_input(project)
        first_apply(project)
        calls(project)
        query(project)
        real_path(project)
        changes(project)
        confirmations(project)
        destroy(project)
        interrupts(project)
        destroy(project)
    print(f"\n{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
