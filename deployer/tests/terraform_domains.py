#!/usr/bin/env python3
"""Terraform's own provider makes a zone, records, a certificate by DNS and a domain on the embedded AWS: apply, an empty plan, a change, an
empty plan, destroy.

    python3 deployer/tests/terraform_domains.py target/debug/deployer [PLUGINS]

PLUGINS is a filesystem mirror of providers with hashicorp/aws; without it, `terraform init` asks the registry. Skipped, and said, where
Terraform is not installed.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BINARY = pathlib.Path(sys.argv[1]).resolve()
CONFIGURATION = pathlib.Path(__file__).parent / "terraform" / "domains.tf"
SPEC = """project: domains
environment: local
provider: { embedded: { speed: 600 } }
state: { directory: .deployer/local }
"""


def main():
    if not shutil.which("terraform"):
        print("SKIPPED: terraform is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config").mkdir()
        (folder / "config/local.yaml").write_text(SPEC)
        work = folder / "terraform"
        work.mkdir()
        shutil.copy(CONFIGURATION, work / "main.tf")
        environment = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        if len(sys.argv) > 2:
            (folder / "rc").write_text(f'provider_installation {{ filesystem_mirror {{ path = "{pathlib.Path(sys.argv[2]).resolve()}" }} }}\n')
            environment["TF_CLI_CONFIG_FILE"] = str(folder / "rc")
        serve = subprocess.Popen([BINARY, "local", "serve", "--env", "local", "--aws-port", "0", "--api-port", "0"], cwd=folder,
                                 stdout=subprocess.PIPE, text=True)
        try:
            endpoint = next(word for line in serve.stdout for word in line.split() if word.startswith("http://127.0.0.1:"))
            judge(work, {**environment, "TF_VAR_port": re.search(r":(\d+)", endpoint.removeprefix("http:"))[1]})
        finally:
            serve.terminate()
            serve.wait()


def judge(work, environment):
    def terraform(*words, wanted=0):
        ran = subprocess.run(["terraform", *words, "-no-color"], cwd=work, env=environment, capture_output=True, text=True)
        print(f"terraform {' '.join(words)}: {ran.returncode}", flush=True)
        if ran.returncode != wanted:
            sys.exit(f"FAILED\n{ran.stdout[-6000:]}\n{ran.stderr[-6000:]}")

    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false")
    terraform("apply", "-auto-approve", "-input=false", "-var", "ttl=120")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var", "ttl=120")
    terraform("destroy", "-auto-approve", "-input=false")
    print("All right.")


main()
