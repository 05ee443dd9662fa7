#!/usr/bin/env python3
"""Makes words.txt and blocked.txt from their sources.

    words.py SCOWL_DIRECTORY CUSS_DIRECTORY

SCOWL_DIRECTORY holds the word lists of Debian's package `scowl`
(/usr/share/dict/scowl once installed); CUSS_DIRECTORY is the unpacked npm
package `cuss`. Both files are written next to this script, sorted, so that a
newer list shows as a small difference. The own part of blocked.txt is kept.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
CLASS_OF_SIZE = {10: 0, 20: 1, 35: 2, 40: 3, 50: 3}
OWN_HEADING = "# Own additions."


def words(scowl):
    """Every word of three to seven letters, with the class of its smallest list."""
    found = {}
    for size, word_class in sorted(CLASS_OF_SIZE.items()):
        for spelling in ("english", "american"):
            text = (scowl / f"{spelling}-words.{size}").read_text(encoding="latin-1")
            for word in text.split("\n"):
                if re.fullmatch("[a-z]{3,7}", word.strip()):
                    found.setdefault(word.strip(), word_class)
    return found


def blocked(cuss):
    """Every single word of three to ten letters that cuss rates 1 or 2."""
    text = (cuss / "index.js").read_text(encoding="utf-8")
    rated = re.findall(r"^  '?([^':]+)'?: (\d),?$", text, re.M)
    return sorted(w for w, rate in rated if rate in "12" and re.fullmatch("[a-z]{3,10}", w))


def own():
    """The own part of blocked.txt as it is now, heading included."""
    path = HERE / "blocked.txt"
    text = path.read_text(encoding="ascii") if path.exists() else ""
    start = text.find(OWN_HEADING)
    return text[start:] if start >= 0 else OWN_HEADING + "\n"


def main():
    """Writes both files."""
    scowl, cuss = (pathlib.Path(argument) for argument in sys.argv[1:3])
    listed = words(scowl)
    lines = [f"{word} {listed[word]}\n" for word in sorted(listed)]
    (HERE / "words.txt").write_text("".join(lines), encoding="ascii")
    kept = own()
    heading = "# Words of cuss 2.2.0 (MIT, see CUSS-LICENSE) rated 1 or 2.\n"
    (HERE / "blocked.txt").write_text(heading + "\n".join(blocked(cuss)) + "\n" + kept, encoding="ascii")


if __name__ == "__main__":
    main()
