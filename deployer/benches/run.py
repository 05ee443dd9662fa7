#!/usr/bin/env python3
"""Runs the benchmarks and writes their tables into deployer/docs/performance.md.

    python3 deployer/benches/run.py                          # all but `fresh_clone`
    python3 deployer/benches/run.py --only start peers       # only these
    python3 deployer/benches/run.py --only fresh_clone       # compiles everything: half an hour on two cores
    python3 deployer/benches/run.py --binary target/dist/deployer --rounds 7

The sections of parts that are not run stay as they are. Nothing fails because it is slow: times are printed, not judged. Without
`--binary` the release binary is built and measured.
"""

import argparse
import datetime
import importlib
import pathlib
import re
import sys

sys.dont_write_bytecode = True

import measuring  # noqa: E402
from measuring import SOURCE  # noqa: E402

PARTS = ["fresh_clone", "build", "start", "peers", "scale"]
ON_REQUEST = {"fresh_clone"}
PAGE = SOURCE / "deployer/docs/performance.md"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="NAME", help=f"only these parts, of: {', '.join(PARTS)}")
    parser.add_argument("--binary", type=pathlib.Path, help="the deployer that is measured")
    parser.add_argument("--rounds", type=int, default=5, help="how often each of the peers does everything (5)")
    parser.add_argument("--calls", action="store_true", help="print the AWS calls of the deployer in `peers`, by operation")
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="only these of `peers` beside the deployer and boto3: AWS CLI, Terraform")
    parser.add_argument("--runs", type=int, default=40, help="how often each command of `start` is run (40)")
    parser.add_argument("--timings", type=pathlib.Path, help="the page of `cargo build --timings` that `build` reads; the newest unless given")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE, help="the page that is written")
    options = parser.parse_args()
    options.parts = options.only or [part for part in PARTS if part not in ON_REQUEST]
    if options.binary is None and {"start", "peers", "scale"} & set(options.parts):
        measuring.measure(["cargo", "build", "--release", "--locked", "--bin", "deployer"])
        options.binary = measuring.target() / "release/deployer"
    if options.binary is not None:
        options.binary = options.binary.resolve(strict=True)
    return options


def replaced(page, name, text):
    """The page with this section in the place of the one of the same name, or after all others."""
    section = f"<!-- {name}: written by run.py -->\n{text.strip()}\n<!-- end of {name} -->"
    pattern = re.compile(rf"<!-- {name}: written by run\.py -->\n.*?<!-- end of {name} -->", re.DOTALL)
    if pattern.search(page):
        return pattern.sub(lambda _: section, page, count=1)
    return f"{page.rstrip()}\n\n{section}\n"


def main():
    options = arguments()
    for name in options.parts:
        print(f"{name} ...", file=sys.stderr, flush=True)
        part, before = importlib.import_module(name), measuring.load()
        tables = part.measured(options)
        today = datetime.datetime.now(datetime.timezone.utc).date()
        made = (f"Measured on {today} at commit {measuring.commit()}; load average {before} before and {measuring.load()} after. "
                f"{measuring.machine()}. Again: `python3 deployer/benches/run.py --only {name}`.")
        text = f"## {part.TITLE}\n\n{part.ABOUT.strip()}\n\n{tables.strip()}\n\n{made}"
        print(f"{text}\n", flush=True)
        options.page.write_text(replaced(options.page.read_text(), name, text))


if __name__ == "__main__":
    main()
