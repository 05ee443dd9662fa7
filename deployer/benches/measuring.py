"""Times of processes, the machine that they ran on, and tables."""

import dataclasses
import math
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LAUNCH = str(pathlib.Path(__file__).with_name("launch.py"))


@dataclasses.dataclass
class Cost:
    """What one process and all that it waited for took: seconds of wall time and of processor time, and peak memory in bytes of the
    largest of them."""

    wall: float
    cpu: float
    peak: int
    output: str


def measure(command, cwd=SOURCE, env=None, expect=0):
    """Runs a command to its end; a failure ends the benchmark with all that the command printed."""
    with tempfile.TemporaryFile() as output, tempfile.NamedTemporaryFile("r") as taken:
        launch = [sys.executable, "-I", "-S", LAUNCH, taken.name, *map(str, command)]
        done = subprocess.run(launch, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        output.seek(0)
        text = output.read().decode(errors="replace")
        fields = taken.read().split()
    if done.returncode != 0 or len(fields) != 4 or int(fields[3]) != expect:
        ended = fields[3] if len(fields) == 4 else done.returncode
        raise SystemExit(f"error: {' '.join(map(str, command))} ended with {ended}, not {expect}:\n{text[-5000:]}")
    return Cost(float(fields[0]), float(fields[1]), int(fields[2]) * 1024, text)


def median(costs):
    """The median of each number."""
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "peak")), costs[-1].output)


def seconds(value):
    if value < 0.1:
        return f"{value * 1e3:.2f} ms"
    return f"{value:.2f} s" if value < 100 else f"{int(value) // 60} min {int(value) % 60} s"


def megabytes(value):
    return f"{value / 1e6:.1f} MB"


def slope(points):
    """The slope of the straight line that fits the logarithms of (size, value) best: 1 is linear, 2 quadratic."""
    points = [(math.log(size), math.log(value)) for size, value in points if size > 0 and value > 0]
    if len(points) < 2:
        return None
    return statistics.linear_regression(*zip(*points)).slope


def table(head, rows):
    """A Markdown table; the first column is to the left, the others to the right."""
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def first_line(command):
    try:
        return subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def machine():
    """The machine in one line."""
    cpu = re.search(r"(?m)^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    return (f"{len(os.sched_getaffinity(0))} cores of {cpu[1] if cpu else platform.machine()}, {int(memory[1]) / 2**20:.0f} GiB of memory, "
            f"{platform.system()} {platform.release()}, {first_line(['rustc', '--version'])}, Python {platform.python_version()}")


def load():
    return f"{os.getloadavg()[0]:.1f}"


def commit():
    return first_line(["git", "describe", "--always", "--dirty", "--abbrev=10"])


def target():
    """Cargo's target directory of this checkout."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", SOURCE / "target")).resolve()


def environment(**changed):
    """The environment without what would choose another AWS, another environment or another place for builds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_", "DEPLOYER_"))}
    return {**kept, **changed}
