"""The pages that are run, and the local stage that they deploy."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.deploy import synth
from tests.checkout_copy import CHECKOUT
from tests.docs.markdown import Page, read_page
from tests.docs.run import Runs, is_set_up, tools_of, tracked

MARKDOWN = {name: read_page(CHECKOUT / name, name) for name in tracked(".md")}
GUIDES = [name for name in MARKDOWN if "/" not in name or Path(name).parent == Path("docs")]
"""The pages whose blocks are run: those of the top level and of docs, not the decisions."""


def no(faults: list[str], what: str) -> None:
    """Let the test fail with a list, when there is anything in it."""
    if faults:
        pytest.fail(f"{len(faults)} {what}:\n" + "\n".join(faults), pytrace=False)


def lacking(page: Page) -> list[str]:
    """Return the programs that a page needs and that are not on this machine."""
    return [tool for tool in tools_of(page) if shutil.which(tool) is None]


@pytest.fixture(scope="session")
def markdown() -> dict[str, Page]:
    """Every Markdown file, by its name."""
    return MARKDOWN


@pytest.fixture(scope="session")
def guides(markdown: dict[str, Page]) -> list[Page]:
    return [markdown[name] for name in GUIDES]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cdk synth` makes of the local stage; `make test` makes it once for all its parts."""
    if made := os.environ.get("CDK_ASSEMBLY"):
        return CHECKOUT / made
    folder = tmp_path_factory.mktemp("assembly")
    synth("local", folder / "cdk.out", folder / "log")
    return folder / "cdk.out"


@pytest.fixture(scope="session")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, assembly: Path
) -> Iterator[Runs]:
    """The runs of the pages that this run of the tests asks for; whatever they start is ended."""
    # A page's `make setup` would otherwise set up the shared folders anew, and for its copy.
    assert is_set_up(CHECKOUT), "`make setup` first"
    asked = {item.callspec.params.get("guide") for item in request.session.items if hasattr(item, "callspec")}
    pages = [MARKDOWN[name] for name in GUIDES if name in asked and not lacking(MARKDOWN[name])]
    made = Runs(pages, tmp_path_factory.mktemp("pages"), assembly)
    yield made
    made.end()
