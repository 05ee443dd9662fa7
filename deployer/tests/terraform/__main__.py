#!/usr/bin/env python3
"""Terraform's AWS provider, a strict client that others wrote, on `deployer local serve`.

    python deployer/tests/terraform DEPLOYER [--write]

The configurations beside this file are applied, planned again, changed in every argument that can change, planned again, imported into an
empty state, and destroyed; what is left is counted with boto3. Ends with 1 if anything fails. `--write` puts the result into
deployer/docs/terraform-provider.md. Without Terraform, the provider or boto3 nothing is run, which is said.
"""

import os
import pathlib
import shutil
import sys
import tempfile

import page
import rounds
import terraform

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "terraform-provider.md"


def skipped(why):
    print(f"skipped: {why}")
    sys.exit(0)


def main():
    deployer, write = pathlib.Path(sys.argv[1]).resolve(), "--write" in sys.argv[2:]
    binary, plugins = shutil.which("terraform"), terraform.plugins()
    if binary is None:
        skipped("`terraform` is not on the PATH")
    if plugins is None:
        skipped("no plugin of hashicorp/aws was found; set TERRAFORM_PLUGINS to a filesystem mirror that has it")
    try:
        import boto3  # noqa: F401
    except ImportError:
        skipped("boto3 is not installed (.ci/interop installs it)")
    with tempfile.TemporaryDirectory(prefix="terraform-") as directory, terraform.served(deployer, directory) as endpoint:
        result = rounds.run(terraform.Terraform(binary, plugins, pathlib.Path(directory), endpoint))
    for fault in result.faults:
        print(f"FAILED {fault}")
    text = page.text(result)
    if write:
        PAGE.write_text(text)
    elif not result.faults and PAGE.read_text() != text and f"hashicorp/aws {result.version}" in PAGE.read_text():
        result.faults.append("the page is of another run; write it with --write")
        print(f"FAILED {result.faults[-1]}: {PAGE}")
    print(f"{len(result.types)} resource types, {len(result.data)} data sources: {len(result.faults)} faults")
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    os.environ.pop("TF_CLI_CONFIG_FILE", None)
    main()
