"""What cfn-lint and cdk-nag say about the templates."""

import json
from collections.abc import Mapping

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from tests.infra.synthesized import CONSUMERS, FUNCTIONS, MACHINES, STACKS, Stage

# CDK always writes down the dependency on a role beside the reference to it.
CONFIG = ManualArgs(regions=["us-east-1"], ignore_checks=["W3005"])
ROLES = {f"{owner}/Role/DefaultPolicy" for owner in (*FUNCTIONS, *MACHINES)}


def executions(machine: str, pattern: str) -> str:
    where = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution"
    return f"AwsSolutions-IAM5[Resource::{where}:<{machine}.Name>{pattern}]"


CHANGES, IMPORTS = "UserChangeStateMachineBC521792", "ImportUsersMachineStateMachine6ECE74F8"
BUCKET = "Data:ExportsOutputFnGetAttImportsBucketB463A28BArnED5516E7"
KEYS = {
    "ImportUsers/PlanImport": ("uploads/*", "imports/*"),
    "ImportUsers/WriteChunk": ("imports/*", "imports/*/written/*"),
    "ImportUsers/AuditChunk": ("imports/*", "imports/*/results/*", "imports/*/progress/*"),
    "ImportUsers/FinishImport": (
        "imports/*",
        "imports/*/report.csv",
        "imports/*/failed.*",
        "imports/*/summary.json",
    ),
    "ImportUsers/Machine": ("imports/*/manifest.json",),
    "Http/Answer": ("imports/*", "uploads/*"),
}


def objects(stage: Stage, pattern: str) -> str:
    return f"AwsSolutions-IAM5[Resource::Registrar-{stage.settings.name}-{BUCKET}/{pattern}]"


@pytest.mark.parametrize("stack", STACKS)
def test_cfn_lint_finds_nothing(stage: Stage, stack: str):
    assert [str(found) for found in lint(stage.template_file(stack).read_text(), config=CONFIG)] == []


def test_cfn_lint_reads_the_state_machines(stages: Mapping[str, Stage]):
    template = stages["prod"].template_file("Workflow").read_text()
    broken = template.replace('\\"StartAt\\": \\"ValidateChange\\"', '\\"StartAt\\": \\"Nowhere\\"')
    assert {found.rule.id for found in lint(broken, config=CONFIG)} == {"E3601"}


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(stage: Stage):
    assert stage.findings == frozenset()


def test_every_acknowledgement_is_needed_and_none_hides_more_than_it_says(unacknowledged: Stage):
    assert unacknowledged.findings == {
        *(("AwsSolutions-L1", f"{name}/Function") for name in FUNCTIONS),
        *(("AwsSolutions-IAM5[Resource::*]", role) for role in ROLES),
        *(("AwsSolutions-SF1", f"{name}/StateMachine") for name in MACHINES),
        *(("AwsSolutions-SQS3", f"{name}/{stream}/Failed") for name, stream in CONSUMERS.items()),
        ("AwsSolutions-APIG4", "Http/Api/GET--health"),
        ("AwsSolutions-APIG4", "Http/Api/HEAD--health"),
        ("AwsSolutions-S1", "Imports/Bucket"),
        (executions(CHANGES, ":*"), "Http/Answer/Role/DefaultPolicy"),
        (executions(IMPORTS, ":*"), "Http/Answer/Role/DefaultPolicy"),
        *((executions(IMPORTS, pattern), "ImportUsers/MapPolicy") for pattern in (":*", "/*")),
        *(
            (objects(unacknowledged, pattern), f"{owner}/Role/DefaultPolicy")
            for owner, patterns in KEYS.items()
            for pattern in patterns
        ),
    }


def test_every_acknowledgement_gives_a_reason(stage: Stage):
    metadata = json.loads((stage.directory / f"{stage.stack('Workflow')}.metadata.json").read_text())
    reasons = {
        (path.rpartition("/")[2], rule.rpartition("::AwsSolutions-")[2]): reason
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
    }
    assert set(reasons) == {
        *((name.split("/")[-1], rule) for name in FUNCTIONS for rule in ("L1", "IAM5[Resource::*]")),
        *((name.split("/")[-1], rule) for name in MACHINES for rule in ("SF1", "IAM5[Resource::*]")),
        ("Failed", "SQS3"),
        ("GET--health", "APIG4"),
        ("HEAD--health", "APIG4"),
        *(
            ("Answer", executions(machine, ":*").removeprefix("AwsSolutions-"))
            for machine in (CHANGES, IMPORTS)
        ),
        *(("MapPolicy", executions(IMPORTS, p).removeprefix("AwsSolutions-")) for p in (":*", "/*")),
        *(
            ("Role", objects(stage, pattern).removeprefix("AwsSolutions-"))
            for patterns in KEYS.values()
            for pattern in patterns
        ),
    }
    assert all(len(reason.split()) > 5 for reason in reasons.values())
