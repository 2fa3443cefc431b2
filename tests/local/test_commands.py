"""`python -m local`: signals, concurrent commands, and settings that are refused with one sentence."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from local import commands, processes, step_functions_local
from local.deploy import CHECKOUT, Outputs
from local.errors import LocalAwsError
from local.processes import Process
from local.say import FAILED
from tests.local.checkout import answers, command, environment, local

OUTPUTS = Outputs(
    **dict.fromkeys(Outputs.__dataclass_fields__, "none")
    | {"endpoint": "http://127.0.0.1:9", "region": "us-east-1"}
)


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Run commands in this process; return the status, and what was printed on stdout and stderr."""
    monkeypatch.setattr(os, "environ", environment())

    def run(*words, **settings):
        os.environ.update(settings)
        monkeypatch.setattr(sys, "argv", ["local", "--directory", str(tmp_path), *words])
        status = commands.main()
        return status, *capsys.readouterr()

    return run


class Started:
    """A command in the middle of a deployment."""

    def __init__(self, directory: Path, word: str) -> None:
        self.directory = directory / "run" if word == "run" else directory
        self.process = subprocess.Popen(
            command(directory, word),
            cwd=CHECKOUT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        line = self.process.stderr.readline()
        self.endpoint = re.search(r"http://\S+(?=;)", line)[0]
        while len(processes.noted(self.directory)) < 3:
            time.sleep(0.02)
        self.noted = processes.noted(self.directory)
        # The engine, `cdk bootstrap` and `cdk synth`.
        assert all(each.is_alive() for each in self.noted)

    def ended(self) -> tuple[int, str]:
        said = self.process.communicate(timeout=60)[1]
        return self.process.returncode, said

    def left(self) -> list[Process]:
        """Return the processes that it had started and that are still alive."""
        return [each for each in self.noted if each.is_alive()] + processes.noted(self.directory)


@pytest.fixture
def ended_at_last(tmp_path):
    """End what a failed test has left running."""
    yield
    local(tmp_path, "down")


@pytest.mark.usefixtures("ended_at_last")
@pytest.mark.parametrize(
    ("word", "number"), [("run", signal.SIGHUP), ("run", signal.SIGINT), ("up", signal.SIGTERM)]
)
def test_a_signal_ends_all_that_was_started(tmp_path, word, number):
    started = Started(tmp_path, word)
    # As a terminal does: the signal goes to the whole foreground group.
    os.killpg(started.process.pid, number)
    status, said = started.ended()
    assert status == 128 + number
    assert said == "interrupted; everything that was started has been stopped\n"
    assert started.left() == []
    assert not answers(started.endpoint)
    assert not (started.directory / "outputs.json").exists()


@pytest.mark.usefixtures("ended_at_last")
def test_down_ends_a_run_and_a_second_start_keeps_away_from_the_first(tmp_path):
    run, up = Started(tmp_path, "run"), Started(tmp_path, "up")
    second = local(tmp_path, "up")
    assert second.returncode == 1
    assert re.fullmatch(
        rf"error: `make up` \(process {up.process.pid}\) is at work in {tmp_path}: "
        r"wait for it, or end it with `make down`\n",
        second.stderr,
    )
    # The first goes on; some of the processes that it had started may have ended since.
    assert up.process.poll() is None
    assert answers(up.endpoint)
    down = local(tmp_path, "down")
    assert (down.returncode, down.stderr.splitlines()[-1]) == (0, "the local AWS is down")
    assert (run.ended()[0], up.ended()[0]) == (143, 143)
    assert run.left() == up.left() == []
    again = local(tmp_path, "down")
    assert (again.returncode, again.stderr) == (0, "the local AWS is not up\n")


@pytest.fixture
def engine(tmp_path):
    """An engine that `make up` has left running according to its note; it answers no request."""
    popen, process = processes.spawn(
        tmp_path,
        "engine",
        [sys.executable, "-c", "import time; time.sleep(600)"],
        cwd=tmp_path,
        env={},
        log=tmp_path / "log",
        endpoint="http://127.0.0.1:9",
    )
    (tmp_path / "outputs.json").write_text(json.dumps(vars(OUTPUTS)))
    yield process
    popen.kill()
    popen.wait()


def test_down_ends_an_engine_that_does_not_answer(tmp_path, engine, here):
    os.kill(engine.pid, signal.SIGSTOP)
    assert here("down") == (0, "", "the local AWS is down\n")
    assert not engine.is_alive()
    assert processes.noted(tmp_path) == []


def test_down_leaves_a_later_process_that_has_the_id_of_a_note(tmp_path, engine, here):
    note = tmp_path / processes.NOTES / f"{engine.pid}.json"
    note.write_text(json.dumps(asdict(engine) | {"started": "before"}))
    assert here("down") == (0, "", "the local AWS is not up\n")
    assert engine.is_alive()


def test_down_keeps_the_note_of_a_process_that_it_cannot_end(tmp_path, engine, here, monkeypatch):
    def end(*_):
        raise LocalAwsError("process 1 (engine) cannot be killed")

    with monkeypatch.context() as patch:
        patch.setattr(processes, "end", end)
        status, _, said = here("down")
    assert (status, said) == (FAILED, "error: process 1 (engine) cannot be killed\n")
    assert processes.noted(tmp_path) == [engine]
    assert here("down") == (0, "", "the local AWS is down\n")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, None),
        ({"PORT": "9"}, None),
        ({"PORT": "4566"}, "`make down`, then `make up` with PORT=4566"),
        ({"KEEP": "1"}, "`make down`, then `make up` with KEEP=1"),
        ({"FRESH": "1"}, "`make down`, then `make up` with FRESH=1"),
    ],
)
def test_settings_that_the_running_engine_does_not_have_are_refused(engine, here, settings, says):
    status, _, said = here("up", **settings)
    (line,) = said.splitlines()
    assert "the local AWS is up already, at http://127.0.0.1:9" in line
    assert (status == 1, line.startswith("error: ")) == (says is not None,) * 2
    assert says is None or says in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "99999"),
        ("PORT", "0"),
        ("PORT", "-1"),
        ("PORT", "\u0661"),
        ("KEEP", "maybe"),
    ],
)
def test_a_setting_without_a_meaning_is_refused_with_one_sentence(here, name, value):
    status, _, said = here("up", **{name: value})
    (line,) = said.splitlines()
    assert status == 1
    assert line.startswith(f"error: {name}={value} ")


