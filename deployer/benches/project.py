"""A small project: the specs and flows of this one, with two functions that compile in a second and are as large as the real ones."""

import contextlib
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from measuring import SOURCE, environment, measure, target

# Of the size of `convert` for Lambda, zipped.
CODE_BYTES = 3_000_000

WORKSPACE = """[workspace]
resolver = "3"
members = ["lambdas/convert", "lambdas/get"]

[profile.function]
inherits = "release"
strip = true
"""
PACKAGE = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\n'
PROGRAM = """//! Answers nothing; it is there for its size.
static CODE: &[u8] = include_bytes!("code");
fn main() {
    let started = std::env::args().count();
    println!("{}", CODE[started]);
}
"""


@contextlib.contextmanager
def small():
    """The directory of a new small project, and the environment for commands in it."""
    with tempfile.TemporaryDirectory(prefix="deployer-bench-") as directory:
        root = pathlib.Path(directory)
        for name in ("config", "flows"):
            shutil.copytree(SOURCE / name, root / name)
        (root / "Cargo.toml").write_text(WORKSPACE)
        for name in ("convert", "get"):
            package = root / "lambdas" / name
            (package / "src").mkdir(parents=True)
            (package / "Cargo.toml").write_text(PACKAGE.format(name=name))
            (package / "src/main.rs").write_text(PROGRAM)
            (package / "src/code").write_bytes(random.Random(name).randbytes(CODE_BYTES))
        there = environment(CARGO_TARGET_DIR=str(root / "target"), VANITY_ADMIN_PASSWORD="Example4password")
        measure(["cargo", "generate-lockfile", "--offline"], root, there)
        yield root, there


def without_connect(binary, path):
    """Makes a spec one file, with what it extends, and takes `connect` out of it."""
    command = [binary, "check", "--env", path.stem, "--resolved"]
    text = subprocess.run(command, cwd=path.parent.parent, check=True, capture_output=True, text=True).stdout
    parts = re.split(r"(?m)^(?=[a-z_]+:)", text)
    path.write_text("".join(part for part in parts if not part.startswith("connect:")))


def interop_python():
    """The Python of the environment with boto3, moto and the AWS command line, in the versions of .ci/interop.txt."""
    wanted, home = SOURCE / ".ci/interop.txt", target() / "interop"
    python, installed = home / "bin/python", home / "installed"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        shutil.rmtree(home, ignore_errors=True)
        measure(["python3", "-m", "venv", home])
        measure([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", wanted])
        shutil.copy(wanted, installed)
    return python


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def served(command, url, cwd=SOURCE, env=None):
    """Runs a server until the block ends; it serves once the address answers, with whatever."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([str(word) for word in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while not answers(url):
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"error: {command[0]} ended with {process.returncode} before it served:\n{log.read().decode()[-3000:]}")
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=10).read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
