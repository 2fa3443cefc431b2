"""What every function has of its own."""

import json
from dataclasses import fields, replace

import pytest

from infra.code_asset import PYTHON_VERSION
from infra.lambda_function import ENVIRONMENT
from infra.settings import FunctionRuntime, stage_settings
from registrar.adapters.environment import Environment
from tests.infra.synthesized import (
    CHANGE_MACHINES,
    FUNCTIONS,
    IMPORT_STEPS,
    MACHINES,
    STACKS,
    STEPS,
    WHOLE_FILE,
    Stage,
    listed,
    path_of,
    synthesize,
)

RUNTIMES = {FunctionRuntime.MANAGED: f"python{PYTHON_VERSION}", FunctionRuntime.LOCAL: "provided.al2023"}


def test_every_function_has_a_role_and_a_log_group_of_its_own(stage: Stage):
    functions = stage.resources("AWS::Lambda::Function")
    assert set(functions) == {f"{name}/Function" for name in FUNCTIONS}
    for name in FUNCTIONS:
        properties = stage.named(functions[f"{name}/Function"]["Properties"])
        assert properties["Role"] == f"{name}/Role"
        assert properties["LoggingConfig"]["LogGroup"] == f"{name}/Logs"
        trust = stage.resources("AWS::IAM::Role")[f"{name}/Role"]["Properties"]["AssumeRolePolicyDocument"]
        (statement,) = trust["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_variables_of_the_functions_are_the_fields_of_their_environment(stage: Stage):
    functions = stage.resources("AWS::Lambda::Function").values()
    given = {name for each in functions for name in each["Properties"]["Environment"]["Variables"]}
    assert given - ENVIRONMENT.keys() == {field.name.upper() for field in fields(Environment)}


def test_every_function_writes_json_logs_to_its_own_group_and_to_no_other(stage: Stage):
    for name in FUNCTIONS:
        properties = stage.resources("AWS::Lambda::Function")[f"{name}/Function"]["Properties"]
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"
        assert properties["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
        (statement,) = [
            statement
            for role, statement in stage.statements()
            if role == f"{name}/Role" and "logs:PutLogEvents" in statement["Action"]
        ]
        assert statement["Resource"] == f"{name}/Logs"


def test_every_function_and_machine_is_traced_and_every_function_has_a_timeout(stage: Stage):
    for function in stage.resources("AWS::Lambda::Function").values():
        assert function["Properties"]["TracingConfig"] == {"Mode": "Active"}
        path = path_of(function).removesuffix("/Function")
        most = 840 if path in WHOLE_FILE else 110 if path in IMPORT_STEPS else 60
        assert function["Properties"]["Timeout"] <= most
    for machine in stage.resources("AWS::StepFunctions::StateMachine").values():
        assert machine["Properties"]["TracingConfiguration"] == {"Enabled": True}


def test_every_log_group_lets_its_logs_go_when_the_stage_says(stage: Stage):
    groups = stage.resources("AWS::Logs::LogGroup")
    assert set(groups) == {*(f"{name}/Logs" for name in (*FUNCTIONS, *MACHINES)), "Http/AccessLogs"}
    days = {"local": 1, "dev": 7, "prod": 90}[stage.settings.name]
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {days}


def test_every_log_group_of_prod_outlives_its_stack_and_none_of_another_stage(stage: Stage):
    policies = {
        (group["DeletionPolicy"], group["UpdateReplacePolicy"])
        for group in stage.resources("AWS::Logs::LogGroup").values()
    }
    kept = "Retain" if stage.settings.name == "prod" else "Delete"
    assert policies == {(kept, kept)}


def test_no_log_group_has_a_name_that_a_kept_one_may_have(stage: Stage):
    for group in stage.resources("AWS::Logs::LogGroup").values():
        name = group["Properties"].get("LogGroupName")
        # CloudFormation makes a name, or it ends with the id of this very stack.
        assert name is None or "AWS::StackId" in json.dumps(name["Fn::Join"][1][-1])


def test_nothing_logs_to_a_group_that_lambda_makes_by_itself(stage: Stage):
    # A custom resource's function would: its group never ends and belongs to no stack.
    kinds = {r["Type"] for stack in STACKS for r in stage.template(stack)["Resources"].values()}
    assert not [kind for kind in kinds if kind.startswith("Custom::") or "CustomResource" in kind]
    for function in stage.resources("AWS::Lambda::Function").values():
        assert stage.named(function["Properties"]["LoggingConfig"]["LogGroup"]).endswith("/Logs")


def test_a_function_runs_on_the_stage_s_runtime_on_arm64(stage: Stage):
    for function in stage.resources("AWS::Lambda::Function").values():
        assert function["Properties"]["Runtime"] == RUNTIMES[stage.settings.function_runtime]
        assert function["Properties"]["Architectures"] == ["arm64"]


def test_a_machine_logs_errors_without_the_data_of_an_execution(stage: Stage):
    for name in MACHINES:
        machine = stage.resources("AWS::StepFunctions::StateMachine")[f"{name}/StateMachine"]
        logging = stage.named(machine["Properties"]["LoggingConfiguration"])
        assert logging == {
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": f"{name}/Logs"}}],
            "IncludeExecutionData": False,
            "Level": "ERROR",
        }
        group = stage.resources("AWS::Logs::LogGroup")[f"{name}/Logs"]["Properties"]["LogGroupName"]
        assert group["Fn::Join"][1][0].startswith("/aws/vendedlogs/states/")


def test_every_end_without_an_answer_raises_an_alarm(stage: Stage):
    alarms = {
        (stage.named(properties["Dimensions"][0]["Value"]), properties["MetricName"])
        if "Dimensions" in properties
        else (properties["Namespace"], properties["MetricName"].split("-")[-1])
        for alarm in stage.resources("AWS::CloudWatch::Alarm").values()
        if (properties := alarm["Properties"])["Threshold"] == 1
        and properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        and properties.get("Statistic") == "Sum"
    }
    ends = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
    executions = {(f"{name}/StateMachine", end) for name in MACHINES for end in ends}
    api = {("Registrar", "InternalErrors"), ("Http/Answer/Function", "Errors")}
    assert alarms == executions | api


def test_with_snapshots_what_people_wait_for_is_called_by_its_version(
    tmp_path_factory: pytest.TempPathFactory,
):
    stage = synthesize(replace(stage_settings("prod"), snap_start=True), tmp_path_factory.mktemp("snapshots"))
    assert stage.findings == frozenset()
    started = {
        path.removesuffix("/Function")
        for path, function in stage.resources("AWS::Lambda::Function").items()
        if function["Properties"].get("SnapStart") == {"ApplyOn": "PublishedVersions"}
    }
    assert started == {*STEPS, "Http/Answer"}
    versions = stage.resources("AWS::Lambda::Version")
    assert {version["DeletionPolicy"] for version in versions.values()} == {"Retain"}
    for name in CHANGE_MACHINES:
        machine = stage.resources("AWS::StepFunctions::StateMachine")[f"{name}/StateMachine"]
        called = stage.named(machine["Properties"]["DefinitionSubstitutions"])
        assert all("CurrentVersion" in arn for arn in map(str, called.values()))
        (invoke,) = (
            listed(statement["Resource"])
            for role, statement in stage.statements()
            if role == f"{name}/Role" and statement["Action"] == "lambda:InvokeFunction"
        )
        assert sorted(map(str, invoke)) == sorted(map(str, called.values()))


def test_without_snapshots_nothing_is_published(stage: Stage):
    assert not stage.resources("AWS::Lambda::Version")
