"""Output for people: at any width no id is cut, and every time has its time zone."""

import re

import pytest

from tests.client.fake_api import user

ID = f"00000000-0000-4000-8000-{'1' * 12}:{'x' * 60}"
USER = user(ID, username="ada", email="ada@example.com", display_name="Ada")
RECORD = {
    "sequence": "1",
    "change_id": ID,
    "outcome": "APPLIED",
    "version": 1,
    "action": "create",
    "actor": {"id": ID},
    "recorded_at": "2030-01-31T12:00:00.000000Z",
    "previous_hash": "0" * 64,
    "hash": "1" * 64,
}
ANSWERS = {
    "GET /users": {"users": [USER, USER], "next": None},
    f"GET /users/{ID}": USER,
    f"GET /users/{ID}/history": {"records": [RECORD], "next": None},
    "GET /stats": {"users": {"active": 1}, "changes": []},
    f"GET /imports/{ID}": {"import_id": ID, "status": "RUNNING", "errors": []},
}


@pytest.mark.parametrize("columns", [20, 60, 80, 400, None])
@pytest.mark.parametrize(
    "arguments", [["list"], ["get", ID], ["find", "--email", "e"], ["history", ID], ["imports", "show", ID]]
)
def test_no_id_is_cut_and_every_time_has_its_zone(command, arguments, columns):
    width = {} if columns is None else {"COLUMNS": str(columns), "FORCE_COLOR": "1", "TERM": "xterm"}
    done = command(*arguments, answers=ANSWERS, env={**width, "TZ": "Asia/Tokyo"})
    assert done.exit_code == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.output)
    assert plain.count(ID) == (2 if arguments == ["list"] else 1)
    assert "…" not in plain.replace("0…", "").replace("1…", "")  # Hashes are shown by their beginnings.
    times = re.findall(r"2030-01-31 \d\d:\d\d:\d\d.", plain)
    assert set(times) <= {"2030-01-31 12:00:00Z"}
    assert times or arguments[0] == "imports"


def test_a_list_that_fits_is_a_table_and_one_that_does_not_is_blocks(command):
    short = {"GET /users": {"users": [user("u-1")], "next": None}}
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm"}
    assert "┃" in command("list", answers=short, env={"COLUMNS": "80", **terminal}).output
    blocks = command("list", answers=short, env={"COLUMNS": "60", **terminal}).output
    assert blocks.startswith("user          u-1\nversion       1\n")


@pytest.mark.parametrize(
    "arguments",
    [[], *([name] for name in ("create", "update", "list", "import", "export", "check", "imports"))],
)
def test_help_cuts_nothing_at_80_columns(command, arguments):
    shown = command(*arguments, "--help", env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).output
    assert shown.startswith("Usage: ")
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "..." not in shown.replace("[ARGS]...", "")
    assert arguments != ["import"] or "  --tolerated-failure-percentage P\n" in shown
