#!/usr/bin/env python3
"""Checks that every link of the documentation to a file of this repository, or to a heading of it, has a target.

    python3 .ci/links.py

Web addresses are not requested.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)


def anchors(path):
    """The names that GitHub gives to headings."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.*)$", re.sub(r"```.*?```", "", path.read_text(), flags=re.S)):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


def main():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    broken, links = [], 0
    for name in listed.stdout.split():
        page = ROOT / name
        for link in LINK.findall(without_code(page.read_text())):
            if re.match(r"[a-z]+:", link):
                continue
            links += 1
            file, _, anchor = link.partition("#")
            target = (page.parent / file).resolve() if file else page
            if not target.exists():
                broken.append(f"{name}: {link} does not exist")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                broken.append(f"{name}: {link} has no such heading")
    print("\n".join(broken) or f"{links} links, all valid")
    sys.exit(1 if broken or not links else 0)


if __name__ == "__main__":
    main()
