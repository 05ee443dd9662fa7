"""Terraform as a child process, and the server it talks to."""

import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PROVIDER = pathlib.PurePath("registry.terraform.io/hashicorp/aws")


def plugins():
    """The filesystem mirror with the provider: of TERRAFORM_PLUGINS, or of the places where Terraform looks itself."""
    given = os.environ.get("TERRAFORM_PLUGINS")
    home = pathlib.Path.home()
    usual = [home / ".terraform.d/plugins", home / ".local/share/terraform/plugins", pathlib.Path("/usr/local/share/terraform/plugins"),
             pathlib.Path("/usr/share/terraform/plugins"), home / ".terraform.d/plugin-cache"]
    places = [pathlib.Path(given)] if given else usual
    return next((place for place in places if (place / PROVIDER).is_dir()), None)


@contextlib.contextmanager
def served(deployer, directory):
    """The embedded AWS, empty and in memory, with AWS's own delays shortened."""
    log = pathlib.Path(directory) / "served"
    command = [str(deployer), "local", "serve", "--aws-port", "0", "--api-port", "0", "--speed", "1000"]
    with open(log, "w") as output:
        running = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output, text=True)
    try:
        ready = running.stdout.readline()
        endpoint = re.search(r"AWS on (http://\S+?),", ready)
        if endpoint is None:
            raise SystemExit(f"the server did not start: {ready}{log.read_text()}")
        yield endpoint[1]
    finally:
        running.terminate()
        running.wait(timeout=20)


def certificate(directory, step):
    """A self-signed certificate and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=api.terraform.example", "-addext",
         "subjectAltName=DNS:api.terraform.example", "-keyout", directory / f"key-{step}.pem", "-out", directory / f"certificate-{step}.pem"],
        check=True, capture_output=True,
    )


def flow(text):
    say = {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": text},
           "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}}
    end = {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    return json.dumps({"Version": "2019-10-30", "StartAction": "say", "Actions": [say, end]})


def files(directory):
    """Files that the configurations name, in two versions."""
    for step in (1, 2):
        certificate(directory, step)
        (directory / f"flow-{step}.json").write_text(flow(f"File {step}"))
        with zipfile.ZipFile(directory / f"code-{step}.zip", "w") as code:
            code.writestr(zipfile.ZipInfo("bootstrap", datetime.datetime(2020, 1, 1).timetuple()[:6]), f"#!/bin/sh\n# {step}\n")


class Terraform:
    """A directory with the configurations, in which Terraform runs."""

    def __init__(self, binary, plugins, directory, endpoint):
        self.binary, self.endpoint, self.directory = binary, endpoint, directory
        self.settings = directory / "terraform.rc"
        self.settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{plugins}"\n  }}\n}}\n')
        self.main = self.begin("main")

    def begin(self, name, more=""):
        """A new directory with the configurations and an empty state."""
        directory = self.directory / name
        directory.mkdir()
        for file in HERE.glob("*.tf"):
            shutil.copy(file, directory)
        files(directory) if name == "main" else [shutil.copy(file, directory) for file in self.main.glob("*-[12].*")]
        (directory / "more.tf").write_text(more)
        self.run(directory, "init", "-backend=false")
        return directory

    def run(self, directory, *arguments):
        """Runs Terraform, and returns its exit code and output."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        environment = {**kept, "TF_CLI_CONFIG_FILE": str(self.settings), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1",
                       "TF_VAR_endpoint": self.endpoint}
        ran = subprocess.run([self.binary, *arguments, "-no-color"], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True)
        return ran.returncode, ran.stdout + ran.stderr

    def change(self, command, directory, step):
        """Applies or destroys, and returns the failures: `(address, message)`."""
        lock = ["-input=false", "-auto-approve", f"-var=step={step}", "-parallelism=20", "-json"]
        _, output = self.run(directory, command, *lock)
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        errors = [line["diagnostic"] for line in lines if line.get("@level") == "error" and "diagnostic" in line]
        return [(error.get("address", ""), f"{error['summary']} {error.get('detail', '')}".strip()) for error in errors]

    def plan(self, directory, step):
        """Plans, and returns the plan as JSON; `None` and the output if it fails."""
        code, output = self.run(directory, "plan", "-input=false", f"-var=step={step}", "-out=plan")
        if code != 0:
            return None, output
        return json.loads(self.run(directory, "show", "-json", "plan")[1]), output

    def state(self, directory):
        """The resources and outputs of the state."""
        return json.loads(self.run(directory, "show", "-json")[1]).get("values", {})

    def schema(self):
        """The provider's schemas of resources and data sources, and its version."""
        _, text = self.run(self.main, "providers", "schema", "-json")
        schemas = json.loads(text)["provider_schemas"]["registry.terraform.io/hashicorp/aws"]
        version = json.loads(self.run(self.main, "version", "-json")[1])
        return schemas["resource_schemas"], schemas["data_source_schemas"], version["provider_selections"]["registry.terraform.io/hashicorp/aws"]