def test_a_port_that_is_taken_is_refused_with_one_sentence(here):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, _, said = here("up", PORT=port)
    (line,) = said.splitlines()
    assert status == 1
    assert line.startswith(f"error: port {port} of 127.0.0.1 is not available")
    assert "PORT=" in line


def test_kept_data_is_neither_deleted_nor_ignored_silently(tmp_path, here):
    state = tmp_path / "kept" / "state" / "dynamodb.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    status, _, said = here("up")
    (line,) = said.splitlines()
    assert status == 1
    assert "`make up KEEP=1` uses it" in line
    assert "`make up FRESH=1` deletes it" in line
    assert state.exists()
    assert here("clean-data") == (0, "", "the kept data is deleted\n")
    assert not state.exists()


def test_the_outputs_that_a_crash_has_left_are_not_used(tmp_path, engine, here, monkeypatch, capsys):
    assert here("env")[0] == 0
    os.kill(engine.pid, signal.SIGKILL)
    while engine.is_alive():
        time.sleep(0.02)
    sentence = "error: the local AWS is not up: start it with `make up`\n"
    assert here("env") == here("shell") == (1, "", sentence)
    monkeypatch.setattr(sys, "argv", ["sfn", "http://127.0.0.1:1", "--directory", str(tmp_path)])
    assert (step_functions_local.main(), *capsys.readouterr()) == (1, "", sentence)
