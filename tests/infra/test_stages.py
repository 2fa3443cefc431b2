"""The stages side by side: they differ in what their settings say and in nothing else."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from aws_cdk import App

import app
from infra.settings import STAGES, SettingsError, stage_settings
from tests.infra.synthesized import (
    CONSUMERS,
    FUNCTIONS,
    IMPORT_STEPS,
    MACHINES,
    STACKS,
    Stage,
    path_of,
    synthesize,
)

OUTPUTS = {
    "UserChangeStateMachineArn": "UserChange/StateMachine",
    "UserChangeExpressStateMachineArn": "UserChangeExpress/StateMachine",
    "ImportUsersStateMachineArn": "ImportUsers/Machine/StateMachine",
    "ImportBucketName": "Imports/Bucket",
    "UsersTableName": "Users/Table",
    "LedgerTableName": "Ledger/Table",
    "CountersTableName": "Counters/Table",
    "EventBusName": "Events",
    "ApiUrl": "Http/Api.ApiEndpoint",
}

RETENTION = {f"{name}/Logs.Properties.RetentionInDays" for name in (*FUNCTIONS, *MACHINES)} | {
    "Http/AccessLogs.Properties.RetentionInDays"
}
THROTTLE = {f"Http/Stage.Properties.DefaultRouteSettings.Throttling{n}Limit" for n in ("Burst", "Rate")}
MEMORY = {f"{name}/Function.Properties.MemorySize" for name in FUNCTIONS if name not in IMPORT_STEPS}
EXPIRY = {"Imports/Bucket.Properties.LifecycleConfiguration.Rules.0.ExpirationInDays"}
# The definition has the number of chunks at once in it.
CHUNKS = {"ImportUsers/Machine/StateMachine.Properties.DefinitionString"}
RUNTIME = {f"{name}/Function.Properties.{what}" for name in FUNCTIONS for what in ("Code.S3Key", "Runtime")}
GRACE = {"Guard/Function.Properties.Environment.Variables.GRACE_SECONDS"}
METRIC_MATH = {"Http/ServerErrorRateAlarm/Alarm"}
PROTECTION = {
    f"{name}/Table.Properties.DeletionProtectionEnabled" for name in ("Users", "Ledger", "Counters")
}
REMOVAL = {
    f"{name}.{policy}"
    for name in (
        "Users/Table",
        "Ledger/Table",
        "Key",
        "Counters/Table",
        "Imports/Bucket",
        "Http/AccessLogs",
        *(f"{name}/{stream}/Failed" for name, stream in CONSUMERS.items()),
        *(f"{name}/Logs" for name in (*FUNCTIONS, *MACHINES)),
    )
    for policy in ("DeletionPolicy", "UpdateReplacePolicy")
}


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list) and value:
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, f"{path}.{name}")
    else:
        yield path, value


def everything(stage: Stage) -> dict[str, Any]:
    """Every value of both templates by its path, with the stage's own name taken out."""
    found = {}
    for stack in STACKS:
        template = stage.template(stack)
        for resource in template["Resources"].values():
            found |= leaves({k: v for k, v in resource.items() if k != "Metadata"}, path_of(resource))
        found |= leaves({k: v for k, v in template.items() if k != "Resources"}, stack)
    name = stage.settings.name
    hidden = {f"Registrar-{name}-": "Registrar-STAGE-", f"Registrar ({name})": "Registrar (STAGE)"}
    for own, common in hidden.items():
        found = {path: v.replace(own, common) if isinstance(v, str) else v for path, v in found.items()}
    return found


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("local", "dev", RETENTION | RUNTIME | GRACE | THROTTLE | EXPIRY | CHUNKS | METRIC_MATH),
        ("dev", "prod", RETENTION | MEMORY | PROTECTION | REMOVAL | THROTTLE | EXPIRY | CHUNKS),
    ],
)
def test_two_stages_differ_in_exactly_what_their_settings_say(
    stages: Mapping[str, Stage], left: str, right: str, expected: set[str]
):
    one, other = everything(stages[left]), everything(stages[right])
    found = {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
    # A resource that only one of them has differs in all its values.
    assert {path if path in one and path in other else path.split(".")[0] for path in found} == expected


def test_the_outputs_have_stable_names(stage: Stage):
    outputs = {
        name: stage.named(output["Value"])
        for stack in STACKS
        for name, output in stage.template(stack)["Outputs"].items()
        if "Export" not in output
    }
    assert outputs == OUTPUTS


def test_a_stage_needs_no_look_up_and_no_account(stage: Stage):
    manifest = stage.manifest()
    assert "missing" not in manifest
    environments = {a["environment"] for a in manifest["artifacts"].values() if "environment" in a}
    assert environments == {"aws://unknown-account/unknown-region"}


def test_nothing_is_built_in_docker(stage: Stage):
    for stack in STACKS:
        assets = stage.manifest()["artifacts"][f"{stage.stack(stack)}.assets"]["properties"]["file"]
        assert '"dockerImages": {}' in (stage.directory / assets).read_text()


def test_an_unknown_stage_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="unknown stage 'production'; known stages: local, dev, prod"):
        stage_settings("production")


@pytest.mark.parametrize("name", ["production", ""])
def test_the_app_ends_with_one_line_for_an_unknown_stage(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app, "App", partial(App, context={"stage": name}))
    with pytest.raises(SystemExit, match=f"^error: unknown stage '{name}'; known stages: local, dev, prod$"):
        app.main()


def test_every_alarm_notifies_the_alarm_topic(tmp_path_factory: pytest.TempPathFactory):
    topic = "arn:aws:sns:us-east-1:123456789012:pager"
    stage = synthesize(stage_settings("prod", alarm_topic_arn=topic), tmp_path_factory.mktemp("alarms"))
    alarms = stage.resources("AWS::CloudWatch::Alarm").values()
    assert [alarm["Properties"]["AlarmActions"] for alarm in alarms] == [[topic]] * 16


def test_reserved_concurrency_is_set_aside_only_when_a_stage_says_so(stage: Stage):
    reserved = {
        f["Properties"].get("ReservedConcurrentExecutions")
        for f in stage.resources("AWS::Lambda::Function").values()
    }
    assert reserved == {STAGES[stage.settings.name].reserved_concurrency}
