"""Starts executions and reads their status."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from registrar.adapters import aws
from registrar.adapters.faults import transient_faults
from registrar.domain.errors import TransientFault

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

ANSWER_SECONDS: Final = 25
"""How long a caller waits for a change; API Gateway gives up after 30 seconds."""


def make_client() -> "SFNClient":
    """Make a function's client. A call is made once: the caller retries with the same change."""
    made: SFNClient = aws.client("stepfunctions", read_timeout=ANSWER_SECONDS, attempts=1)
    return made


INPUT_BYTES_MAX: Final = 240 * 1024
"""Step Functions takes 256 KiB (UTF-8), and the input of a step has the execution's name beside the request.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""


class InputTooLarge(Exception):  # noqa: N818 - what the request is
    """A request that no execution can take; nothing was started."""


@dataclass(frozen=True)
class Execution:
    """An execution: its status as Step Functions names it, and its input as it was sent, JSON text."""

    status: str
    input: str


class Executions:
    """Executions of a state machine that is deployed as EXPRESS (synchronous) and STANDARD (asynchronous).

    Args:
        client: of Step Functions.
        standard: the ARN of the STANDARD machine.
        express: the ARN of the EXPRESS machine; an import has none.
    """

    def __init__(self, client: "SFNClient", standard: str, express: str = "") -> None:
        self._client = client
        self._express = express
        self._standard = standard

    def answer(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run a change and return its answer, with one call and no polling.

        Raises:
            InputTooLarge: the request has more bytes than an execution takes.
            TransientFault: it has not been answered; the same change may be tried again.
        """
        text = _input_of(request)
        with transient_faults():
            done = self._client.start_sync_execution(stateMachineArn=self._express, name=name, input=text)
        if done["status"] != "SUCCEEDED":
            raise TransientFault(f"the execution has {done['status']}")
        answer: dict[str, Any] = json.loads(done["output"])
        return answer

    def start(self, name: str, request: dict[str, Any]) -> bool:
        """Start a change; False when the name is taken, so that a change of this id was started before.

        Raises:
            InputTooLarge: the request has more bytes than an execution takes.
            TransientFault: throttled or not reached; try again.
        """
        text = _input_of(request)
        try:
            with transient_faults():
                self._client.start_execution(stateMachineArn=self._standard, name=name, input=text)
        except self._client.exceptions.ExecutionAlreadyExists:
            return False
        return True

    def find(self, name: str) -> Execution | None:
        """Return the STANDARD execution with this name, None when there is none.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        arn = f"{self._standard.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            with transient_faults():
                found = self._client.describe_execution(executionArn=arn)
        except self._client.exceptions.ExecutionDoesNotExist:
            return None
        return Execution(found["status"], found["input"])


def _input_of(request: dict[str, Any]) -> str:
    # UTF-8 is shorter than JSON escapes; only lone surrogates are escaped.
    text = json.dumps(request, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    sent = text.encode("utf-8", "backslashreplace")
    if len(sent) > INPUT_BYTES_MAX:
        raise InputTooLarge(f"{len(sent)} bytes")
    return sent.decode()
