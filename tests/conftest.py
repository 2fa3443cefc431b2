"""What several folders of tests share: the project, deployed once onto a local AWS of the tests' own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# Before anything imports the CDK: the releases of Node whose end of life jsii does not shout about.
os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "18,20,22"

from local.deploy import Outputs
from local.lifecycle import local_aws


@pytest.fixture(scope="session", autouse=True)
def ends_in_order() -> Iterator[None]:
    """Make a SIGTERM and a closed terminal end the run as Ctrl-C does, so that no engine outlives it."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A local AWS with the project on it. Waits between retries shrink to nothing."""
    with local_aws(tmp_path_factory.mktemp("local-aws"), SFN_WAIT_SCALE="0") as outputs:
        yield outputs


@contextmanager
def paused(deployed: Outputs, function: str) -> Iterator[None]:
    """Let a stream's consumer, by the construct's name, wait; in the end it works on all at once.

    A function that is called for every single record takes two cores from what is tested.
    """
    client = deployed.client("lambda")
    mappings = client.list_event_source_mappings()["EventSourceMappings"]
    (uuid,) = (each["UUID"] for each in mappings if f"-{function}Function" in each["FunctionArn"])
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    yield
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
