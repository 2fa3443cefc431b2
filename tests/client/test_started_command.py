"""The command as a process: how it ends, and never with a traceback."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.client.fake_api import served, user

TOKEN = {"REGISTRAR_TOKEN": "t"}
REGISTRAR = str(Path(sys.executable).with_name("registrar"))


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "REGISTRAR_"))}
    own = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    }
    return {**kept, **own, **more}


def run(*arguments: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [REGISTRAR, *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("arguments", "more", "says"),
    [
        (["get", "u-1", "--url", "notaurl"], {}, "is no URL"),
        (["get", "u-1", "--url", "http://127.0.0.1:9"], TOKEN, "http://127.0.0.1:9 cannot be reached"),
        (["get", "", "--url", "http://127.0.0.1:9"], TOKEN, "user_id must not be empty"),
        (["get", b"\xff", "--url", "http://127.0.0.1:9"], TOKEN, "UTF-8"),
        (["get", "u-1", "--stage", "dev"], {}, "--region, or set AWS_REGION"),
        (["get", "u-1", "--stage", "dev"], {"AWS_REGION": "eu-west-1"}, "--profile"),
        (["check", "--stage", "dev", "--profile", "none"], {}, "aws configure list-profiles"),
        (["get", "u-1", "--stage", "dev", "--region", "eu west"], {}, "--region"),
        (["get", "u-1", "--url", "http://127.0.0.1:9"], {"AWS_REGION": "eu-west-1"}, "--profile"),
        (["get", "u-1", "--url", "http://127.0.0.1:9"], {**TOKEN, "HTTP_PROXY": "x://y"}, "x://y"),
        (["import", "users.csv", "--failed", "absent/failed.csv"], {}, "no folder"),
        (["import", "users.csv", "--report", "."], {}, "folder"),
        (["imports", "show", "i", "--failed", "absent/failed.csv"], {}, "no folder"),
        (["export", "--output", "absent/users.csv"], {}, "no folder"),
        (["import", "x" * 300], {}, "too long"),
    ],
)  # fmt: skip
def test_an_error_is_one_sentence_and_status_2(tmp_path, arguments, more, says):
    (tmp_path / "users.csv").write_text("user_id\nu-1\n")
    done = run(*arguments, folder=tmp_path, TERMINAL_WIDTH="200", COLUMNS="200", **more)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["users.csv"]


def test_an_unexpected_error_is_one_sentence_too(tmp_path):
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text('{"region": "us-east-1"}')
    done = run("get", "u-1", folder=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("answer", [{}, [], {"users": 1}, {"users": [{}], "next": None}, "<html>"])
@pytest.mark.parametrize(
    "arguments", [["list"], ["get", "u-1"], ["change", "c-1"], ["stats"], ["imports", "show", "i"]]
)
def test_an_answer_that_is_not_from_registrar_is_reported(command, answer, arguments):
    def anything(_: object) -> object:
        return answer

    paths = ("/users", "/users/u-1", "/changes/c-1", "/stats", "/imports/i")
    done = command(*arguments, answers={f"GET {path}": anything for path in paths})
    assert "http://api does not answer as Registrar does" in str(done.exception)


def test_the_version_is_shown(tmp_path):
    assert re.fullmatch(r"registrar \d+\.\d+\.\d+\n", run("--version", folder=tmp_path).stdout)


def test_help_exits_with_0_when_its_reader_closes_the_pipe():
    process = subprocess.Popen(
        [REGISTRAR, "--help"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_reader_that_closes_the_pipe_ends_the_command_silently(tmp_path):
    users = [user(f"u-{number}", display_name="x" * 90) for number in range(3000)]
    with served({"/users": {"users": users, "next": None}}) as url:
        for form in (["--json"], []):
            arguments = [REGISTRAR, "list", "--all", "--url", url, *form]
            process = subprocess.Popen(
                arguments,
                env=environment(REGISTRAR_TOKEN="t"),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            with process:
                assert process.stdout is not None
                assert process.stderr is not None
                process.stdout.close()
                assert process.stderr.read() == b""
                assert process.wait(60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_one_sentence(tmp_path):
    with served({"/users/u-1": user("u-1")}) as url, Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [REGISTRAR, "get", "u-1", "--url", url],
            env=environment(REGISTRAR_TOKEN="t"), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "error: No space left on device\n")


def test_ctrl_c_during_the_imports_ends_it_silently():
    # A module that is imported first waits: the signal arrives in the middle of the imports.
    script = """
import signal, sys, time, threading, os
class Waits:
    def find_spec(self, name, path=None, target=None):
        if name == "httpx":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
sys.meta_path.insert(0, Waits())
from registrar_main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_and_leaves_no_file_behind(tmp_path, number, status):
    waits = {
        "/changes/c-1": {"change_id": "c-1", "status": "RUNNING"},
        "/imports/i": {"import_id": "i", "status": "RUNNING", "errors": []},
    }
    (tmp_path / "failed.csv").write_text("old")
    with served(waits) as url:
        process = subprocess.Popen(
            [REGISTRAR, "imports", "show", "i", "--wait", "--failed", "failed.csv", "--url", url],
            cwd=tmp_path, env=environment(REGISTRAR_TOKEN="t"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            deadline = time.monotonic() + 60
            while not list(tmp_path.glob(".*.part")):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert "Traceback" not in said
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("failed.csv", "old")]


def test_output_to_a_pipe_is_utf8_in_any_locale(tmp_path):
    with served({"/users/u-1": user("u-1", display_name="Zoë →")}) as url:
        done = run(
            "get",
            "u-1",
            "--json",
            "--url",
            url,
            folder=tmp_path,
            REGISTRAR_TOKEN="t",
            PYTHONIOENCODING="ascii",
        )
    assert json.loads(done.stdout)["display_name"] == "Zoë →"
