"""Imports over real HTTP on the deployed stacks: by client, by command, and by an execution."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from local.deploy import Outputs
from registrar_client import AsyncRegistrarClient, Import, ImportOptions, RegistrarClient, SigV4, calls
from registrar_client.command import app

AUTH = SigV4(boto3.Session("test", "test").get_credentials(), "us-east-1")


@pytest.fixture(autouse=True)
def polled_often(monkeypatch):
    monkeypatch.setattr(calls, "IMPORT_POLL_SECONDS", 0.1)


@pytest.fixture
def name() -> str:
    return f"n{uuid.uuid4().hex[:10]}"


@pytest.fixture
def file(tmp_path: Path, name: str) -> Path:
    rows = [f"{name}-{n},{name}{n},{name}{n}@example.com" for n in range(120)]
    rows += [f"{name}-x,{name}1,", f"{name} y,,", f"{name}-z"]
    file = tmp_path / "users.csv"
    file.write_text("user_id,username,email\n" + "\n".join(rows) + "\n")
    return file


@pytest.fixture
def registrar(deployed: Outputs, tmp_path: Path, monkeypatch) -> Any:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(vars(deployed)))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, expected: int = 0) -> str:
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == expected, done.output
        return done.output

    return run


def test_both_clients_import_a_file_and_the_second_run_is_all_replays(deployed, file, name):
    with RegistrarClient(deployed.ApiUrl, AUTH) as client:
        before = sum(client.stats(2).users.values())
        key = client.upload(file)
        import_id = client.start_import(ImportOptions(key=key), import_id=name)
        assert client.start_import(ImportOptions(key=key), import_id=name) == import_id == name
        *_, done = client.follow_import(import_id)
        assert (done.status, done.rows, done.applied, done.rejected) == ("SUCCEEDED", 123, 120, 3)
        assert done.cost_usd > 0
        report = b"".join(client.download(done.report_url)).decode().splitlines()
        assert len(report) == 124
        user = client.find(username=f"{name}7")
        assert (user.user_id, user.version) == (f"{name}-7", 1)
        (record,) = client.history(user.user_id)
        assert record.actor["type"] == "iam"
        # What is imported is counted, and so told, like every other change.
        deadline = time.monotonic() + 60
        while sum(client.stats(2).users.values()) < before + 120:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    async def again() -> Any:
        async with AsyncRegistrarClient(deployed.ApiUrl, AUTH) as client:
            import_id = await client.start_import(ImportOptions(key=await client.upload(file)))
            statuses = [status async for status in client.follow_import(import_id)]
            blocks = [block async for block in client.download(statuses[-1].failed_url)]
            return statuses[-1], b"".join(blocks).decode()

    done, failed = asyncio.run(again())
    assert (done.applied, done.replayed, done.rejected, done.failed) == (0, 122, 1, 0)
    assert len(failed.splitlines()) == 4


def test_the_command_imports_tells_and_exports(registrar, file, name, tmp_path):
    dry = json.loads(registrar("import", str(file), "--dry-run", "--json", expected=1))
    assert (dry["dry_run"], dry["applied"], dry["rejected"]) == (True, 120, 3)
    assert f"{name}-7" not in registrar("export")
    failed, report = tmp_path / "failed.csv", tmp_path / "report.csv"
    shown = registrar("import", str(file), "--failed", str(failed), "--report", str(report), expected=1)
    assert "│ applied         │ 120" in shown
    assert len(report.read_text().splitlines()) == 124
    # A name that is free, an id without a space; the row that was too short has all its cells by now.
    mended = failed.read_text().replace(f'{name}1"', f'{name}9991"').replace(f"{name} y", f"{name}-y")
    failed.write_text(mended)
    done = json.loads(registrar("import", str(failed), "--json"))
    assert (done["rows"], done["applied"]) == (3, 3)
    assert "SUCCEEDED" in registrar("imports", "show", done["import_id"])
    registrar("export", "--format", "jsonl", "--output", "all.jsonl")
    users = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert len([user for user in users if user["user_id"].startswith(name)]) == 123
    registrar("export", "--ledger", "--output", "ledger.jsonl")
    records = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert {len(record["hash"]) for record in records} == {64}


def test_the_command_says_what_is_wrong_with_a_file(registrar, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("user_id,colour\nu-1,red\n")
    assert "column 2 is none of user_id" in registrar("import", str(wrong), expected=2)
    assert "no file" in registrar("import", "nothing.csv", expected=2)
    (tmp_path / "users.txt").write_text("user_id\nu-1\n")
    assert "--format" in registrar("import", "users.txt", expected=2)
    assert "NAME=FIELD" in registrar("import", str(wrong), "--column", "colour", expected=2)


def test_ctrl_c_leaves_the_import_running_and_says_how_to_pick_it_up(registrar, file, monkeypatch):
    following = RegistrarClient.follow_import

    def interrupted(self: RegistrarClient, import_id: str) -> Iterator[Import]:
        yield next(following(self, import_id))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RegistrarClient, "follow_import", interrupted)
        said = registrar("import", str(file), expected=130)
    assert "the import goes on" in said
    import_id = said.split("registrar imports show ")[1].split()[0]
    shown = json.loads(registrar("imports", "show", import_id, "--wait", "--json", expected=1))
    assert (shown["status"], shown["applied"]) == ("SUCCEEDED", 120)
