"""`python -m local.step_functions_local ENDPOINT`: run the deployed state machine on another Step Functions.

Intended for Step Functions Local in Docker (see `compose.yaml`), which calls the functions of the local AWS.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.demo import report_console, send
from local.deploy import Outputs, client
from local.errors import LocalAwsError
from local.lifecycle import outputs_of
from local.ministack import CHECKOUT
from local.say import fail, say

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NAME: Final = "UserChange"
ROLE: Final = "arn:aws:iam::123456789012:role/StepFunctionsLocal"
NEWER_FIELDS: Final = ("JitterStrategy", "MaxDelaySeconds")
"""Fields of a Retry that AWS added in September 2023; Step Functions Local refuses unknown fields."""


def create(target: "SFNClient", definition: str) -> str:
    """Create the machine on `target`, or update it there; return its ARN.

    If the target refuses the definition, print that and create it without the newer fields of Retry.
    """
    try:
        return _put(target, definition)
    except (target.exceptions.InvalidDefinition, target.exceptions.ValidationException) as refused:
        say(
            f"the endpoint refuses the definition; trying without {' and '.join(NEWER_FIELDS)} in its Retry"
            f" ({refused.response['Error'].get('Message', '')})"
        )
        return _put(target, without_newer_fields(definition))


def without_newer_fields(definition: str) -> str:
    """Return the definition without the newer fields of every Retry, and otherwise the same."""
    machine = json.loads(definition)
    for state in machine["States"].values():
        for retrier in state.get("Retry", []):
            for field in NEWER_FIELDS:
                retrier.pop(field, None)
    return json.dumps(machine)


def _put(target: "SFNClient", definition: str) -> str:
    machines: list[Any] = target.list_state_machines()["stateMachines"]
    for machine in machines:
        if machine["name"] == NAME:
            arn: str = machine["stateMachineArn"]
            target.update_state_machine(stateMachineArn=arn, definition=definition)
            return arn
    return target.create_state_machine(name=NAME, definition=definition, roleArn=ROLE)["stateMachineArn"]


def run(outputs: Outputs, endpoint: str, samples: Path) -> None:
    """Create the machine of the local AWS on `endpoint`, and run the samples there."""
    deployed = outputs.client("stepfunctions")
    machine = deployed.describe_state_machine(stateMachineArn=outputs.UserChangeStateMachineArn)
    target = client("stepfunctions", endpoint)
    report_console().print(send(target, create(target, machine["definition"]), samples))


def main() -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.step_functions_local", description=__doc__)
    parser.add_argument("endpoint", help="a Step Functions endpoint, such as http://127.0.0.1:8083")
    parser.add_argument(
        "--directory", type=Path, default=CHECKOUT / ".local", help="the files of the local AWS"
    )
    arguments = parser.parse_args()
    try:
        run(outputs_of(arguments.directory), arguments.endpoint, CHECKOUT / "samples")
    except (LocalAwsError, BotoCoreError, ClientError) as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
