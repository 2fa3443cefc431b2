"""`make up`, `make env`, `make down`, `make run` as a person uses them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from local.deploy import CHECKOUT

START = """
import boto3, json, os, time
states = boto3.client("stepfunctions")
actor = {"id": "me", "type": "user"}
request = json.dumps({"action": "create", "user_id": "kept", "attributes": {}, "actor": actor})
machine = os.environ["USER_CHANGE_STATE_MACHINE_ARN"]
execution = states.start_execution(stateMachineArn=machine, input=request)["executionArn"]
while (done := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
    time.sleep(0.05)
print(done["output"])
"""


def command(directory, name):
    return [sys.executable, "-m", "local", "--directory", str(directory), name]


def environment(**settings):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return clean | {"PYTHONPATH": ".:lambdas"} | settings


def local(directory, name, **settings):
    return subprocess.run(
        command(directory, name),
        cwd=CHECKOUT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
    )


def answers(endpoint):
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
            return True
    except OSError:
        return False


@pytest.mark.timeout(300)
def test_up_runs_until_down_and_keeps_data_when_asked(tmp_path):
    try:
        up = local(tmp_path, "up", KEEP="1")
        assert up.returncode == 0, up.stderr
        exports = dict(re.findall(r"export (\w+)=(\S+)", local(tmp_path, "env").stdout))
        # A shell with nothing but the exported lines: plain boto3 finds its way.
        first, second = (start(exports), start(exports))
        again = local(tmp_path, "up", KEEP="1")
        down = local(tmp_path, "down")
        gone = local(tmp_path, "env")

        assert exports["AWS_ENDPOINT_URL"] in up.stdout
        assert (first["outcome"], first["version"]) == ("APPLIED", 1)
        assert [error["code"] for error in second["errors"]] == ["user_exists"]
        assert "up already" in again.stderr
        assert (down.returncode, answers(exports["AWS_ENDPOINT_URL"])) == (0, False)
        assert (gone.returncode, gone.stdout) == (1, "")
        assert gone.stderr == "error: the local AWS is not up; start it with `make up`\n"

        assert local(tmp_path, "up", KEEP="1").returncode == 0
        exports = dict(re.findall(r"export (\w+)=(\S+)", local(tmp_path, "env").stdout))
        assert [error["code"] for error in start(exports)["errors"]] == ["user_exists"]
    finally:
        local(tmp_path, "down")


def start(exports):
    """Start a change with boto3's defaults; return its answer."""
    done = subprocess.run(
        [sys.executable, "-c", START],
        env=environment(**exports),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_start_that_fails_says_why_and_where_the_log_is(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        up = local(tmp_path, "up", PORT=port)

    assert up.returncode == 1
    assert port in up.stderr
    assert up.stderr.startswith("error: ")
    assert "Traceback" not in up.stderr


def test_an_interrupt_stops_everything_that_was_started(tmp_path):
    process = subprocess.Popen(
        command(tmp_path, "run"),
        cwd=CHECKOUT,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    endpoint = re.search(r"http://\S+(?=;)", process.stderr.readline())[0]
    assert answers(endpoint)
    time.sleep(3)  # in the midst of the deployment
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]

    assert process.returncode == 130
    assert "stopped" in said
    assert not answers(endpoint)
