"""Every command and every program of the guides is run, and does what the guide says."""

import os

import pytest

from tests.docs.conftest import GUIDES, MARKDOWN, lacking, no
from tests.docs.run import faults_of

NOT_RUN = {
    ("docs/deploy.md", "docker compose up -d"),
    ("docs/deploy.md", "docker compose down"),
}
"""The blocks that no test can run, by page and first line; a new one is for a reviewer to accept."""
NO_STAND_INS = ("true", ":", "echo", "exit", "test", "printf")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_does_what_it_says(guide, runs):
    if lacks := lacking(MARKDOWN[guide]):
        # .ci/run fails instead.
        assert not os.environ.get("REQUIRE_TOOLS"), lacks
        pytest.skip(f"{guide} needs {' and '.join(lacks)}")
    no([f"\n{failure}" for failure in runs.failures(guide)], f"blocks of {guide} do not do what it says")


def test_every_block_says_its_language_and_is_of_its_form(guides):
    faults = [f"{page.name}:{fault}" for page in guides for fault in page.faults]
    faults += [
        f"{page.name}:{block.line}: {fault}"
        for page in guides
        for block in page.blocks
        if (fault := faults_of(block))
    ]
    no(faults, "blocks have no form that is known")


def test_only_the_blocks_that_are_listed_are_not_run(guides):
    found = {
        (page.name, block.text.split("\n")[0].strip())
        for page in guides
        for block in page.blocks
        if block.not_run
    }
    no(sorted(map(str, found - NOT_RUN)), "blocks are not run, which this test does not know")
    no(sorted(map(str, NOT_RUN - found)), "blocks may be not run, and are there no more")


def test_what_stands_in_for_a_block_does_something(guides):
    idle = [
        f"{page.name}:{block.line}: {block.stands_in}"
        for page in guides
        for block in page.blocks
        if block.stands_in and block.stands_in.split()[0] in NO_STAND_INS
    ]
    no(idle, "commands stand in for a block and do nothing")


def test_the_guides_are_the_pages_of_the_top_level_and_of_docs():
    assert {"README.md", "CONTRIBUTING.md", "docs/architecture.md"} <= set(GUIDES)
    assert not [name for name in set(MARKDOWN) - set(GUIDES) if not name.startswith("docs/decisions/")]
