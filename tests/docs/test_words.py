"""The prose: short lines, and no word that has to be read twice."""

import re

from tests.docs.conftest import no
from tests.docs.markdown import COMMENT, is_prose

LONGEST = 120
BANNED = re.compile(r"nobody has thought of|\bdoors?\b|\btold\b", re.IGNORECASE)


def test_no_line_of_prose_is_too_long(markdown):
    faults = []
    for page in markdown.values():
        hidden = set()
        for match in COMMENT.finditer(page.text):
            first = page.text.count("\n", 0, match.start()) + 1
            hidden |= set(range(first, first + match[0].count("\n") + 1))
        faults += [
            f"{page.name}:{number}: {len(line)} characters"
            for number, line in page.prose.items()
            if len(line) > LONGEST and number not in hidden and is_prose(line)
        ]
    no(faults, f"lines of prose are over {LONGEST} characters")


def test_no_banned_word_is_used(markdown):
    faults = [
        f"{page.name}:{number}: {line.strip()}"
        for page in markdown.values()
        for number, line in enumerate(page.text.split("\n"), 1)
        if BANNED.search(line)
    ]
    no(faults, "lines with a banned word")
