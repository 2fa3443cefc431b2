"""The picture of the state machine is the state machine's."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools import diagram
from tools.generated import write_or_check

ROOT = Path(__file__).parents[2]
MACHINE: dict[str, Any] = json.loads(
    (ROOT / "statemachines/user_change.asl.json").read_text(encoding="utf-8")
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the machine."""
    (tmp_path / "statemachines").mkdir()
    (tmp_path / "statemachines/user_change.asl.json").write_text(json.dumps(MACHINE))
    return tmp_path


def test_the_picture_in_the_project_is_up_to_date():
    assert write_or_check(diagram.pictures(ROOT), ["--check"]) == 0


def test_the_picture_shows_every_way_on_and_every_end():
    edges = re.findall(
        r'^ +(\w+)(?:\(.*\))? (?:-->|-\. "(.*)" \.->) (\w+)', diagram.draw(MACHINE), re.MULTILINE
    )
    assert set(edges) == {
        ("start", "", "ValidateChange"),
        ("ValidateChange", "", "WriteChange"),
        ("ValidateChange", "ChangeRejected", "AuditRejection"),
        ("WriteChange", "", "AuditChange"),
        ("WriteChange", "ChangeRejected", "AuditRejection"),
        ("AuditChange", "", "APPLIED"),
        ("AuditRejection", "", "REJECTED"),
        ("machine", "any other error, retries used up or 290 s over", "FAILED"),
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda states: states["WriteChange"].pop("Catch"),
        lambda states: states["WriteChange"]["Catch"][0].update(ErrorEquals=["States.ALL"]),
        lambda states: states["ValidateChange"].update(Next="AuditChange"),
        lambda states: states["AuditChange"]["Retry"][0].update(MaxAttempts=1),
        lambda states: states["AuditChange"].update(Comment="Something else."),
    ],
)
def test_a_changed_machine_makes_another_picture(project: Path, change: Any):
    before = diagram.pictures(project)
    changed = copy.deepcopy(MACHINE)
    change(changed["States"])
    (project / "statemachines/user_change.asl.json").write_text(json.dumps(changed))
    assert diagram.pictures(project) != before


def test_a_picture_is_named_after_its_machine(project: Path):
    assert diagram.pictures(project) == {project / "docs/user_change.mmd": diagram.draw(MACHINE)}


def test_a_state_that_it_cannot_draw_is_refused():
    machine = {"StartAt": "Pick", "States": {"Pick": {"Type": "Choice", "Choices": [], "Default": "Pick"}}}
    with pytest.raises(ValueError, match="Pick is a Choice"):
        diagram.draw(machine)
