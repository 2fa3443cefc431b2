"""Markdown as the pages of this project are written: blocks, headings, links, code spans and lines of prose.

No whole parser: a page keeps to the convention that `tests.docs.run` states, and what is outside of it is a
fault of the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

FENCE: Final = re.compile(r"( *)(`{3,}|~{3,})\s*([^`\s]*).*")
LIST_ITEM: Final = re.compile(r"( *)([-*+]|\d+[.)])( +)\S")
HEADING: Final = re.compile(r"(#{1,6})\s+(.*?)\s*#*")
COMMENT: Final = re.compile(r"<!--(.*?)-->", re.DOTALL)
CODE_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK: Final = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE: Final = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*(?:\".*\")?$", re.MULTILINE)
HTML_LINK: Final = re.compile(r"<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)=\"([^\"]*)\"", re.IGNORECASE)
HTML_ANCHOR: Final = re.compile(r"<\w+[^>]*?\b(?:id|name)=\"([^\"]+)\"", re.IGNORECASE)
TABLE_RULE: Final = re.compile(r"\s*\|?[\s:|-]*-[\s:|-]*\|?\s*")
STANDS_IN: Final = "stands in:"
NOT_RUN: Final = "not run:"
PICTURE: Final = re.compile(r"/?\w+\.mmd")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        line: the number of its first line of text, from 1.
        stands_in: what is run in its place; empty when the block itself is.
        not_run: why nothing is run; empty when something is.
    """

    line: int
    language: str
    text: str
    stands_in: str = ""
    not_run: str = ""

    @property
    def runs(self) -> str:
        """Return what is run of it, for whoever looks for a command."""
        if self.not_run or self.language not in {"sh", "console", "python"}:
            return ""
        return self.stands_in or self.text


@dataclass(frozen=True)
class Page:
    """A Markdown file.

    Attributes:
        blocks: in their order.
        faults: what the convention does not know, each with its line.
        prose: the lines outside of blocks, by their numbers.
        text: the whole file, for what is looked for anywhere.
    """

    name: str
    text: str = field(repr=False)
    blocks: list[Block] = field(default_factory=list, repr=False)
    faults: list[str] = field(default_factory=list, repr=False)
    prose: dict[int, str] = field(default_factory=dict, repr=False)

    @property
    def spans(self) -> Iterator[tuple[int, str]]:
        """Yield the code spans, each with its line; a span may go on in the next line."""
        text = self._outside()
        for match in CODE_SPAN.finditer(text):
            if "\n\n" not in match[2]:
                yield text.count("\n", 0, match.start()) + 1, " ".join(match[2].split())

    @property
    def links(self) -> Iterator[tuple[int, str]]:
        """Yield what is linked to, each with its line."""
        text = CODE_SPAN.sub(lambda match: "`" + re.sub(r"[^\n]", " ", match[0])[2:] + "`", self._outside())
        for pattern in (LINK, REFERENCE, HTML_LINK):
            for match in pattern.finditer(text):
                yield text.count("\n", 0, match.start()) + 1, match[1]

    @property
    def anchors(self) -> set[str]:
        """Return what a link into this page may name, as GitHub makes it of the headings."""
        found: dict[str, int] = {}
        anchors = set(HTML_ANCHOR.findall(self._outside()))
        for line in self.prose.values():
            if heading := HEADING.fullmatch(line):
                slug = slug_of(heading[2])
                number = found[slug] = found.get(slug, -1) + 1
                anchors.add(f"{slug}-{number}" if number else slug)
        return anchors

    def _outside(self) -> str:
        return "\n".join(self.prose.get(number + 1, "") for number in range(self.text.count("\n") + 1))


def slug_of(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading: small letters, no punctuation, hyphens for spaces."""
    shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    shown = re.sub(r"(?<!\w)[*_]+|[*_]+(?!\w)|<[^>]*>", "", shown)
    return re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")


def read_page(file: Path, name: str) -> Page:
    return page_of(file.read_text(encoding="utf-8"), name)


def page_of(text: str, name: str = "page.md") -> Page:
    """Take a page apart."""
    lines = text.split("\n")
    page = Page(name, text)
    at, list_indent, blank = 0, -1, True
    while at < len(lines):
        line = lines[at]
        if fence := FENCE.fullmatch(line):
            at = _block(page, lines, at, fence)
            blank = False
            continue
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if item := LIST_ITEM.match(line):
            list_indent = len(item[1] + item[2] + item[3])
        elif line.strip() and indent == 0 and blank:
            list_indent = -1
        if line.strip() and blank and not item and indent >= max(list_indent, 0) + 4:
            page.faults.append(f"{at + 1}: an indented code block, which says no language: {line.strip()}")
        page.prose[at + 1] = line
        blank = not line.strip()
        at += 1
    page.faults.extend(_comment_faults(page))
    return page


def _block(page: Page, lines: list[str], at: int, fence: re.Match[str]) -> int:
    """Add the block whose fence is at a line; return the line behind it."""
    indent, mark, language = len(fence[1]), fence[2], fence[3]
    end = at + 1
    closes = re.compile(rf" *{re.escape(mark[0])}{{{len(mark)},}}\s*")
    while end < len(lines) and not closes.fullmatch(lines[end]):
        end += 1
    if end == len(lines):
        page.faults.append(f"{at + 1}: a block without an end")
    if not language:
        page.faults.append(f"{at + 1}: a block that says no language")
    body = [line[min(indent, len(line) - len(line.lstrip())) :] for line in lines[at + 1 : end]]
    comment = _comment_before(lines, at)
    said = {kind: _behind(comment, kind) for kind in (STANDS_IN, NOT_RUN)}
    page.faults.extend(f"{at + 1}: `{kind}` says nothing" for kind, word in said.items() if word == "")
    page.blocks.append(Block(at + 2, language, "\n".join(body), said[STANDS_IN] or "", said[NOT_RUN] or ""))
    return end + 1


def _behind(comment: str, kind: str) -> str | None:
    return comment.removeprefix(kind).strip() if comment.startswith(kind) else None


def _comment_before(lines: list[str], at: int) -> str:
    """Return the comment that ends right before a line, a blank line between them or not."""
    last = at - 1
    if last >= 0 and not lines[last].strip():
        last -= 1
    if last < 0 or not lines[last].rstrip().endswith("-->"):
        return ""
    first = last
    while first > 0 and "<!--" not in lines[first]:
        first -= 1
    found = COMMENT.findall("\n".join(lines[first : last + 1]))
    return str(found[-1]).strip() if found else ""


def _comment_faults(page: Page) -> Iterator[str]:
    """Yield the comments that mean nothing here, such as a misspelt one, or one without its block."""
    heeded = {block.line for block in page.blocks if block.stands_in or block.not_run}
    text = page._outside()  # noqa: SLF001 - its own module
    for match in COMMENT.finditer(text):
        said, line = match[1].strip(), text.count("\n", 0, match.start()) + 1
        if said.startswith((STANDS_IN, NOT_RUN)):
            # The fence is in the next line or behind a blank one, and the block begins after it.
            last = line + match[0].count("\n")
            if not heeded & {last + 2, last + 3}:
                yield f"{line}: no block comes right behind `<!-- {said} -->`"
        elif not PICTURE.fullmatch(said):
            yield f"{line}: `<!-- {said} -->` is neither `{STANDS_IN} …` nor `{NOT_RUN} …`"


def is_prose(line: str) -> bool:
    """Tell whether a line outside of blocks is to be short: no rule of a table, no definition of a link."""
    return not TABLE_RULE.fullmatch(line) and not REFERENCE.fullmatch(line)
