"""Where a stage is deployed: the local AWS of a checkout, or an AWS account."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

LOCAL = "local"
OUTPUTS = Path(".local") / "outputs.json"


class StageNotFound(Exception):  # noqa: N818 - what happened, not who is at fault
    """The stage is not deployed where it was looked for; the message says what to do next."""


@dataclass(frozen=True)
class Stage:
    """A deployed stage.

    Attributes:
        session: makes its AWS clients.
        outputs: the stacks' outputs by their names.
    """

    session: boto3.Session
    endpoint: str | None
    outputs: dict[str, str]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Make a client of an AWS service."""
        config = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 3})
        return self.session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]


def find_stage(name: str, profile: str | None = None, region: str | None = None) -> Stage:
    """Find a deployed stage.

    ``local`` is what `make up` wrote for this folder or one above it; its credentials are dummies, so that a
    real account is never asked by accident. Any other stage is looked up in CloudFormation.

    Raises:
        StageNotFound: it is not there.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: AWS cannot be asked.
    """
    if name == LOCAL:
        return _local_stage()
    session = boto3.Session(profile_name=profile, region_name=region)
    outputs: dict[str, str] = {}
    stacks = session.client("cloudformation").get_paginator("describe_stacks").paginate()
    for page in stacks:
        for stack in page["Stacks"]:
            if stack["StackName"].startswith(f"Registrar-{name}-"):
                outputs |= {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if "UsersTableName" not in outputs:
        where = session.region_name or "no region"
        message = (
            f"no stage {name!r} in {where}; deploy it, or name another with --stage, --profile or --region"
        )
        raise StageNotFound(message)
    return Stage(session, None, outputs)


def _local_stage() -> Stage:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / OUTPUTS).exists():
            outputs = json.loads((folder / OUTPUTS).read_text())
            session = boto3.Session("test", "test", region_name=outputs["region"])
            return Stage(session, outputs["endpoint"], outputs)
    raise StageNotFound("the local AWS is not up; start it with `make up`, or name a stage with --stage")
