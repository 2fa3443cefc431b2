"""Pointing a shell at the local AWS, and restoring it."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from local import shell
from local.deploy import Outputs
from registrar_client.stage import StageNotFound, find_stage
from tests.local.checkout import environment

OUTPUTS = Outputs(
    **dict.fromkeys(Outputs.__dataclass_fields__, "it's")
    | {"endpoint": "http://127.0.0.1:9", "region": "us-east-1"}
)
OWN = {
    "AWS_PROFILE": "it's $HOME's \"own\"",
    "AWS_SESSION_TOKEN": "secret\nof two lines",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_PAGER": "less",
    "REGISTRAR_URL": "https://example.com",
}


def run(which: str, environment: dict[str, str], *lines: str) -> list[dict[str, str]]:
    """Run lines in a shell; return the environment that a program gets after each."""
    script = "\n".join(f"{each}\nenv -0; printf '\\001'" for each in lines)
    done = subprocess.run([which, "-uc", script], env=environment, capture_output=True, text=True, check=True)
    seen = [
        dict(each.split("=", 1) for each in part.split("\0") if each)
        for part in done.stdout.split("\001")[:-1]
    ]
    # Without what the shell itself changes.
    return [{name: value for name, value in each.items() if name not in {"_", "SHLVL"}} for each in seen]


@pytest.mark.parametrize("which", [each for each in ("sh", "bash", "zsh", "dash") if shutil.which(each)])
def test_a_shell_enters_the_local_aws_and_comes_back_as_it_was(tmp_path, monkeypatch, which):
    def within(environment, lines):
        monkeypatch.setattr(os, "environ", environment)
        return lines()

    def entering():
        return shell.entering(shell.variables(OUTPUTS, tmp_path))

    own = environment(**OWN)
    first = within(own, entering)
    (inside,) = run(which, own, first)
    second, leaving = within(inside, entering), within(inside, shell.leaving)
    before, inside, twice, after = run(which, own, ":", first, second, leaving)
    assert within(after, shell.leaving) == ""

    aws = {name: value for name, value in inside.items() if name.startswith("AWS_")}
    assert aws["AWS_ENDPOINT_URL"] == OUTPUTS.endpoint
    assert aws["AWS_ACCESS_KEY_ID"] == "test"
    assert aws["AWS_PAGER"] == "less"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_DYNAMODB"} & set(aws)
    assert (inside["API_URL"], inside["REGISTRAR_OUTPUTS"]) == ("it's", str(tmp_path / "outputs.json"))
    assert "REGISTRAR_URL" not in inside
    # No secret of the user's shell is in a program's environment.
    assert not any("secret" in value for value in inside.values())
    assert twice == inside
    assert after == before


def test_a_sub_shell_talks_to_the_local_aws_and_knows_nothing_of_make(tmp_path, monkeypatch):
    for name, value in {**OWN, "MAKELEVEL": "1", "PYTHONPATH": ".", "SHELL": str(tmp_path / "sh")}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "sh").write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    (tmp_path / "sh").chmod(0o755)
    shell.open_shell(shell.variables(OUTPUTS, tmp_path))
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert seen["AWS_ENDPOINT_URL"] == OUTPUTS.endpoint
    assert seen["PATH"].startswith(str(Path(sys.executable).parent))
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "MAKELEVEL", "PYTHONPATH", "REGISTRAR_URL"} & set(seen)


@pytest.fixture
def listener():
    with socket.socket() as open_socket:
        open_socket.bind(("127.0.0.1", 0))
        open_socket.listen()
        yield f"http://127.0.0.1:{open_socket.getsockname()[1]}"


def test_the_local_stage_is_found_from_any_folder_whatever_profile_the_shell_has(
    tmp_path, monkeypatch, listener
):
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(vars(OUTPUTS) | {"endpoint": listener}))
    monkeypatch.chdir("/")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("REGISTRAR_OUTPUTS", str(outputs))
    stage = find_stage("local")
    assert stage.endpoint == listener
    assert stage.client("dynamodb").meta.endpoint_url == listener
    assert stage.session.get_credentials().access_key == "test"


def test_outputs_that_a_crash_has_left_are_not_a_stage(tmp_path, monkeypatch):
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(vars(OUTPUTS)))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StageNotFound, match="start it with `make up`"):
        find_stage("local")


def test_a_stage_on_aws_is_refused_in_a_shell_of_the_local_aws(tmp_path, monkeypatch):
    for name, value in shell.variables(OUTPUTS, tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StageNotFound, match="make -s env-off"):
        find_stage("dev", region="eu-central-1")


def stacks(monkeypatch, *answers):
    """Stub CloudFormation's answers for stacks by name, in this order."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "REGISTRAR_"))]:
        monkeypatch.delenv(name)
    cloudformation = boto3.Session("test", "test", region_name="eu-central-1").client("cloudformation")
    stubber = Stubber(cloudformation)
    for name, outputs in answers:
        if outputs is None:
            stubber.add_client_error(
                "describe_stacks", "ValidationError", expected_params={"StackName": name}
            )
            continue
        stack = {
            "StackName": name,
            "CreationTime": "2030-01-01T00:00:00Z",
            "StackStatus": "UPDATE_COMPLETE",
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        }
        stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": name})
    stubber.activate()
    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: cloudformation)
    return stubber


def test_a_stage_on_aws_is_found_by_the_names_of_its_two_stacks(monkeypatch):
    data, workflow = {"UsersTableName": "users"}, {"ApiUrl": "https://api.example.com"}
    asked = stacks(monkeypatch, ("Registrar-dev-Data", data), ("Registrar-dev-Workflow", workflow))
    stage = find_stage("dev", region="eu-central-1")
    assert (stage.endpoint, stage.outputs) == (None, data | workflow)
    asked.assert_no_pending_responses()


def test_a_stage_that_is_not_deployed_is_not_found(monkeypatch):
    stacks(monkeypatch, ("Registrar-qa-Data", None), ("Registrar-qa-Workflow", None))
    with pytest.raises(StageNotFound, match="no stage 'qa' in eu-central-1"):
        find_stage("qa", region="eu-central-1")
