"""A Lambda runtime for tests: it runs the deployed code and injects planned faults.

Every invocation gets a process of its own, forked from one that has imported the code: a death is as real as
on Lambda and costs no cold start. The service is told of it as Lambda itself tells, ``Runtime.ExitError``.

``FAULTS`` names a folder. ``<change_id>.json`` there is a change's plan (see ``Fault``); each process adds
the AWS calls it makes to ``<change_id>.calls`` and its death to ``<change_id>.deaths``.
"""

import http.client
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

INVOKE: Final = "Invoke"
"""The call before all others: the invocation itself."""

API: Final = "/2018-06-01/runtime/invocation"


@dataclass(frozen=True)
class Fault:
    """What goes wrong around a call.

    Attributes:
        step: the module of the handler.
        call: which of the calls of an invocation; 0 is the invocation itself.
        side: ``before`` the request is sent, or ``after`` the service has answered, unseen by the code.
        effect: ``death`` ends the process, ``lost`` breaks the connection, ``hang`` does so after a while;
            else a service's error code.
        times: how often it happens to the change; then all goes well.
    """

    step: str
    call: int
    side: str
    effect: str = "death"
    times: int = 1


class Journal:
    """What happens to a change, in files: its processes write, the test reads."""

    def __init__(self, folder: Path, change_id: str) -> None:
        self._file = folder / change_id

    def plan(self, fault: Fault) -> None:
        """Let a fault happen to the change."""
        self._file.with_suffix(".json").write_text(json.dumps(asdict(fault)))

    def fault(self) -> Fault | None:
        """Return the change's fault, None when all goes well."""
        file = self._file.with_suffix(".json")
        return Fault(**json.loads(file.read_text())) if file.exists() else None

    def clear(self) -> None:
        """Forget all, and let all go well from now on."""
        for suffix in (".json", ".calls", ".faults"):
            self._file.with_suffix(suffix).unlink(missing_ok=True)

    def note_call(self, step: str, call: int, operation: str) -> None:
        """Note that a process makes a call."""
        with self._file.with_suffix(".calls").open("a") as calls:
            calls.write(json.dumps([step, call, operation]) + "\n")

    def calls(self) -> list[tuple[str, int, str]]:
        """Return all calls so far, in order."""
        return [tuple(json.loads(line)) for line in self._file.with_suffix(".calls").open()]

    def note_fault(self, fault: Fault) -> bool:
        """Note that a fault happens; tell whether it does, and has not been often enough."""
        with self._file.with_suffix(".faults").open("a") as faults:
            if faults.tell() >= fault.times:
                return False
            faults.write("x")
            return True

    def faults(self) -> int:
        """Return how often the fault has happened."""
        file = self._file.with_suffix(".faults")
        return file.stat().st_size if file.exists() else 0


def change_of(event: dict[str, Any]) -> str:
    """Return the change_id, or the import_id, that a step's event is about."""
    if "import_id" in event:
        return str(event["import_id"])
    return (event.get("request") or event.get("record") or event)["change_id"]


class Watch:
    """Notes each call of this process, and lets the planned fault happen."""

    def __init__(self, step: str, journal: Journal) -> None:
        self._step = step
        self._journal = journal
        self._fault = journal.fault()
        self._call = 0

    def over(self, clients: Sequence[Any]) -> None:
        """Watch the calls of clients from the invocation on; a step without one has the invocation alone."""
        self._journal.note_call(self._step, self._call, INVOKE)
        self._strike("before")
        for client in clients:
            client.meta.events.register("before-send.dynamodb", self._before)
            client.meta.events.register("response-received.dynamodb", self._after)

    def _before(self, request: Any, **_kwargs: Any) -> AWSResponse | None:
        self._call += 1
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        self._journal.note_call(self._step, self._call, operation)
        return self._strike("before")

    def _after(self, **_kwargs: Any) -> None:
        self._strike("after")

    def _strike(self, side: str) -> AWSResponse | None:
        fault = self._fault
        if not fault or (fault.step, fault.side) != (self._step, side):
            return None
        # A death is met at one call; another fault stays for the retries within the process.
        met = self._call == fault.call if fault.effect == "death" else self._call >= fault.call
        if not met or not self._journal.note_fault(fault):
            return None
        if fault.effect == "death":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.effect == "hang":
            time.sleep(5)
        if fault.effect in ("lost", "hang"):
            raise ConnectionClosedError(endpoint_url="…")
        return error_response(fault.effect)


def error_response(code: str) -> AWSResponse:
    """Return an error as DynamoDB sends it; ``TransactionConflict`` is the reason of a cancellation."""
    content: dict[str, Any] = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "planned"}
    if code == "TransactionConflict":
        content["__type"] = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
        content["CancellationReasons"] = [{"Code": code}]
    response = AWSResponse("http://localhost", 400, {}, None)
    response._content = json.dumps(content).encode()  # noqa: SLF001 - as botocore's own stubs do
    return response


def imported(name: str) -> tuple[Any, list[Any]]:
    """Import a function's module; return it with the clients that it has made."""
    aws: Any = importlib.import_module("registrar.adapters.aws")
    make, made = aws.client, []

    def client(service: str, **options: Any) -> Any:
        made.append(make(service, **options))
        return made[-1]

    aws.client = client
    return importlib.import_module(name), made


def invoke(module: Any, clients: Sequence[Any], event: dict[str, Any], journal: Journal) -> tuple[str, Any]:
    """Run the handler; return where the answer goes to, and the answer."""
    try:
        Watch(module.__name__.rpartition(".")[2], journal).over(clients)
        return "response", module.handler(event, None)
    except Exception as error:  # noqa: BLE001 - a runtime reports whatever its handler raises
        traceback.print_exc()
        return "error", {"errorMessage": str(error), "errorType": type(error).__name__}


def main() -> None:
    """Serve invocations until the service ends this process."""
    sys.path.insert(0, str(Path.cwd()))
    module, clients = imported(os.environ["_HANDLER"].rpartition(".")[0])
    while True:
        headers, body = call("GET", f"{API}/next")
        invocation = f"{API}/{headers['Lambda-Runtime-Aws-Request-Id']}"
        event = json.loads(body)
        child = os.fork()
        if child == 0:
            way, answer = invoke(
                module, clients, event, Journal(Path(os.environ["FAULTS"]), change_of(event))
            )
            call("POST", f"{invocation}/{way}", answer)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            death = {"errorMessage": "the process ended", "errorType": "Runtime.ExitError"}
            call("POST", f"{invocation}/error", death)


def call(method: str, path: str, content: Any = None) -> tuple[Any, bytes]:
    """Send a request to Lambda's runtime API; return the headers and the body of its answer."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    headers = {"Lambda-Runtime-Function-Error-Type": content["errorType"]} if path.endswith("error") else {}
    connection.request(method, path, None if content is None else json.dumps(content), headers)
    with connection.getresponse() as answer:
        return answer.headers, answer.read()


if __name__ == "__main__":
    main()
