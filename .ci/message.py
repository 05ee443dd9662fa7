#!/usr/bin/env python3
"""Checks the format of a commit message: `area: imperative`, at most 72 characters, then an empty line.

    python3 .ci/message.py FILE
"""

import re
import sys

SUBJECT = re.compile(r"[a-z][a-z0-9.-]*(, [a-z][a-z0-9.-]*)*: [a-z`]\S*.*[^.]")


def faults(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    subject = lines[0] if lines else ""
    if subject.startswith(("Merge ", "Revert ", "fixup! ", "squash! ")):
        return
    if not SUBJECT.fullmatch(subject):
        yield f"the subject is not `area: imperative` without a full stop: {subject!r}"
    if len(subject) > 72:
        yield f"the subject has {len(subject)} characters; the maximum is 72"
    if len(lines) > 1 and lines[1].strip():
        yield "the second line is not empty"


def main():
    with open(sys.argv[1]) as file:
        found = list(faults(file.read()))
    for fault in found:
        print(f"commit message: {fault}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
