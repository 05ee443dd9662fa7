"""The first minutes and the loop: a fresh clone with an empty target directory."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import measuring
from measuring import SOURCE, measure, seconds
from project import free_port, served

TITLE = "Fresh clone"
ABOUT = """The commands of the README in a new clone of the commit with an empty target directory of its own; the sources of the
dependencies were downloaded before. Wall and processor time of each command with all that it starts; *crates compiled* counts the
calls of rustc that cargo made, also in the cargo that the deployer starts for functions, of crates from the registry and of the
project's own. `cargo test` is split in two, so that compiling is apart from running. The change is one more line in
`lambdas/convert/src/main.rs`, which changes the function's code. The plans for Lambda compile the profile `function` and compare
with an embedded AWS that another process serves."""

MARK = '\n/// Kept in the binary, so that its bytes differ.\n#[used]\nstatic MARK: [u8; {length}] = *b"{text}";\n'


def own_crates(root, there):
    """The names of the project's own targets as cargo writes them in its fingerprints."""
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    packages = json.loads(subprocess.run(command, cwd=root, env=there, check=True, capture_output=True, text=True).stdout)["packages"]
    return {package["name"] for package in packages}


def compiled(target, own, since):
    """How many units rustc was called for since then: of the registry, and of the project. Cargo writes a time stamp for each."""
    registry, mine = 0, 0
    for stamp in target.glob("**/.fingerprint/*/invoked.timestamp"):
        if stamp.stat().st_mtime >= since:
            package = re.sub(r"-[0-9a-f]{16}$", "", stamp.parent.name)
            if package in own:
                mine += 1
            else:
                registry += 1
    return registry, mine


class Clone:
    """A clone and what each step in it took."""

    def __init__(self, root):
        self.root, self.target, self.rows = root, root / "target", []
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", SOURCE, root], check=True)
        self.there = measuring.environment(VANITY_ADMIN_PASSWORD="Example4password", CARGO_TERM_PROGRESS_WHEN="never")
        self.there.pop("CARGO_TARGET_DIR", None)
        measure(["cargo", "fetch", "--locked", "--quiet"], root, self.there)
        self.own = own_crates(root, self.there)

    def step(self, what, command, **more):
        # Time stamps of files are coarse.
        since = time.time()
        time.sleep(0.05)
        cost = measure(command, self.root, {**self.there, **more})
        registry, own = compiled(self.target, self.own, since)
        self.rows.append([what, seconds(cost.wall), seconds(cost.cpu), registry, own])

    def mark(self, text):
        source = self.root / "lambdas/convert/src/main.rs"
        kept = re.sub(r"\n/// Kept in the binary.*", "", source.read_text(), flags=re.DOTALL)
        source.write_text(kept + MARK.format(length=len(text), text=text))


def measured(options):
    measuring.target().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fresh-clone-", dir=measuring.target()) as directory:
        clone = Clone(pathlib.Path(directory) / "clone")
        binary = clone.target / "debug/deployer"
        apply = ["apply", "--env", "local", "--yes"]
        clone.step("first: `cargo run -- apply --env local --yes`", ["cargo", "run", "--locked", "--timings", "--", *apply])
        keep_timings(clone)
        clone.step("second, to compile: `cargo test --workspace --no-run`", ["cargo", "test", "--workspace", "--locked", "--no-run"])
        clone.step("second, to run: `cargo test --workspace`", ["cargo", "test", "--workspace", "--locked"])
        clone.step("first again", ["cargo", "run", "--locked", "--", *apply])
        clone.step("first again, the program itself: `deployer apply --env local --yes`", [binary, *apply])
        clone.mark("MARKED-01")
        clone.step("a line of `convert` changed: `deployer apply --env local --yes`", [binary, *apply])
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        serve = [binary, "local", "serve", "--aws-port", port, "--api-port", 0, "--speed", 60]
        with served(serve, url, clone.root, clone.there):
            there = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example"}
            bootstrap = [binary, "bootstrap", "--env", "dev", "--yes"]
            subprocess.run(bootstrap, cwd=clone.root, env={**clone.there, **there}, check=True, capture_output=True)
            plan = [binary, "plan", "--env", "dev"]
            clone.step("for Lambda, for the first time: `deployer plan --env dev`", plan, **there)
            clone.step("again, nothing changed", plan, **there)
            clone.mark("MARKED-02")
            clone.step("a line of `convert` changed: `deployer plan --env dev`", plan, **there)
    return measuring.table(["step", "wall", "processor", "crates compiled: registry", "own"], clone.rows)


def keep_timings(clone):
    """The page for `build` outlives the clone."""
    kept = measuring.target() / "cargo-timings"
    kept.mkdir(parents=True, exist_ok=True)
    for page in (clone.target / "cargo-timings").glob("cargo-timing-*.html"):
        shutil.copy(page, kept)
        os.utime(kept / page.name)
