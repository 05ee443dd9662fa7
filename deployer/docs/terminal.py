#!/usr/bin/env python3
"""Draws what commands print in a terminal as an SVG picture, deployer/docs/terminal.svg of the README, and the timeline of an apply,
deployer/docs/timeline.svg.

    python3 deployer/docs/terminal.py target/debug/deployer

It works in a copy of the project, on the embedded AWS, with one variable and one grant of the spec changed. The timeline is of the first
apply of `dev` to an embedded AWS whose waits are twenty times shorter than those of AWS.
"""

import html
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deployer/benches"))

import project as benches  # noqa: E402

BINARY = str(pathlib.Path(sys.argv[1]).resolve())
COLUMNS, LINE, WIDTH = 100, 18, 8.43
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#56d4dd"}


def run(directory, *arguments, terminal=True):
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "CARGO_TARGET_DIR": str(ROOT / "target")}
    environment.pop("NO_COLOR", None)
    if not terminal:
        return subprocess.run([BINARY, *arguments], cwd=directory, env=environment, check=True, capture_output=True)
    process, file = pty.fork()
    if process == 0:
        os.chdir(directory)
        os.execve(BINARY, [BINARY, *arguments], environment)
    text = b""
    try:
        while chunk := os.read(file, 65536):
            text += chunk
    except OSError:
        pass
    os.waitpid(process, 0)
    return text.decode().replace("\r\n", "\n")


def spans(line):
    """The pieces of a line, each with its style."""
    style, pieces = {}, []
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if match := re.fullmatch(r"\x1b\[([0-9;]*)m", piece):
            for code in match.group(1).split(";"):
                if code in ("", "0"):
                    style = {}
                elif code == "1":
                    style = {**style, "font-weight": "bold"}
                elif code == "2":
                    style = {**style, "opacity": "0.6"}
                elif code in COLOURS:
                    style = {**style, "fill": COLOURS[code]}
        elif piece:
            pieces.append((re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", piece).replace("\r", ""), style))
    return pieces


def picture(lines):
    height = LINE * (len(lines) + 2)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS * WIDTH + 32:.0f}" height="{height}" '
        'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">',
        '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    ]
    for number, line in enumerate(lines):
        body = "".join(
            "<tspan" + "".join(f' {name}="{value}"' for name, value in style.items()) + f">{html.escape(text)}</tspan>"
            for text, style in spans(line)
        )
        drawn.append(f'<text x="16" y="{LINE * (number + 2)}" fill="#e6edf3" xml:space="preserve">{body}</text>')
    return "\n".join([*drawn, "</svg>", ""])


def timeline(directory):
    """Applies `dev` to a served embedded AWS, and draws the run."""
    port, serve = benches.free_port(), [BINARY, "local", "serve", "--api-port", 0, "--speed", 20]
    url = f"http://127.0.0.1:{port}"
    there = {**os.environ, "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example",
             "VANITY_ADMIN_PASSWORD": "Example4password", "CARGO_TARGET_DIR": str(ROOT / "target")}
    with benches.served([*serve, "--aws-port", port], url, directory):
        for command in (["bootstrap", "--env", "dev", "--yes"], ["apply", "--env", "dev", "--yes", "--timeline", "timeline.svg"]):
            subprocess.run([BINARY, *command], cwd=directory, env=there, check=True, capture_output=True)
    (ROOT / "deployer/docs/timeline.svg").write_bytes((pathlib.Path(directory) / "timeline.svg").read_bytes())


def main():
    with tempfile.TemporaryDirectory(prefix="terminal-", dir=ROOT / "target") as directory:
        subprocess.run(f"git ls-files -z | xargs -0 cp --parents -t {directory}", cwd=ROOT, shell=True, check=True)
        run(directory, "apply", "--env", "local", "--yes", terminal=False)
        spec = pathlib.Path(directory) / "config/base.yaml"
        text = spec.read_text().replace("    grants: { numbers: read }", "    grants: { numbers: read-write }", 1)
        spec.write_text(text.replace('      KEEP_DAYS: "30"', '      KEEP_DAYS: "60"', 1))
        lines = []
        for arguments in (["plan", "--env", "local"], ["call", "--env", "local", "--from", "+18003569377"]):
            lines += [f"\x1b[1m$ deployer {' '.join(arguments)}\x1b[0m", *run(directory, *arguments).rstrip("\n").split("\n"), ""]
        (ROOT / "deployer/docs/terminal.svg").write_text(picture(lines[:-1]))
        timeline(directory)


if __name__ == "__main__":
    main()
