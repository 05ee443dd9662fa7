"""The same stack, made and removed by this deployer and by what others use, on one AWS that others wrote."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile

import measuring
from measuring import SOURCE, measure
from project import free_port, interop_python, served, small, without_connect
from proxy import Proxy

DELAY = 0.06
ACCOUNT = "111122223333"
CONTESTANTS = pathlib.Path(__file__).with_name("contestants")
PHASES = ["first apply", "no changes", "one variable", "destroy"]
ONE_OF_EACH = {
    "tables": 1, "roles": 2, "functions": 2, "log groups": 2, "permissions": 1, "APIs": 1, "deployments": 1, "stages": 1, "certificates": 1, "domains": 1,
    "mappings": 1,
}

TITLE = "Beside others"
ABOUT = f"""The stack of the README without Connect, 14 resources: a table with an index and point-in-time recovery, two roles
with a policy each, two functions with 3 MB of code each, two log groups, a REST API with three routes, its deployment, stage and
permission, an imported certificate, a domain and its mapping. Everybody works against the same moto server through a proxy that
adds {DELAY * 1e3:.0f} ms to each call and counts. The first apply begins in an empty account with the functions compiled and
packed; then the same again with no changes, then with one more variable in one function's environment, then the removal. After
each, what exists is counted with boto3: all of it, or nothing.

- *deployer* keeps its state in a directory.
- *boto3* is [a script with threads](../benches/contestants/by_hand.py) in which each call starts as soon as what it needs is
  known. It looks for nothing before it creates it, and compares less than the deployer does; it can do this stack and nothing
  else.
- *AWS CLI* is [a shell script](../benches/contestants/by_hand.sh), one command after the other.
- *Terraform* is [main.tf](../benches/contestants/main.tf) with `-auto-approve`; initialised before, without that being measured.
  Where its provider cannot be downloaded, `TERRAFORM_PLUGINS` names a directory for `terraform init -plugin-dir`.

They take turns, in the opposite order in every other round, and each number is the median of the rounds. *of boto3* is the median
of the wall time over that of boto3 in the same round. Processor time and memory include the processes that a command starts;
memory is that of the largest of them."""


def replaced(text, patterns):
    """The text with each of these patterns replaced; a pattern that is nowhere is an error of the benchmark."""
    for pattern, by in patterns.items():
        text, found = re.subn(f"(?m){pattern}", by, text)
        if not found:
            raise SystemExit(f"error: config/dev.yaml has nothing like {pattern}")
    return text


class Deployer:
    name = "deployer"

    def __init__(self, binary, root, there, endpoint):
        self.binary, self.root = binary, root
        self.there = {**there, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example"}
        self.spec = root / "config/dev.yaml"
        without_connect(binary, self.spec)
        # The scripts keep the state beside them, and their stack has no API key, no throttling and no time to live.
        self.first = replaced(self.spec.read_text(), {
            r"^  s3: \{\}$": "  directory: .deployer/dev",
            r"^  throttling: .*\n": "",
            r"^  api_key:\n(    .*\n)+": "",
            r"\{ function: get, auth: api_key \}": "get",
            r"^    ttl: .*\n": "",
        })
        self.spec.write_text(self.first)
        # Compiles and packs the functions.
        measure([binary, "plan", "--env", "dev"], root, self.there)

    def begin(self):
        self.spec.write_text(self.first)

    def run(self, phase):
        if phase == "one variable":
            self.spec.write_text(replaced(self.first, {r', KEEP_DAYS: "30"': r', KEEP_DAYS: "30", LOG_LEVEL: debug'}))
        command = "destroy" if phase == "destroy" else "apply"
        return measure([self.binary, command, "--env", "dev", "--yes"], self.root, self.there)


class Script:
    """boto3 or the AWS command line."""

    COMMANDS = dict(zip(PHASES, ["create", "check", "change", "destroy"]))

    def __init__(self, name, command, directory, endpoint, there):
        self.name, self.command, self.directory, self.endpoint, self.there = name, command, directory, endpoint, there

    def begin(self):
        pass

    def run(self, phase):
        return measure([*self.command, self.endpoint, self.directory, self.COMMANDS[phase]], self.directory, self.there)


class Terraform:
    name = "Terraform"

    def __init__(self, program, directory, endpoint, there):
        self.program, self.directory, self.there = program, directory, {**there, "TF_VAR_endpoint": endpoint, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        # A file of settings that is not there is a warning in every command.
        if not os.path.exists(self.there.get("TF_CLI_CONFIG_FILE", "")):
            self.there.pop("TF_CLI_CONFIG_FILE", None)
        shutil.copy(CONTESTANTS / "main.tf", directory)
        plugins = os.environ.get("TERRAFORM_PLUGINS")
        init = [program, "init", "-input=false", "-no-color", *([f"-plugin-dir={plugins}"] if plugins else [])]
        done = subprocess.run(init, cwd=directory, env=self.there, capture_output=True, text=True)
        self.missing = None if done.returncode == 0 else "Terraform is installed, but its AWS provider could not be."

    def begin(self):
        for file in self.directory.glob("terraform.tfstate*"):
            file.unlink()

    def run(self, phase):
        command = "destroy" if phase == "destroy" else "apply"
        level = "" if phase in PHASES[:2] else "debug"
        return measure([self.program, command, "-auto-approve", "-input=false", "-no-color"], self.directory, {**self.there, "TF_VAR_level": level})


def inputs(directory, root, there, python):
    """Writes what the scripts need: policies, the API, a certificate, and the code that the deployer packs."""
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/by-hand-numbers"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    grants = [
        {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"], "Resource": [table, f"{table}/index/*"]},
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/by-hand-*"},
    ]
    for name, statements in (("trust", [trust]), ("policy", grants)):
        (directory / f"{name}.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:{ACCOUNT}:function:by-hand-get/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "passthroughBehavior": "when_no_match"}
    route = {"get": {"responses": {"200": {"description": "answered"}}, "x-amazon-apigateway-integration": integration}}
    paths = dict.fromkeys(("/", "/vanity-numbers", "/vanity-numbers/{phone}"), route)
    (directory / "api.json").write_text(json.dumps({"openapi": "3.0.1", "info": {"title": "by-hand", "version": "1"}, "paths": paths}))
    measure([python, CONTESTANTS / "certificate.py", directory, "by-hand.example"], env=there)
    for name in ("convert", "get"):
        executables = list(root.glob(f"target/**/{name}"))
        built = [path for path in executables if path.is_file() and os.access(path, os.X_OK)]
        with zipfile.ZipFile(directory / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(built[0], "bootstrap")


def reset(moto):
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST")).read()


def counted(python, moto, directory, there, phase, name):
    """What exists must be all of the stack, or nothing."""
    found = json.loads(measure([python, CONTESTANTS / "by_hand.py", moto, directory, "count"], env=there).output.splitlines()[-1])
    wanted = {**dict.fromkeys(ONE_OF_EACH, 0), "changed": 0} if phase == "destroy" else {**ONE_OF_EACH, "changed": int(phase == "one variable")}
    if found != wanted:
        raise SystemExit(f"error: after {phase} of {name} there is {found}, not {wanted}")


def contestants(options, root, there, python, directory, endpoint):
    """Who takes part, the words about who does not, and the commands' directories."""
    plain = measuring.environment(PYTHONDONTWRITEBYTECODE="1", PATH=f"{python.parent}:{os.environ['PATH']}")
    ours = Deployer(options.binary, root, there, endpoint)
    inputs(directory, root, plain, python)
    scripts = [
        Script("boto3", [python, CONTESTANTS / "by_hand.py"], directory, endpoint, plain),
        Script("AWS CLI", ["bash", CONTESTANTS / "by_hand.sh"], directory, endpoint, plain),
    ]
    program = shutil.which("terraform")
    if program is None:
        return [ours, *scripts], "Terraform is not installed.", plain
    terraform = Terraform(program, directory, endpoint, plain)
    return ([ours, *scripts], terraform.missing, plain) if terraform.missing else ([ours, *scripts, terraform], "", plain)


