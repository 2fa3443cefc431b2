"""What several folders of tests share: the project, deployed once onto a local AWS of the tests' own."""

import signal
from collections.abc import Iterator

import pytest

from local.__main__ import local_aws
from local.deploy import Outputs


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares an engine or a deployment on one of the workers: to start it takes long."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        shared = "deployed" if "deployed" in fixtures else "engine" if "endpoint" in fixtures else None
        item.add_marker(pytest.mark.xdist_group(shared or str(item.path.relative_to(item.config.rootpath))))


@pytest.fixture(scope="session", autouse=True)
def ends_in_order() -> Iterator[None]:
    """Make a SIGTERM end the run as Ctrl-C does, so that no engine outlives it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A local AWS with the project on it. Waits between retries shrink to nothing."""
    with local_aws(tmp_path_factory.mktemp("local-aws"), SFN_WAIT_SCALE="0") as outputs:
        yield outputs
