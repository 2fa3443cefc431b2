"""boto3 clients of a local endpoint, with dummy credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

from local.environment import REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

# inject_host_prefix: StartSyncExecution would call sync-127.0.0.1, a name that resolves nowhere.
_CONFIG: Final = Config(inject_host_prefix=False, max_pool_connections=32)
# A session of its own: the person's profile, named in AWS_PROFILE, need not exist and is never used.
_SESSION: Final = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106  dummies


def step_functions(endpoint: str) -> SFNClient:
    """Return a Step Functions client of `endpoint`."""
    return _SESSION.client("stepfunctions", endpoint_url=endpoint, config=_CONFIG)


def dynamodb(endpoint: str) -> DynamoDBClient:
    """Return a DynamoDB client of `endpoint`."""
    return _SESSION.client("dynamodb", endpoint_url=endpoint, config=_CONFIG)
