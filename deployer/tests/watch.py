#!/usr/bin/env python3
"""`deployer watch` on the embedded AWS, with the built binary: saved flows and code are deployed and called, mistakes are survived, and other
changes wait for a confirmation.

    python3 deployer/tests/watch.py target/debug/deployer

The project is the template `ivr`, whose function is in Python, in a directory outside of the repository. No step has a time limit of its own.
"""

import os
import pathlib
import queue
import signal
import subprocess
import tempfile
import threading

from end_to_end import BINARY, check, section
from templates import Outside

WATCHING = "for changes; Ctrl-C ends it."
CALL = ["call", "--env", "local", "--from", "+18005550123", "--digits", "1"]


class Watch:
    """A running `deployer watch` without a terminal, and the lines that it has written."""

    def __init__(self, outside, *arguments):
        self.process = subprocess.Popen(
            [BINARY, "watch", "--env", "local", *arguments], cwd=outside.root, env=outside.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def until(self, text=WATCHING):
        """What is written until a line has this text."""
        said = ""
        while True:
            line = self.lines.get()
            if line is None:
                check(f"it goes on until {text!r}", False, said)
            said += line
            if text in line:
                return said

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait()


def replace(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    # As editors save: a new file in the place of the old one.
    other = path.with_name(path.name + ".new")
    other.write_text(text.replace(old, new))
    os.replace(other, path)


def saves(outside):
    flow, function = outside.root / "flows/main.json", outside.root / "functions/lookup/app.py"
    watch = Watch(outside, "--yes")
    said = watch.until()
    check("at the start everything is applied", "created" in said and "flow.main" in said, said)

    section("Flows and code")
    replace(flow, "Thank you for calling.", "Thank you for the call.")
    said = watch.until()
    check("a saved flow is deployed, alone", "~ flow.main: updated" in said and "1 updated" in said and "Deployed in" in said, said)
    check("and heard", "Thank you for the call." in outside.run(*CALL).stdout)
    replace(function, "Ada", "Grace")
    said = watch.until()
    check("saved code is deployed, alone", "~ function.lookup: updated" in said and "1 updated" in said, said)
    check("and answers", "Grace" in outside.run(*CALL).stdout)

    section("Mistakes")
    good = flow.read_text()
    replace(flow, '"Actions"', "Actions")
    said = watch.until()
    check("a broken flow is named, with its place", "flows/main.json:" in said and "Deployed" not in said, said)
    flow.write_text(good)
    check("the next save is tried again", "Everything is deployed." in watch.until())
    check("and the deployed flow is as before", "Thank you for the call." in outside.run(*CALL).stdout)
    # Nothing is said about a file that the spec does not name: the next words are about the flow.
    (outside.root / "notes.txt").write_text("Call the office.\n")
    replace(flow, "Thank you for the call.", "Thank you for your call.")
    said = watch.until()
    check("other files are of no concern", said.count(WATCHING) == 1 and "Deployed in" in said, said)
    check("Ctrl-C ends it with 130", watch.end() == 130)
    check("every save is in the history", outside.run("history", "--env", "local").stdout.count("applied") >= 4)


def others(outside):
    section("Other changes, without --yes and without a terminal")
    watch = Watch(outside)
    check("nothing is left to do", "Everything is deployed." in watch.until())
    base = outside.root / "config/base.yaml"
    base.write_text(base.read_text() + "\ntables:\n  notes: { key: { partition: { id: S } } }\n")
    said = watch.until()
    check("a new table is shown", "table notes" in said and "1 to create" in said, said)
    check("and not created", "Not applied: run `deployer apply --env local`." in said, said)
    listed = outside.run("state", "list", "--env", "local").stdout
    check("nor recorded", "table.notes" not in listed, listed)
    outside.run("apply", "--env", "local", "--yes")
    flow = outside.root / "flows/main.json"
    replace(flow, "Thank you for your call.", "Goodbye then.")
    check("after an apply beside it, saves are deployed as before", "Deployed in" in watch.until())
    check("SIGTERM ends it as well", (watch.process.terminate(), watch.process.wait())[1] == 130)


def refused(outside):
    section("A run that is refused, with --yes")
    base = outside.root / "config/base.yaml"
    watch = Watch(outside, "--yes")
    watch.until()
    replace(base, "partition: { id: S }", "partition: { id: N }")
    said = watch.until()
    check("data is not deleted without a word", "--allow-data-loss table.notes" in said and "Done" not in said, said)
    (outside.root / "notes.txt").write_text("Call the office again.\n")
    said = watch.until()
    check("the next save tries again, whatever it changes", "--allow-data-loss table.notes" in said, said)
    replace(base, "partition: { id: N }", "partition: { id: S }")
    check("and once it is put right, all is deployed", "Everything is deployed." in watch.until())
    check("it ends", watch.end() == 130)


def protected(outside):
    section("Protected resources")
    spec = outside.root / "config/local.yaml"
    spec.write_text(spec.read_text() + "\nlifecycle:\n  queues.support: { protect: true }\n")
    said = outside.run("watch", "--env", "local", expect=3).stderr
    check("are not watched unless asked to", "protects" in said and "--allow-protected" in said, said)
    watch = Watch(outside, "--allow-protected")
    check("with the flag they are", WATCHING in watch.until())
    check("and it ends", watch.end() == 130)


def main():
    with tempfile.TemporaryDirectory(prefix="watch-") as directory:
        outside = Outside(pathlib.Path(directory).resolve())
        outside.run("init", "--template", "ivr", "--project", "shop")
        saves(outside)
        others(outside)
        refused(outside)
        protected(outside)


if __name__ == "__main__":
    main()
