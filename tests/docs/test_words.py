"""The prose: short lines, and no word that has to be read twice; in the code's comments and texts, too."""

import io
import re
import tokenize
from collections.abc import Iterator

from tests.checkout_copy import CHECKOUT
from tests.docs.conftest import no
from tests.docs.markdown import COMMENT, is_prose
from tests.docs.run import tracked

LONGEST = 120
BANNED = re.compile(r"nobody has thought of|\bdoors?\b|\btold\b|\btells? others\b", re.IGNORECASE)
PRODUCT = {"lambdas", "client", "infra", "local", "tools", "bench"}
# The f-strings of Python 3.12 are tokens of their own.
TEXTS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


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


def test_no_banned_word_is_used_in_the_code():
    names = [name for name in tracked(".py") if name.partition("/")[0] in PRODUCT]
    assert {name.partition("/")[0] for name in names} == PRODUCT
    faults = [
        f"{name}:{line}: {text.strip()}"
        for name in names
        for line, text in texts_of((CHECKOUT / name).read_text(encoding="utf-8"))
        if BANNED.search(text)
    ]
    no(faults, "comments, docstrings or texts with a banned word")


def test_no_banned_word_is_used_by_machines_and_mutants():
    machines, mutants = tracked(".asl.json"), tracked("tests/mutants.toml")
    assert machines
    assert mutants
    faults = [
        f"{name}:{number}: {line.strip()}"
        for name in machines + mutants
        for number, line in enumerate((CHECKOUT / name).read_text(encoding="utf-8").split("\n"), 1)
        if BANNED.search(line) and (name in machines or line.startswith(("name =", "#")))
    ]
    no(faults, "comments or names with a banned word")


def test_the_texts_of_code_are_its_comments_and_its_strings():
    code = 'told = 1  # a comment\n"""A text\nof two lines."""\nx = f"seen again"\n'
    comment, docstring, *rest = texts_of(code)
    assert (comment, docstring) == ((1, "# a comment"), (2, '"""A text of two lines."""'))
    assert [(line, "seen again" in text) for line, text in rest] == [(4, True)]


def texts_of(code: str) -> Iterator[tuple[int, str]]:
    """Yield the comments and strings of Python code, each in one line, by the number of its first line."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type in TEXTS:
            yield token.start[0], " ".join(token.string.split())
