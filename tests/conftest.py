"""What several folders of tests share: the project, deployed once onto a local AWS of the tests' own."""

from collections.abc import Iterator

import pytest

from local.__main__ import local_aws
from local.deploy import Outputs


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A local AWS with the project on it. Waits between retries shrink to nothing."""
    with local_aws(tmp_path_factory.mktemp("local-aws"), SFN_WAIT_SCALE="0") as outputs:
        yield outputs
