"""Whatever a page points to is there: links, anchors, and the files that it names."""

import re
from pathlib import Path
from urllib.parse import unquote

from tests.checkout_copy import CHECKOUT
from tests.docs.conftest import no
from tests.docs.markdown import read_page
from tests.docs.run import tracked

ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
PATH = re.compile(r"(?:[\w.*-]+/)*[\w.*-]+/?")
PACKAGES = ("lambdas", "lambdas/registrar", "client")
"""What paths may begin below: a page may leave out the folders of a package that it speaks of."""
SUFFIXES = ("py", "md", "json", "toml", "txt", "in", "yaml", "yml", "mmd", "svg", "sh", "csv", "jsonl", "cfg")
NO_FILES = re.compile(
    r"""
    (application|text|multipart|image)/[\w.+-]+     # media types
    | uploads/.* | imports/.* | results/.*          # keys in the import bucket
    | (read|write|and|or)/\w+                       # alternatives
    | \.(local|venv)(/.*)? | node_modules(/.*)? | cdk\.out(/.*)?    # made by the set-up and by runs
    """,
    re.VERBOSE,
)
"""What looks like the path of a file and is none of this checkout."""
MADE = {
    *("outputs.json", "users.csv", "users.jsonl", "failed.csv", "report.csv", "mend.csv"),
    *("plan.json", "manifest.json", "summary.json", "written/"),
}
"""Files that the commands of the guides make or that are shown for any file, and objects of an import."""


def test_relative_links_and_anchors_point_to_something(markdown):
    faults = []
    for page in markdown.values():
        here = (CHECKOUT / page.name).parent
        for line, link in page.links:
            if not link or ELSEWHERE.match(link):
                continue
            path, _, anchor = unquote(link).partition("#")
            target = (here / path).resolve() if path else (CHECKOUT / page.name)
            if path.startswith("/") or not target.exists() or not target.is_relative_to(CHECKOUT):
                faults.append(f"{page.name}:{line}: {link}: there is no such file")
            elif anchor and target.suffix == ".md":
                name = str(target.relative_to(CHECKOUT))
                there = markdown.get(name) or read_page(target, name)
                if anchor not in there.anchors:
                    faults.append(f"{page.name}:{line}: {link}: there is no such heading")
    no(faults, "links point to nothing")


def test_every_guide_is_reached_from_the_readme(markdown):
    reached, ahead = set(), ["README.md"]
    while ahead:
        name = ahead.pop()
        if name in reached or name not in markdown:
            continue
        reached.add(name)
        for _, link in markdown[name].links:
            if link and not ELSEWHERE.match(link):
                target = ((CHECKOUT / name).parent / unquote(link).partition("#")[0]).resolve()
                if target.is_relative_to(CHECKOUT):
                    ahead.append(str(target.relative_to(CHECKOUT)))
    assert {name for name in markdown if not name.startswith("docs/decisions/")} <= reached


def is_a_path(span: str) -> bool:
    if not PATH.fullmatch(span) or NO_FILES.fullmatch(span) or span in MADE:
        return False
    name, _, suffix = span.rpartition(".")
    return "/" in span or (bool(name) and suffix in SUFFIXES)


def is_there(span: str, page: str, files: list[str]) -> bool:
    """Tell whether a path is there, from the top level or from the page; a mere name may be anywhere."""
    for folder in (CHECKOUT, (CHECKOUT / page).parent, *(CHECKOUT / package for package in PACKAGES)):
        if (folder / span).exists() or ("*" in span and any(folder.glob(span.rstrip("/")))):
            return True
    return "/" not in span and any(Path(file).name == span for file in files)


def test_every_file_that_is_named_is_there(markdown):
    files = tracked()
    faults = [
        f"{page.name}:{line}: {span}"
        for page in markdown.values()
        for line, span in page.spans
        if is_a_path(span) and not is_there(span, page.name, files)
    ]
    no(faults, "files are named that are not there")


def test_the_layout_of_the_readme_has_every_folder_of_the_top_level(markdown):
    page = markdown["README.md"]
    layout = re.search(r"^## Layout\n(.*?)(?=^## |\Z)", page.text, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"^[ |`\[]*([\w-]+)/", layout[1], re.MULTILINE))
    there = {name.partition("/")[0] for name in tracked() if "/" in name and not name.startswith(".")}
    no(sorted(there - named), "folders are not in the layout")
    no(sorted(named - there), "folders of the layout are not there")