def measured(options):
    python, costs = interop_python(), {}
    with small() as (root, there), tempfile.TemporaryDirectory(prefix="deployer-peers-") as directory:
        directory, port = pathlib.Path(directory), free_port()
        moto, proxy = f"http://127.0.0.1:{port}", Proxy(port, DELAY)
        command = [python, SOURCE / "deployer/tests/moto_server.py", port]
        with served(command, f"{moto}/moto-api/", env=measuring.environment(MOTO_ACCOUNT_ID=ACCOUNT)), proxy.serving() as endpoint:
            peers, missing, plain = contestants(options, root, there, python, directory, endpoint)
            peers = [peer for peer in peers if options.peers is None or peer.name in ("deployer", "boto3", *options.peers)]
            asked = [[python, "-c", "import boto3; print('boto3', boto3.__version__)"], [python.parent / "aws", "--version"]]
            versions = [measuring.first_line(command) for command in (asked if missing else [*asked, ["terraform", "version"]])]
            for turn in range(options.rounds):
                # The two that take longest, once in three rounds.
                present = [peer for peer in peers if peer.name in ("deployer", "boto3") or turn % 3 == 0]
                for peer in present if turn % 2 == 0 else reversed(present):
                    reset(moto)
                    peer.begin()
                    for phase in PHASES:
                        proxy.reset()
                        cost = peer.run(phase)
                        print(f"  {peer.name}: {phase}: {proxy.calls} calls, {measuring.seconds(cost.wall)}", file=sys.stderr, flush=True)
                        if options.calls and peer.name == "deployer" and turn == 0:
                            print("\n".join(f"    {number} {call}" for call, number in sorted(proxy.seen.items())), file=sys.stderr, flush=True)
                        costs.setdefault((phase, peer.name), {})[turn] = (cost, proxy.calls, proxy.most)
                        counted(python, moto, directory, plain, phase, peer.name)
    return table(peers, costs) + f"\n\n{rounds(options.rounds, peers)} {', '.join(versions)}, moto as in .ci/interop.txt. {missing}".rstrip()


def rounds(number, peers):
    seldom = [peer.name for peer in peers if peer.name not in ("deployer", "boto3")]
    less = f"; {' and '.join(seldom)} took part in {-(-number // 3)} of them" if seldom and number > 1 else ""
    return f"Rounds: {number}{less}."


def table(peers, costs):
    rows = []
    for phase in PHASES:
        for peer in peers:
            turns = costs[phase, peer.name]
            cost = measuring.median([cost for cost, _, _ in turns.values()])
            calls, most = (measuring.statistics.median_low(column) for column in zip(*[taken[1:] for taken in turns.values()]))
            ratios = [turns[turn][0].wall / costs[phase, "boto3"][turn][0].wall for turn in turns]
            rows.append([phase, peer.name, calls, most, measuring.seconds(cost.wall), f"{measuring.statistics.median(ratios):.2f}", measuring.seconds(cost.cpu),
                         measuring.megabytes(cost.peak)])
    return measuring.table(["what", "who", "calls", "most at once", "wall", "of boto3", "processor", "peak memory"], rows)
