"""Clients of AWS services, made fast: on Lambda the first client is most of a cold start."""

import os
import random
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    # botocore draws the pauses of its own retries from Python's generator, whose state is in the snapshot.
    # The library is a part of Lambda's runtime, and is needed nowhere else.
    # https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    from snapshot_restore_py import register_after_restore  # type: ignore[import-untyped]

    register_after_restore(random.seed)


class _OneService(Loader):
    """A loader of botocore's models that does not look through all services to find its one."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
        """Return the service, instead of the names of four hundred folders."""
        return [self._service]


def client(
    service: str,
    *,
    read_timeout: float,
    attempts: int,
    **more: Any,  # noqa: ANN401 - of Config
) -> Any:  # noqa: ANN401 - botocore makes its clients at run time
    """Make a botocore client without a boto3 session, whose import slows the cold start.

    Region, credentials and endpoint come from the environment. A connection is given up after a second.

    Args:
        service: its name in botocore.
        read_timeout: how long to wait for an answer, in seconds.
        attempts: how often botocore sends a request at most.
        more: further options of ``botocore.config.Config``.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        **more,
    )
    session = botocore.session.get_session()
    session.register_component("data_loader", _OneService(service))
    return session.create_client(service, config=config)
