"""Transcripts: commands and what they print, compared after everything is masked that differs by run."""

import difflib
import re
from dataclasses import dataclass
from typing import Final

LEFT_OUT: Final = "…"
PROMPT: Final = "$ "
CONTINUED: Final = "> "

MASKS: Final = (
    # Colours.
    (re.compile(r"\x1b\[[0-9;]*[A-Za-z]"), ""),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"/_aws/execute-api/[0-9a-f]+/"), "/_aws/execute-api/API/"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d|\b)"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DATE"),
    (re.compile(r"\b\d\d:\d\d(:\d\d(\.\d+)?)?\b"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "ID"),
    # Ids and hashes, whole or their beginnings: eight hexadecimal digits or more, figures among them.
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b(?:…|\.\.\.)?"), "ID"),
    # Signatures, cursors and other tokens: letters in both cases and figures.
    (re.compile(r"(?<![\w/+-])(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])[\w+-]{24,}={0,2}"), "TOKEN"),
    (re.compile(r"\b\d+(\.\d+)?( ?)(ms|milliseconds|s|seconds)\b"), r"N\2\3"),
    (re.compile(r"\(process \d+\)"), "(process N)"),
    # Padding and rules, as wide as what they hold.
    (re.compile(r"-{3,}"), "---"),
    (re.compile(r"([─━═])\1+"), r"\1"),
    (re.compile(r"[ \t]+"), " "),
)
MILLISECONDS: Final = "ms"
MASKED_CELL: Final = "MS"
CELLS: Final = re.compile(r"[|│┃]")
FIGURE_AT_THE_END: Final = re.compile(r"([|│┃] )\d+( [|│┃])$")


@dataclass(frozen=True)
class Step:
    """A command of a transcript and the lines that it prints; `line` is where it stands in its page."""

    line: int
    command: str
    expected: list[str]


class NoTranscriptError(Exception):
    """A block is none; the message says why."""


def steps_of(text: str, line: int = 1) -> list[Step]:
    """Take a transcript apart.

    Raises:
        NoTranscriptError: it does not begin with a command.
    """
    steps: list[Step] = []
    goes_on = False
    for number, each in enumerate(text.split("\n"), line):
        if goes_on or (steps and not steps[-1].expected and each.startswith(CONTINUED)):
            last = steps[-1]
            more = f"{last.command}\n{each.removeprefix(CONTINUED)}"
            steps[-1] = Step(last.line, more, last.expected)
        elif each.startswith(PROMPT):
            steps.append(Step(number, each.removeprefix(PROMPT), []))
        elif steps:
            steps[-1].expected.append(each)
        elif each.strip():
            raise NoTranscriptError(f"it does not begin with a command behind `{PROMPT}`: {each}")
        goes_on = bool(steps) and not steps[-1].expected and steps[-1].command.endswith("\\")
    if not steps:
        raise NoTranscriptError("it has no command")
    return steps


def masked(text: str) -> list[str]:
    """Return lines with ids, hashes, times, ports, milliseconds and padding made equal; none blank around."""
    lines = _without_milliseconds(text.split("\n"))
    for pattern, instead in MASKS:
        lines = [pattern.sub(instead, line) for line in lines]
    lines = [line.strip() for line in lines]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return lines


def difference(expected: list[str], printed: str) -> str:
    """Return how what was printed differs from what was expected, nothing when it does not."""
    wanted, got = masked("\n".join(expected)), masked(printed)
    if _matches(wanted, got):
        return ""
    return "\n".join(
        difflib.unified_diff(wanted, got, "as the page has it", "as it was printed", "", "", 100, "")
    )


def _matches(wanted: list[str], got: list[str]) -> bool:
    """Tell whether lines are as wanted, where a line `…` stands for any number of lines."""
    parts: list[list[str]] = [[]]
    for line in wanted:
        if line == LEFT_OUT:
            parts.append([])
        else:
            parts[-1].append(line)
    if len(parts) == 1:
        return len(wanted) == len(got) and all(map(_same, wanted, got))
    first, *between, last = parts
    at, end = len(first), len(got) - len(last)
    if at > end or not all(map(_same, first, got)) or not all(map(_same, last, got[end:])):
        return False
    for part in between:
        # The leftmost place leaves the most for the parts behind it.
        while at + len(part) <= end and not all(map(_same, part, got[at:])):
            at += 1
        at += len(part)
        if at > end:
            return False
    return True


def _same(wanted: str, got: str) -> bool:
    """Compare a line, where `…` inside it stands for some of it."""
    if re.search(rf"{MASKED_CELL} [|│┃]$", got):
        # The page may leave out the head of the table.
        wanted = FIGURE_AT_THE_END.sub(rf"\g<1>{MASKED_CELL}\g<2>", wanted)
    if LEFT_OUT not in wanted:
        return wanted == got
    return re.fullmatch(".*".join(map(re.escape, wanted.split(LEFT_OUT))), got) is not None


def _without_milliseconds(lines: list[str]) -> list[str]:
    """Mask the figures of a table's column that is headed `ms`."""
    made: list[str] = []
    column = None
    for line in lines:
        cells = CELLS.split(line)
        heads = [number for number, cell in enumerate(cells) if cell.strip() == MILLISECONDS]
        if len(cells) > 2 and heads:
            column = heads[0]
        elif column is not None and len(cells) > column and cells[column].strip().isdecimal():
            marks = CELLS.findall(line)
            cells[column] = f" {MASKED_CELL} "
            made.append("".join(a + b for a, b in zip(cells, [*marks, ""], strict=True)))
            continue
        made.append(line)
    return made
