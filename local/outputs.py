"""What a deployment hands out: where the embedded AWS listens and what was deployed into it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from local import clients
from local.environment import REGION, aws_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

FILE_NAME: Final = "outputs.json"

# The stacks' names for their outputs, and the variables in which `make env` exports them.
_NAMES: Final = {
    "UserChangeStateMachineArn": "USER_CHANGE_STATE_MACHINE_ARN",
    "UserChangeExpressStateMachineArn": "USER_CHANGE_EXPRESS_STATE_MACHINE_ARN",
    "UsersTableName": "USERS_TABLE_NAME",
    "LedgerTableName": "LEDGER_TABLE_NAME",
}


class OutputsError(Exception):
    """The outputs are missing, incomplete or no JSON."""


@dataclass(frozen=True)
class Outputs:
    """The endpoint, the region and the stacks' outputs of one running local AWS."""

    endpoint: str
    user_change_state_machine_arn: str
    user_change_express_state_machine_arn: str
    users_table_name: str
    ledger_table_name: str
    region: str = REGION

    @classmethod
    def from_stacks(cls, endpoint: str, outputs: Mapping[str, str], *, region: str = REGION) -> Outputs:
        """Build from the stack outputs by their names.

        Raises:
            OutputsError: a name is missing.
        """
        if missing := [name for name in _NAMES if name not in outputs]:
            raise OutputsError(f"the deployed stacks have no output {', '.join(missing)}")
        return cls(
            endpoint=endpoint,
            user_change_state_machine_arn=outputs["UserChangeStateMachineArn"],
            user_change_express_state_machine_arn=outputs["UserChangeExpressStateMachineArn"],
            users_table_name=outputs["UsersTableName"],
            ledger_table_name=outputs["LedgerTableName"],
            region=region,
        )

    @classmethod
    def read(cls, directory: Path) -> Outputs:
        """Read what `write` wrote.

        Raises:
            OutputsError: the file is missing, no JSON or incomplete.
        """
        path = directory / FILE_NAME
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls.from_stacks(found["endpoint"], found, region=found["region"])
        except (FileNotFoundError, ValueError, KeyError) as error:
            raise OutputsError(f"{path} is missing or damaged: {error!r}") from error

    def write(self, directory: Path) -> None:
        """Write `outputs.json` into `directory`, whole or not at all."""
        path = directory / FILE_NAME
        draft = path.with_suffix(".draft")
        document = {"endpoint": self.endpoint, "region": self.region, **self.by_name()}
        draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    def by_name(self) -> dict[str, str]:
        """Return the stack outputs under the names that the stacks give them."""
        values = (
            self.user_change_state_machine_arn,
            self.user_change_express_state_machine_arn,
            self.users_table_name,
            self.ledger_table_name,
        )
        return dict(zip(_NAMES, values, strict=True))

    def environment(self) -> dict[str, str]:
        """Return the variables for a person's shell: the AWS ones and one for each output."""
        named = {_NAMES[name]: value for name, value in self.by_name().items()}
        return {**aws_environment(self.endpoint), **named}

    def step_functions(self) -> SFNClient:
        """Return a Step Functions client of this local AWS."""
        return clients.step_functions(self.endpoint)

    def dynamodb(self) -> DynamoDBClient:
        """Return a DynamoDB client of this local AWS."""
        return clients.dynamodb(self.endpoint)
