"""Where the time of a build goes, from the page that `cargo build --timings` writes."""

import json
import re

import measuring

TITLE = "Build"
ABOUT = """The ten largest items of a build from nothing of what the first command runs (the dev profile), of the page that
`cargo --timings` writes: seconds from the start of the item to its end, which other work at the same time makes longer.
`fresh_clone` leaves such a page in the target directory."""

# What was done about what is large, by the crate's name.
DONE = {
    "aws-sdk-connect": "Not optimised and without debug information; default features off. "
    "No feature of the crate leaves operations out, so all of Connect's API is compiled.",
    "deployer-emulator": "Its tests are one executable, so that it is linked once.",
    "deployer-aws": "Its tests are one executable, so that it is linked once; line tables only.",
    "deployer-flow": "Compiled without optimisation in the dev profile; `opt-level = 3` only in release, where a check has 5 ms.",
    "deployer": "Its tests are one executable; line tables only, so that linking the SDKs writes less.",
    "vanity": "Optimised also in the dev profile, because a test over ten million numbers is feasible only so.",
    "aws-smithy-http-client": "`ring` instead of aws-lc, so that one C library fewer is compiled.",
    "rustls": "`ring` instead of aws-lc, the same provider for the SDKs, the embedded AWS and the functions.",
    "table": "Reads its credentials from the environment by itself, without `aws-config` and the three SDK crates behind it.",
}
SDK = ("Not optimised and without debug information; default features off; the same features for every selection of packages, so that it is "
       "compiled once for the program, the tests and the functions of this machine.")
NOTHING = "Nothing yet."


def measured(options):
    pages = sorted((measuring.target() / "cargo-timings").glob("cargo-timing-*.html"), key=lambda page: page.stat().st_mtime)
    page = options.timings or (pages[-1] if pages else None)
    if page is None:
        return "Not measured: `--only fresh_clone`, or `cargo build --timings` with an empty target directory, writes the page that is read here."
    text = page.read_text()
    units = json.loads(re.search(r"(?:const|let|var) UNIT_DATA = (\[.*?\]);\n", text, re.DOTALL)[1])
    facts = dict(re.findall(r"<td>(Fresh units|Dirty units|Total time|Profile|Targets|Build start):</td><td>(.*?)</td>", text, re.DOTALL))
    total = sum(unit["duration"] for unit in units)
    rows = []
    for unit in sorted(units, key=lambda unit: -unit["duration"])[:10]:
        name = unit["name"]
        done = DONE.get(name, SDK if name.startswith("aws-sdk-") else NOTHING)
        rows.append([f"{name} {unit['version']}{unit['target']}", f"{unit['duration']:.1f}", f"{unit['duration'] / total:.0%}", done])
    lines = measuring.table(["item", "seconds", "of all", "what was done"], rows).replace("| --- | --: | --: | --: |", "| --- | --: | --: | --- |")
    facts = {name: re.sub(r"<[^>]+>", "", value).strip() for name, value in facts.items()}
    what = "; ".join(f"{name.lower()} {value}" for name, value in facts.items())
    return f"{lines}\n\n{len(units)} items, {total:.0f} seconds of them all ({what})."
