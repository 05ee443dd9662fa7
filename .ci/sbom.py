#!/usr/bin/env python3
"""Writes the software bill of materials of the binary `deployer`: what is linked into it for one target, as CycloneDX 1.5 JSON.

    python3 .ci/sbom.py TARGET > deployer.cdx.json

It reads `cargo metadata` and the checksums in Cargo.lock, and needs no network if the crates are downloaded. Crates of tests and of
build scripts are left out: they are not in the binary.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def metadata(target):
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def checksums():
    entry = re.compile(r'name = "([^"]+)"\nversion = "([^"]+)"\nsource = "[^"]+"\nchecksum = "([0-9a-f]{64})"')
    return {(name, version): checksum for name, version, checksum in entry.findall((ROOT / "Cargo.lock").read_text())}


def linked(found, root):
    """Returns the dependencies of each linked package, by id. Procedural macros run in the compiler."""
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    macros = {package["id"] for package in found["packages"] if any("proc-macro" in target["kind"] for target in package["targets"])}
    graph, waiting = {}, [root]
    while waiting:
        at = waiting.pop()
        if at in graph:
            continue
        normal = {dep["pkg"] for dep in nodes[at]["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])}
        graph[at] = sorted(normal - macros)
        waiting.extend(graph[at])
    return graph


def component(package, sums):
    name, version = package["name"], package["version"]
    described = {
        "type": "library",
        "bom-ref": f"pkg:cargo/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:cargo/{name}@{version}",
    }
    if package["license"]:
        # Some manifests separate licences by a slash, which SPDX does not know.
        described["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
    if (name, version) in sums:
        described["hashes"] = [{"alg": "SHA-256", "content": sums[(name, version)]}]
    return described


def main():
    target = sys.argv[1]
    found, sums = metadata(target), checksums()
    packages = {package["id"]: package for package in found["packages"]}
    root = next(package["id"] for package in found["packages"] if package["name"] == "deployer")
    graph = linked(found, root)
    described = {at: component(packages[at], sums) for at in graph}
    main_component = described.pop(root) | {"type": "application"}
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": main_component, "properties": [{"name": "cargo:target", "value": target}]},
        "components": [described[at] for at in sorted(described)],
        "dependencies": [
            {"ref": f"pkg:cargo/{packages[at]['name']}@{packages[at]['version']}",
             "dependsOn": [f"pkg:cargo/{packages[on]['name']}@{packages[on]['version']}" for on in graph[at]]}
            for at in sorted(graph)
        ],
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
