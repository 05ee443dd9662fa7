#!/usr/bin/env python3
"""A stack that Terraform has made is taken over by `deployer import --from-tfstate`, without one replaced resource.

    python3 deployer/tests/terraform_import.py target/debug/deployer

Terraform creates the stack of `terraform_import/main.tf` on `deployer local serve`. The import, killed in between, then only sets tags, which
Terraform's own plan confirms; the next apply replaces nothing but the deployment of the API, which is a snapshot of its routes; and destroy
leaves nothing but what the spec does not name. The destroy takes five minutes, since a certificate is in use for that long after its domain
is deleted. Needs Terraform, the plugin of hashicorp/aws (TERRAFORM_PLUGINS is a filesystem mirror that has it) and openssl; without them
nothing is run, which is said.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent / "terraform_import"
PROVIDER = "registry.terraform.io/hashicorp/aws"


def check(what, good, detail=""):
    if not good:
        print(f"FAILED: {what}\n{detail}", flush=True)
        sys.exit(1)
    print(f"  ok  {what}", flush=True)


def plugins():
    home = pathlib.Path.home()
    given = os.environ.get("TERRAFORM_PLUGINS")
    usual = [home / ".terraform.d/plugins", home / ".local/share/terraform/plugins", pathlib.Path("/usr/local/share/terraform/plugins")]
    return next((place for place in ([pathlib.Path(given)] if given else usual) if (place / PROVIDER).is_dir()), None)


@contextlib.contextmanager
def served(deployer, directory):
    command = [deployer, "local", "serve", "--aws-port", "0", "--api-port", "0", "--speed", "1000"]
    running = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        ready = running.stdout.readline()
        endpoint = re.search(r"AWS on (http://\S+?),", ready)
        check("the embedded AWS serves", endpoint, ready)
        yield endpoint[1]
    finally:
        running.terminate()
        running.wait()


def action(name, kind, parameters, then=None, **more):
    errors = [{"NextAction": then, "ErrorType": "NoMatchingError"}] if then else []
    transitions = {"NextAction": then, "Errors": errors} if then else {}
    return {"Identifier": name, "Type": kind, "Parameters": parameters, "Transitions": transitions, **more}


def files(directory):
    """The files that both sides name."""
    say = lambda then: action("say", "MessageParticipant", {"Text": "Hello"}, then)
    call = action("call", "InvokeLambdaFunction", {"LambdaFunctionARN": "${functions.answer.arn}", "InvocationTimeLimitSeconds": "8"}, "end")
    end = action("end", "DisconnectParticipant", {})
    module_end = action("end", "EndFlowModuleExecution", {})
    document = lambda *actions: json.dumps({"Version": "2019-10-30", "StartAction": "say", "Actions": actions})
    (directory / "flows").mkdir()
    (directory / "flows/main.json").write_text(document(say("call"), call, end))
    (directory / "flows/greet.json").write_text(document(say("end"), module_end))
    (directory / "config").mkdir()
    shutil.copy(HERE / "dev.yaml", directory / "config/dev.yaml")
    shutil.copy(HERE / "main.tf", directory)
    # Nobody calls the function; any executable will do, in another zip than the deployer's.
    executable = directory / "built/lambda-x86_64/answer"
    executable.parent.mkdir(parents=True)
    shutil.copy("/bin/true", executable)
    with zipfile.ZipFile(directory / "code.zip", "w") as code:
        code.write(executable, "bootstrap")
    subject = ["-subj", "/CN=shop-dev.example", "-addext", "subjectAltName=DNS:shop-dev.example"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", *subject, "-keyout", "key.pem",
                    "-out", "certificate.pem"], cwd=directory, check=True, capture_output=True)


class Tools:
    """Terraform and deployer in one directory, on one endpoint."""

    def __init__(self, deployer, directory, endpoint):
        self.deployer, self.directory = deployer, directory
        settings = directory / "terraform.rc"
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{plugins()}"\n  }}\n}}\n')
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        self.environment = {
            **kept, "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_VAR_endpoint": endpoint,
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": "us-east-1",
            "ADA_PASSWORD": "Example-Password-1",
        }

    def terraform(self, *arguments):
        ran = subprocess.run(["terraform", *arguments, "-no-color"], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True)
        check(f"terraform {arguments[0]}", ran.returncode == 0, ran.stdout + ran.stderr)
        return ran.stdout

    def run(self, *arguments, code=0):
        command, *rest = arguments
        ran = subprocess.run([self.deployer, command, *rest, "--env", "dev"], cwd=self.directory, env=self.environment,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True)
        check(f"deployer {command}: exit {code}", ran.returncode == code, ran.stdout + ran.stderr)
        return ran.stdout + ran.stderr

    def differences(self):
        """What Terraform sees changed: attributes by address."""
        self.terraform("plan", "-input=false", "-out=plan")
        plan = json.loads(self.terraform("show", "-json", "plan"))
        found = {}
        for change in plan.get("resource_drift", []) + plan.get("resource_changes", []):
            before, after = change["change"].get("before") or {}, change["change"].get("after") or {}
            # A data source of an instance with other tags is only read by an apply. If what uses it had changed, that would be drift.
            unknown = change["change"].get("after_unknown") or {}
            names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name) and unknown.get(name) is not True}
            if change["change"]["actions"] not in (["no-op"], ["read"]) and names:
                found.setdefault(change["address"], set()).update(names)
        return found

    def plan(self):
        lines = [json.loads(line) for line in self.run("plan", "--functions", "built", "--json").splitlines() if line.startswith("{")]
        return next(line["plan"] for line in lines if line.get("event") == "planned")


def import_killed_in_between(tools):
    """Kills an import while it works; the next one takes over the rest."""
    command = [tools.deployer, "import", "--from-tfstate", "terraform.tfstate", "--env", "dev", "--functions", "built", "--yes"]
    process = subprocess.Popen(command, cwd=tools.directory, env=tools.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        if any("table.numbers" in path.read_text(errors="ignore") for path in tools.directory.glob(".deployer/dev/**/*.json")):
            break
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    print(f"      the first import was {'killed' if process.returncode == -signal.SIGKILL else 'done before it could be killed'}")
    tools.run("unlock", "--yes")


def main():
    deployer = str(pathlib.Path(sys.argv[1]).resolve())
    missing = [name for name in ("terraform", "openssl") if shutil.which(name) is None]
    if missing or plugins() is None:
        print(f"skipped: {', '.join(missing) or 'the plugin of hashicorp/aws (TERRAFORM_PLUGINS)'} is not here")
        return
    with tempfile.TemporaryDirectory(prefix="terraform-import-") as text:
        directory = pathlib.Path(text)
        files(directory)
        with served(deployer, directory) as endpoint:
            migrate(Tools(deployer, directory, endpoint))


def migrate(tools):
    tools.terraform("init", "-input=false")
    tools.terraform("apply", "-input=false", "-auto-approve")
    # What an apply creates is recorded as it was answered then; a role, for example, without the policy that was made for it later.
    tools.terraform("apply", "-refresh-only", "-input=false", "-auto-approve")
    check("Terraform sees no difference", not tools.differences(), tools.differences())

    tools.run("import", "--from-tfstate", "terraform.tfstate", "--functions", "built", code=3)
    import_killed_in_between(tools)
    said = tools.run("import", "--from-tfstate", "terraform.tfstate", "--functions", "built", "--yes")
    check("the table that the spec does not name stays with Terraform", "aws_dynamodb_table.elsewhere: the spec has no such" in said, said)
    check("everything of the spec is taken over", "the next apply creates" not in said, said)
    changed = {address: names - {"tags", "tags_all"} for address, names in tools.differences().items()}
    check("Terraform sees only tags changed", not any(changed.values()), changed)
    again = tools.run("import", "--from-tfstate", "terraform.tfstate", "--functions", "built", "--yes")
    check("another import has nothing to do", "Nothing to take over." in again, again)

    plan = tools.plan()
    actions = {change["address"]: change["action"] for change in plan["changes"] if change["action"] != "no-op"}
    check("the next apply creates and deletes nothing", not {"create", "delete"} & set(actions.values()), actions)
    replaced = [address for address, name in actions.items() if name == "replace"]
    check("it replaces nothing but the snapshot of the routes", replaced in ([], ["deployment.main"]), json.dumps(plan, indent=1))
    tools.run("apply", "--functions", "built", "--yes", "--approve-security")
    check("then nothing is left to do", "No changes" in tools.run("plan", "--functions", "built"))
    tools.run("destroy", "--yes")
    left = tools.differences()
    check("what the spec does not name is untouched", "aws_dynamodb_table.elsewhere" not in left, left)
    names = {"aws_dynamodb_table.numbers", "aws_lambda_function.answer", "aws_connect_instance.main", "aws_api_gateway_rest_api.main"}
    check("all of the spec is gone", names <= set(left), left)


if __name__ == "__main__":
    main()
