#!/usr/bin/env python3
"""Every command of the tutorial that needs no account, in its order, with the built binary, in a copy of the project.

    python3 deployer/tests/tutorial.py target/debug/deployer
"""

import pathlib
import re
import shlex
import signal

from end_to_end import SOURCE, Project, check, copy_directory, section


def commands():
    """The commands of the tutorial up to the part that needs an account."""
    text = (SOURCE / "deployer/docs/tutorial.md").read_text()
    text, _ = text.split("## 8. Start your own", 1)
    return [shlex.split(line)[2:] for line in re.findall(r"(?m)^\$ .*$", text) if line.startswith("$ deployer ")]


def main():
    found = commands()
    check("the tutorial has its commands", len(found) >= 9, found)
    with copy_directory() as directory:
        project = Project(directory)
        section("The tutorial")
        for arguments in found:
            said = " ".join(arguments)
            if arguments[:2] == ["local", "serve"]:
                process = project.start(*arguments, "--aws-port", "0", "--api-port", "0")
                ready = process.stdout.readline()
                process.send_signal(signal.SIGINT)
                rest, errors = process.communicate()
                check(said, ready.startswith("ready: ") and process.returncode == 0, ready + rest + errors)
                continue
            done = project.run(*arguments)
            check(said, (done.stdout + done.stderr).strip())
            if arguments[0] == "call":
                check("and something is heard", "“" in done.stdout, done.stdout)
        state = pathlib.Path(directory) / ".deployer/local/state.json"
        check("in the end nothing is recorded", not state.exists() or '"resources":{}' in re.sub(r"\s", "", state.read_text()))


if __name__ == "__main__":
    main()
