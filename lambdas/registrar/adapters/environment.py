"""The environment variables that infra gives a function."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Environment:
    """A function's resources; a variable that the function does not have is an empty string.

    Attributes:
        users_table: name of the Users table.
        ledger_table: name of the Ledger table.
        counters_table: name of the Counters table.
        event_bus: name of the EventBridge bus.
        express_machine: ARN of the state machine of a change, EXPRESS.
        standard_machine: ARN of the same, STANDARD.
        import_machine: ARN of the state machine of an import.
        import_bucket: name of the import bucket.
        grace_seconds: how long the guard leaves a change to its own execution.
    """

    users_table: str = ""
    ledger_table: str = ""
    counters_table: str = ""
    event_bus: str = ""
    express_machine: str = ""
    standard_machine: str = ""
    import_machine: str = ""
    import_bucket: str = ""
    grace_seconds: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read the variables: ``USERS_TABLE`` and so on."""
        return cls(**{each.name: variables.get(each.name.upper(), "") for each in fields(cls)})
