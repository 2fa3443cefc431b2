"""Every stage is synthesized once, in this process, with cdk-nag looking on."""

from collections.abc import Mapping

import pytest
from aws_cdk import Validations

from infra.settings import STAGES, stage_settings
from tests.infra.synthesized import Stage, synthesize


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Stage]:
    """Every stage by its name."""
    return {name: synthesize(stage_settings(name), tmp_path_factory.mktemp(name)) for name in STAGES}


@pytest.fixture(scope="session", params=list(STAGES))
def stage(request: pytest.FixtureRequest, stages: Mapping[str, Stage]) -> Stage:
    """Each stage in turn."""
    return stages[request.param]


@pytest.fixture(scope="session")
def unacknowledged(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage `dev` with every acknowledgement left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Validations, "acknowledge", lambda *_: None)
        return synthesize(stage_settings("dev"), tmp_path_factory.mktemp("unacknowledged"))
