"""`make sfn-local`: the deployed machine created and run on a second endpoint."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.deploy import CHECKOUT, client
from local.step_functions_local import NAME, without_newer_fields

NEWER = ("JitterStrategy", "MaxDelaySeconds")


class Older(BaseHTTPRequestHandler):
    """A Step Functions from before September 2023: the local AWS behind a check of what it would refuse."""

    upstream = ""
    refuses = ()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unknown = [field for field in self.refuses if field in json.loads(body).get("definition", "")]
        if unknown:
            said = f"SCHEMA_VALIDATION_FAILED: Field is not supported. at /States/…/Retry[0]/{unknown[0]}"
            return self.answer(400, json.dumps({"__type": "InvalidDefinition", "message": said}).encode())
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        forwarded = urllib.request.Request(self.upstream, body, headers)
        try:
            with urllib.request.urlopen(forwarded) as reply:
                return self.answer(reply.status, reply.read())
        except urllib.error.HTTPError as error:
            return self.answer(error.code, error.read())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(params=[NEWER, ()], ids=["older", "current"])
def endpoint(deployed, request):
    handler = type("Endpoint", (Older,), {"upstream": deployed.endpoint, "refuses": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield handler, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def run_samples(endpoint, directory):
    """Do what `make sfn-local` does."""
    command = [sys.executable, "-m", "local.step_functions_local", endpoint, "--directory", str(directory)]
    environment = os.environ | {"PYTHONPATH": ".:lambdas"}
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def test_the_deployed_machine_runs_the_samples_on_another_endpoint(deployed, endpoint, tmp_path):
    handler, url = endpoint
    Path(tmp_path, "outputs.json").write_text(json.dumps(vars(deployed)))
    done = run_samples(url, tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("APPLIED") == 6
    assert done.stdout.count("REJECTED") == 4
    assert ("refuses the definition" in done.stderr) == bool(handler.refuses)
    states = client("stepfunctions", url)
    machines = {m["name"]: m["stateMachineArn"] for m in states.list_state_machines()["stateMachines"]}
    created = states.describe_state_machine(stateMachineArn=machines[NAME])["definition"]
    deployed_definition = states.describe_state_machine(stateMachineArn=deployed.UserChangeStateMachineArn)[
        "definition"
    ]
    if handler.refuses:
        assert json.loads(created) == json.loads(without_newer_fields(deployed_definition))
        assert not any(field in created for field in NEWER)
    else:
        assert created == deployed_definition


def test_only_the_newer_fields_of_a_retry_are_dropped():
    retrier = {"ErrorEquals": ["A"], "IntervalSeconds": 1, "BackoffRate": 2}
    newer = dict.fromkeys(NEWER, 1)
    machine = {"States": {"A": {"Retry": [retrier | newer], "Parameters": newer}, "B": {"Type": "Pass"}}}

    assert json.loads(without_newer_fields(json.dumps(machine))) == {
        "States": {"A": {"Retry": [retrier], "Parameters": newer}, "B": {"Type": "Pass"}}
    }


def test_an_endpoint_that_nobody_serves_gives_one_clear_line(deployed, tmp_path):
    Path(tmp_path, "outputs.json").write_text(json.dumps(vars(deployed)))
    done = run_samples("http://127.0.0.1:9", tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
