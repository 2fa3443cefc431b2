"""Where a stage is deployed: the local AWS of a checkout, or an AWS account."""

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

LOCAL = "local"
OUTPUTS = Path(".local") / "outputs.json"
OUTPUTS_VARIABLE = "REGISTRAR_OUTPUTS"
"""Names the outputs of the local AWS that a shell talks to, so that it is found from any folder."""
STACKS = ("Data", "Workflow")
NOT_UP = "the local AWS is not up; start it with `make up`, or name a stage with --stage"


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

    ``local`` is what `make up` wrote: the file that ``REGISTRAR_OUTPUTS`` names, else the one of this folder
    or one above it. Its credentials are dummies, so that a real account is never asked by accident. Any other
    stage is looked up in CloudFormation, by the names of its two stacks.

    Raises:
        StageNotFound: it is not there, or this shell's AWS variables are those of the local AWS.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: AWS cannot be asked.
    """
    if name == LOCAL:
        return _local_stage()
    if OUTPUTS_VARIABLE in os.environ and "AWS_ENDPOINT_URL" in os.environ:
        message = (
            "this shell asks the local AWS, with dummy credentials: leave it with"
            f' `eval "$(make -s env-off)"` (or `exit` in a `make shell`), then ask for stage {name!r} again'
        )
        raise StageNotFound(message)
    session = boto3.Session(profile_name=profile, region_name=region)
    client = session.client("cloudformation")
    outputs: dict[str, str] = {}
    for part in STACKS:
        outputs |= _outputs(client, f"Registrar-{name}-{part}")
    if "UsersTableName" not in outputs:
        where = session.region_name or "no region"
        message = (
            f"no stage {name!r} in {where}; deploy it, or name another with --stage, --profile or --region"
        )
        raise StageNotFound(message)
    return Stage(session, None, outputs)


def local_session(region: str) -> boto3.Session:
    """Make a session of dummy credentials, which reads no profile and no file of this machine's owner."""
    own = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session("test", "test", region_name=region, botocore_session=own)


def _outputs(client: Any, stack: str) -> dict[str, str]:  # noqa: ANN401 - boto3 makes its clients at run time
    """Read a stack's outputs, none of a stack that is not there."""
    try:
        (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        # CloudFormation's code for a name that no stack has, or none can have.
        if error.response["Error"]["Code"] == "ValidationError":
            return {}
        raise
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def _local_stage() -> Stage:
    file = _outputs_file()
    if file is None:
        raise StageNotFound(NOT_UP)
    outputs = json.loads(file.read_text())
    if not _listens(outputs["endpoint"]):
        raise StageNotFound(NOT_UP)
    return Stage(local_session(outputs["region"]), outputs["endpoint"], outputs)


def _outputs_file() -> Path | None:
    named = os.environ.get(OUTPUTS_VARIABLE)
    here = Path.cwd()
    files = [Path(named)] if named else [folder / OUTPUTS for folder in (here, *here.parents)]
    return next((file for file in files if file.exists()), None)


def _listens(endpoint: str) -> bool:
    """Tell whether anybody is there: an engine that crashed has left its outputs behind."""
    address = urlsplit(endpoint)
    try:
        socket.create_connection((address.hostname or "", address.port or 80), timeout=5).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        # It is there, and slow.
        return True
    return True
