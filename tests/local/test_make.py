"""`make` as the README describes it, in a folder with spaces and umlauts, without a writable home folder."""

import json
import os
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from local import lifecycle
from tests.local.checkout import copied, environment

FOLDER = "Übung für José & Søn's 'Registrar'"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of this checkout; whatever is started in it is stopped at the end."""
    folder = copied(tmp_path_factory.mktemp("home") / FOLDER)
    yield folder
    lifecycle.stop_everything(folder / ".local")


@pytest.fixture(scope="module")
def telemetry():
    """A listener as the CDK command line's telemetry endpoint; yields what it received, and its URL."""
    came = []

    class Listener(socketserver.BaseRequestHandler):
        def handle(self):
            came.append(self.request.recv(100))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield came, f"http://127.0.0.1:{server.server_address[1]}/metrics"
        server.shutdown()


@pytest.fixture(scope="module")
def make(checkout, telemetry):
    settings = environment(
        HOME=os.devnull, AWS_PROFILE="nobody", TELEMETRY_ENDPOINT=telemetry[1], SHELL="/bin/sh"
    )
    settings.pop("PYTHONPATH")

    def run(*words, shell=None):
        command = ["make", *words] if shell is None else ["bash", "-euc", shell]
        return subprocess.run(
            command, cwd=checkout, env=settings, capture_output=True, text=True, check=False, timeout=280
        )

    return run


CHANGE = """
eval "$(make -s env)"
cd /
registrar create %s >&2
registrar stats --json
"""


@pytest.mark.timeout(600)
def test_kept_data_is_used_and_counted_over_three_rounds(checkout, make, telemetry):
    for number in (1, 2, 3):
        assembly = [] if number == 1 else ["CDK_ASSEMBLY=.local/first.out"]
        up = make("up", "KEEP=1", *assembly)
        assert up.returncode == 0, up.stderr
        if number == 1:
            (checkout / ".local" / "cdk.out").rename(checkout / ".local" / "first.out")
        made = make(shell=CHANGE % f"u-{number}")
        assert made.returncode == 0, made.stderr
        assert counted(make, json.loads(made.stdout), number) == (number, number)
        down = make("down")
        assert (down.returncode, down.stderr.splitlines()[-1]) == (0, "the local AWS is down")
    plain = make("up")
    assert plain.returncode != 0
    assert "`make up KEEP=1` uses it" in plain.stderr
    # Nothing was written to the home folder or sent out.
    assert telemetry[0] == []
    assert [each.name for each in checkout.parent.iterdir()] == [FOLDER]


def counted(make, stats, expected):
    """Wait until the expected changes are counted; return the counts of live users and of changes."""
    deadline = time.monotonic() + 60
    while True:
        counts = (stats["users"]["active"], sum(row["changes"] for row in stats["changes"]))
        if counts[1] >= expected or time.monotonic() > deadline:
            return counts
        stats = json.loads(make(shell='eval "$(make -s env)"; registrar stats --json').stdout)


@pytest.mark.timeout(300)
def test_synth_says_where_the_templates_are_and_nothing_else(checkout, make):
    done = make("synth", "STAGE=local")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == f"the templates of stage local are in {checkout}/cdk.out\n"
    wrong = make("synth", "STAGE=nowhere")
    assert wrong.returncode != 0
    assert "nowhere" in wrong.stderr


def test_a_python_that_is_too_old_is_refused_with_one_sentence(checkout, tmp_path, make):
    old = tmp_path / "old python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in (str(old), "3.10"):
        done = make("--always-make", ".venv/.ready", f"PYTHON={python}")
        assert done.returncode != 0
        first, *rest = (done.stdout + done.stderr).splitlines()
        assert first == (
            f"Python 3.11 or newer is needed; {python} is not: install it, or name it with PYTHON=python3.13"
        )
        assert all(line.startswith("make:") for line in rest)
    assert Path(sys.executable).exists()


def test_clean_stops_the_local_aws_and_leaves_kept_data(checkout, make):
    kept = checkout / ".local" / "kept" / "state" / "dynamodb.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch()
    done = make("clean")
    assert done.returncode == 0, done.stderr
    assert "the local AWS is not up" in done.stderr
    assert "make clean-data" in done.stdout
    assert [each.name for each in (checkout / ".local").iterdir()] == ["kept"]
    assert kept.exists()
    # What was shared is removed from this copy only.
    assert Path(sys.executable).exists()
