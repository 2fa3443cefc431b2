"""Finds a deployed stage: on the local AWS of a checkout, or in an AWS account."""

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
OUTPUTS = "outputs.json"
"""The file with the outputs of the local AWS, in the folder `.local` of its checkout."""
OUTPUTS_VARIABLE = "REGISTRAR_OUTPUTS"
"""The environment variable with the path of these outputs, so that they are found from any folder."""
STACKS = ("Data", "Workflow")
NOT_UP = "the local AWS is not up: start it with `make up`"


class StageNotFound(Exception):  # noqa: N818 - what happened
    """The stage is not deployed there; the message says what to do."""


@dataclass(frozen=True)
class Stage:
    """A deployed stage.

    Attributes:
        session: makes its AWS clients.
        endpoint: the URL of the local AWS; None on AWS.
        outputs: the outputs of its stacks, by name.
    """

    session: boto3.Session
    endpoint: str | None
    outputs: dict[str, str]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Make a client for an AWS service."""
        config = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 3})
        return self.session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]


def find_stage(name: str, profile: str | None = None, region: str | None = None) -> Stage:
    """Find a deployed stage.

    ``local`` is read from the file that `make up` wrote: the one that ``REGISTRAR_OUTPUTS`` names, else the
    one in this folder or a folder above it. Its credentials are dummies, so that a real account is never used
    by accident. Any other stage is looked up in CloudFormation, by the names of its two stacks.

    Raises:
        StageNotFound: it is not deployed, or this shell's AWS variables point to the local AWS.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: CloudFormation cannot be read.
    """
    if name == LOCAL:
        return _local_stage()
    if OUTPUTS_VARIABLE in os.environ and "AWS_ENDPOINT_URL" in os.environ:
        message = (
            "this shell is set to the local AWS, with dummy credentials: leave it with"
            f' `eval "$(make -s env-off)"` (or `exit` in a `make shell`), then use stage {name!r} again'
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
            f"no stage {name!r} in {where}: deploy it, or name another with --stage, --profile or --region"
        )
        raise StageNotFound(message)
    return Stage(session, None, outputs)


def local_session(region: str) -> boto3.Session:
    """Make a session with dummy credentials, which reads no AWS profile and no file of the user."""
    own = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session("test", "test", region_name=region, botocore_session=own)


def _outputs(client: Any, stack: str) -> dict[str, str]:  # noqa: ANN401 - boto3 makes its clients at run time
    """Read a stack's outputs; a stack that does not exist has none."""
    try:
        (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        # CloudFormation's code for the name of no stack, and for an invalid name.
        if error.response["Error"]["Code"] == "ValidationError":
            return {}
        raise
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def _local_stage() -> Stage:
    file = _outputs_file()
    outputs = json.loads(file.read_text()) if file else None
    if outputs is None or not _listens(outputs["endpoint"]):
        raise StageNotFound(f"{NOT_UP}, or name a stage with --stage")
    return Stage(local_session(outputs["region"]), outputs["endpoint"], outputs)


def _outputs_file() -> Path | None:
    named = os.environ.get(OUTPUTS_VARIABLE)
    here = Path.cwd()
    files = [Path(named)] if named else [folder / ".local" / OUTPUTS for folder in (here, *here.parents)]
    return next((file for file in files if file.exists()), None)


def _listens(endpoint: str) -> bool:
    """Return whether a server listens: an engine that crashed leaves its outputs behind."""
    address = urlsplit(endpoint)
    try:
        socket.create_connection((address.hostname or "", address.port or 80), timeout=5).close()
    except OSError as error:
        # Any other failure is that of a slow server.
        return not isinstance(error, ConnectionRefusedError)
    return True
