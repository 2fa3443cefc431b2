"""`python -m local.step_functions_local ENDPOINT`: the deployed machine on another Step Functions.

Made for Amazon's Step Functions Local in Docker (see `compose.yaml`), whose Lambda endpoint is the local AWS.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.demo import report_console, send
from local.deploy import Outputs, client
from local.lifecycle import outputs_of
from local.ministack import CHECKOUT, LocalAwsError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NAME: Final = "UserChange"
ROLE: Final = "arn:aws:iam::123456789012:role/StepFunctionsLocal"
NEWER_FIELDS: Final = ("JitterStrategy", "MaxDelaySeconds")
"""Fields of a Retry that came in September 2023; Step Functions Local refuses what it does not know."""


def create(target: "SFNClient", definition: str) -> str:
    """Create the machine on `target`, or update it there; return its ARN.

    A target that refuses the definition gets it without the newer fields of Retry, which stderr is told.
    """
    try:
        return _put(target, definition)
    except (target.exceptions.InvalidDefinition, target.exceptions.ValidationException) as refused:
        print(
            f"the endpoint refuses the definition; trying without {' and '.join(NEWER_FIELDS)} in its Retry"
            f" ({refused.response['Error'].get('Message', '')})",
            file=sys.stderr,
        )
        return _put(target, without_newer_fields(definition))


def without_newer_fields(definition: str) -> str:
    """Drop the newer fields from every Retry of a definition and change nothing else."""
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
    """Create the machine that is deployed on the local AWS on `endpoint` too and run the samples there."""
    deployed = outputs.client("stepfunctions")
    definition = deployed.describe_state_machine(stateMachineArn=outputs.UserChangeStateMachineArn)[
        "definition"
    ]
    target = client("stepfunctions", endpoint)
    report_console().print(send(target, create(target, definition), samples))


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
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # Another endpoint named in the shell must not win over the one that was asked for.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    sys.exit(main())
