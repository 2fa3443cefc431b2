"""``registrar check``: what it prints, and how it ends."""

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from local.deploy import Outputs
from tests.e2e.registrar import registrar_of


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("registrar"), "check", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture
def folder(deployed: Outputs, tmp_path: Path) -> Path:
    """A folder in which the tests' local AWS is up."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(vars(deployed)))
    return tmp_path


@pytest.fixture
def stray(deployed: Outputs) -> Any:
    """A name that nobody has."""
    dynamodb = deployed.client("dynamodb")
    item = {"pk": {"S": f"NAME#email#{uuid.uuid4()}"}, "user_id": {"S": "u-nobody"}}
    dynamodb.put_item(TableName=deployed.UsersTableName, Item=item)
    yield item["pk"]["S"]
    dynamodb.delete_item(TableName=deployed.UsersTableName, Key={"pk": item["pk"]})


def test_a_clean_stage_ends_with_0_and_one_line(deployed: Outputs, folder: Path):
    user_id = f"u-{uuid.uuid4()}"
    actor = {"id": "admin-7", "type": "user"}
    create = {"action": "create", "user_id": user_id, "attributes": {"username": user_id}, "actor": actor}
    registrar_of(deployed, "express").execute(create)
    (folder / "below").mkdir()
    done = run(folder / "below")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("checked ")
    assert done.stdout.endswith(" records: no violation\n")


def test_violations_end_with_1_and_are_listed(folder: Path, stray: str):
    done = run(folder, "--grace", "0")
    assert done.returncode == 1
    assert "name_stray" in done.stdout
    assert done.stdout.endswith(": 1 violation\n")


def test_json_gives_a_line_for_each_violation_and_a_sum(folder: Path, stray: str):
    done = run(folder, "--grace", "0", "--json")
    violation, total = map(json.loads, done.stdout.splitlines())
    assert violation == {
        "code": "name_stray",
        "key": f"Users {stray}",
        "expected": None,
        "found": {"pk": stray, "user_id": "u-nobody"},
    }
    assert total["violations"] == 1
    assert total["checked"]["names"] >= 1
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        (None, "start it with `make up`"),
        ({"endpoint": "http://127.0.0.1:9"}, "start it with `make up`"),
        ({"UsersTableName": "gone"}, "not found"),
    ],
    ids=["no local AWS", "it is down", "no such table"],
)
def test_what_cannot_be_checked_ends_with_2_and_one_line(deployed: Outputs, folder: Path, outputs, says):
    file = folder / ".local" / "outputs.json"
    file.write_text(json.dumps(vars(deployed) | (outputs or {})))
    # Above the root there is no checkout whose local AWS could be up.
    done = run(Path("/") if outputs is None else folder)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert says in line
