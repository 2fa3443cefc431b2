"""The state machine in this process: the four handlers, called as the deployed definition says."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

DEFINITION: Final = Path(__file__).parents[2] / "statemachines" / "user_change.asl.json"
STATES: Final[dict[str, Any]] = json.loads(DEFINITION.read_text(encoding="utf-8"))["States"]
FIRST: Final = "ValidateChange"
Handler = Callable[[Any, object], Any]
STEPS: Final = {
    "${ValidateChangeFunctionArn}": "validate_change",
    "${WriteChangeFunctionArn}": "write_change",
    "${AuditChangeFunctionArn}": "audit_change",
    "${AuditRejectionFunctionArn}": "audit_rejection",
}


class ExecutionFailedError(Exception):
    """The execution failed; its cause is the error that no state retried or caught."""


def step(name: str) -> Any:
    """Return the module of a step; it makes its client as it is imported, from the environment of then."""
    return import_module(f"registrar.handlers.{name}")


def once(handler: Handler, event: Any) -> Any:
    """Deliver an event to its function."""
    return handler(event, None)


def execute(request: Any, name: str | None = None, deliver: Callable[[Handler, Any], Any] = once) -> Any:
    """Run one execution and return its output; ``deliver`` calls each handler with its event.

    Raises:
        ExecutionFailedError: where Step Functions would end the execution as FAILED.
    """
    scope = {"Execution": {"Input": request, "Name": name or uuid4().hex}}
    state_name, data = FIRST, request
    while True:
        state = STATES[state_name]
        try:
            data = _call(state, _parameters(state, data, scope), deliver)
        except Exception as error:
            catchers = [c for c in state.get("Catch", ()) if type(error).__name__ in c["ErrorEquals"]]
            if not catchers:
                raise ExecutionFailedError(state_name) from error
            data = {"Cause": json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})}
            state_name = catchers[0]["Next"]
            continue
        if state.get("End"):
            return data
        state_name = state["Next"]


def _call(state: dict[str, Any], event: Any, deliver: Callable[[Handler, Any], Any]) -> Any:
    """Call a state's function, JSON in and JSON out, as often as its Retry says, without the waits."""
    (retry,) = state["Retry"]
    for attempt in range(retry["MaxAttempts"] + 1):
        try:
            return _json(deliver(step(STEPS[state["Resource"]]).handler, _json(event)))
        except Exception as error:
            if type(error).__name__ not in retry["ErrorEquals"] or attempt == retry["MaxAttempts"]:
                raise
    raise AssertionError


def _parameters(state: dict[str, Any], data: Any, scope: Mapping[str, Any]) -> Any:
    if "Parameters" not in state:
        return data
    return {key.removesuffix(".$"): _at(path, data, scope) for key, path in state["Parameters"].items()}


def _at(path: str, data: Any, scope: Mapping[str, Any]) -> Any:
    root, *names = path.split(".")
    found: Any = scope if root == "$$" else data
    for each in names:
        found = found[each]
    return found


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value))
