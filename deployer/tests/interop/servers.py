"""The servers under test: ours, and two doubles that others wrote. Each on a free loopback port, ended by its process id."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ACCOUNT = "111122223333"
REGION = "us-east-1"
HERE = pathlib.Path(sys.executable).parent


class Server:
    """One served AWS: `endpoint` is quick, `realistic` takes AWS's own time where the server knows any."""

    def __init__(self, name, version, endpoint, realistic):
        self.name, self.version, self.endpoint, self.realistic = name, version, endpoint, realistic


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def two_free_ports():
    """A port whose neighbour is free as well: the example listens for deployed APIs on the next one."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 1))
                return port


@contextlib.contextmanager
def process(command, ready, environment=None):
    """Runs a server until the block ends; `ready` says whether it answers. It gets a directory of its own to litter."""
    with tempfile.TemporaryDirectory(prefix="interop-") as directory, open(os.path.join(directory, "log"), "w+") as log:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        running = subprocess.Popen(
            command, cwd=directory, env={**kept, "TMPDIR": directory, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )
        try:
            while not ready():
                if running.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"{command[0]} ended with {running.returncode} before it served:\n{log.read()[-3000:]}")
                time.sleep(0.1)
            yield running
        finally:
            running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=10)
            running.kill()
            running.wait()


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=5).read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def embedded(binary, speed):
    """The embedded AWS, empty and in memory."""
    port = two_free_ports()
    url = f"http://127.0.0.1:{port}"
    with process([binary, str(port), str(speed)], lambda: answers(url)):
        yield url


@contextlib.contextmanager
def ours(binary):
    with embedded(binary, 60) as quick, embedded(binary, 1) as realistic:
        yield Server("ours", "(this commit)", quick, realistic)


@contextlib.contextmanager
def moto(versions):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # AWS's managed policies are left out unless asked for.
    with process([str(HERE / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], lambda: answers(f"{url}/moto-api/"), {"MOTO_ACCOUNT_ID": ACCOUNT, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}):
        yield Server("moto", versions["moto"], url, url)


@contextlib.contextmanager
def ministack(versions):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_ACCOUNT_ID": ACCOUNT, "LOG_LEVEL": "WARNING"}
    with process([str(HERE / "ministack")], lambda: answers(f"{url}/_localstack/health"), environment):
        yield Server("ministack", versions["ministack"], url, url)


def pinned(requirements):
    """Package versions as pinned."""
    return dict(re.findall(r"(?m)^([\w-]+)(?:\[[\w,-]+\])?==([\w.]+)", pathlib.Path(requirements).read_text()))
