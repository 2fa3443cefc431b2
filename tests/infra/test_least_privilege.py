"""Promise 7: who may do what, held against what the code really asks for."""

import importlib
import json
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from registrar.adapters.counters import Counters
from registrar.adapters.environment import Environment
from registrar.adapters.events import EventBus
from registrar.adapters.executions import Executions
from registrar.adapters.listing import Listing
from registrar.adapters.store import Store
from registrar.adapters.trail import Trail
from registrar.domain.change import Outcome
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import GENESIS, Record
from registrar.imports.adapters.objects import Objects
from tests.infra.synthesized import (
    CHANGE_MACHINES,
    FUNCTIONS,
    IMPORT_MACHINE,
    IMPORT_STEPS,
    STEPS,
    Stage,
    listed,
)
from tests.integration import import_machine, machine
from tests.memory_s3 import MemoryS3

USERS, LEDGER, COUNTERS, KEY = "Users/Table", "Ledger/Table", "Counters/Table", "Key"

XRAY = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
# The only statements on every resource, and why. X-Ray has no resources to name.
# CDK and AWS's own policy list streams on every resource, too.
# The deliveries of Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
MACHINE_LOGS = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
ON_EVERY_RESOURCE = {
    **{f"{name}/Role": XRAY for name in STEPS},
    "Guard/Role": XRAY | {"dynamodb:ListStreams"},
    "Projection/Role": XRAY | {"dynamodb:ListStreams"},
    # The executions of two machines are named by the ids of changes and imports, objects by those of imports.
    "Http/Answer/Role": XRAY | {"states:DescribeExecution", "s3:GetObject", "s3:PutObject"},
    **{f"{name}/Role": XRAY | {"s3:GetObject", "s3:PutObject"} for name in IMPORT_STEPS},
    **{
        f"{name}/Role": XRAY | {"xray:GetSamplingRules", "xray:GetSamplingTargets"} | MACHINE_LOGS
        for name in CHANGE_MACHINES
    },
    # The executions of its chunks.
    f"{IMPORT_MACHINE}/Role": XRAY
    | {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
    | MACHINE_LOGS
    | {"s3:GetObject", "states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"},
}

Permission = tuple[str, str, str | None]


def permissions(stage: Stage, role: str) -> set[Permission]:
    """What a role may do to tables, as (action, table, pattern of the partition key or None for any)."""
    found = set()
    for owner, statement in stage.statements():
        for action in listed(statement["Action"]):
            if owner == role and action.startswith("dynamodb:"):
                (table,) = map(place, listed(statement["Resource"]))
                patterns = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
                found |= {(action, table, key) for key in patterns.get("dynamodb:LeadingKeys", [None])}
    return found


def place(resource: Any) -> str:
    """A table, or an index as `table/index/name`: CloudFormation puts its ARN together."""
    return resource if isinstance(resource, str) else "".join(resource["Fn::Join"][1])


HOLDER = {"user_id": "u-9", "username": "\u03ab\u0301"}


class RecordingDynamoDB:
    """Says yes to everything, keeps what is put, and notes the permissions that AWS would ask for."""

    exceptions = SimpleNamespace(
        TransactionCanceledException=ZeroDivisionError, ConditionalCheckFailedException=ZeroDivisionError
    )

    def __init__(self) -> None:
        self.asked: set[Permission] = set()
        # Somebody holds a name under its earlier form.
        held = ({"pk": "NAME#username#\u03cb\u0301", "user_id": "u-9"}, {"pk": "USER#u-9", **HOLDER})
        self._items: dict[str, Any] = {
            item["pk"]: {name: TypeSerializer().serialize(value) for name, value in item.items()}
            for item in held
        }

    def batch_get_item(self, **call: Any) -> dict[str, Any]:
        ((table, request),) = call["RequestItems"].items()
        for key in request["Keys"]:
            self._ask("BatchGetItem", table, key)
        named = [key["pk"]["S"] for key in request["Keys"] if "pk" in key and "sk" not in key]
        found = [self._items[name] for name in named if name in self._items]
        return {"Responses": {table: found}}

    def get_item(self, **call: Any) -> dict[str, Any]:
        self._ask("GetItem", call["TableName"], call["Key"])
        return {}

    def query(self, **call: Any) -> dict[str, Any]:
        table = call["TableName"] + (f"/index/{call['IndexName']}" if "IndexName" in call else "")
        values = call["ExpressionAttributeValues"]
        if ":totals" in values:
            self.asked.add(("dynamodb:Query", table, values[":totals"]["S"]))
        elif ":listing" in values:
            self.asked.add(("dynamodb:Query", table, values[":listing"]["S"].split("#")[0] + "#*"))
        else:
            self.asked.add(("dynamodb:Query", table, None))
        return {"Items": []}

    def get_paginator(self, operation: str) -> SimpleNamespace:
        return SimpleNamespace(paginate=lambda **call: [getattr(self, operation)(**call)])

    def put_item(self, **put: Any) -> None:
        self._ask("PutItem", put["TableName"], put["Item"])
        if "pk" in put["Item"]:
            self._items[put["Item"]["pk"]["S"]] = put["Item"]

    def transact_write_items(self, **call: Any) -> None:
        for write in call["TransactItems"]:
            ((kind, request),) = write.items()
            if kind == "Put":
                self.put_item(**request)
            else:
                self._ask(f"{kind}Item", request["TableName"], request["Key"])

    def _ask(self, action: str, table: str, item: dict[str, Any]) -> None:
        key = item["pk"]["S"].split("#")[0] + "#*" if "pk" in item else None
        key = "TOTALS" if key == "TOTALS#*" else key
        self.asked.add((f"dynamodb:{action}", table, key))


def change(action: str, **attributes: Any) -> dict[str, Any]:
    return {
        "change_id": f"c-{action}",
        "action": action,
        "user_id": "u-1",
        "attributes": attributes,
        "expected_version": None,
        "actor": {"id": "a", "type": "user"},
        "reason": None,
        "request_hash": "0" * 64,
    }


def record(user_id: str, sequence: str, outcome: Outcome, version: int | None = None) -> dict[str, Any]:
    moment = "2030-01-31T12:00:00.000000Z"
    made = Record(user_id, sequence, "c-1", outcome, "0" * 64, moment, GENESIS, version=version)
    return made.seal("0" * 32).as_json()


RECORD = record("u-1", "v#000000000001", Outcome.APPLIED, 1)
LATER = record("u-2", "v#000000000002", Outcome.APPLIED, 2)
REJECTED = record("u-1", "r#c-3", Outcome.REJECTED)


def batch(item: dict[str, Any]) -> dict[str, Any]:
    """The event that Lambda makes of a stream's record."""
    image = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    return {
        "Records": [
            {"dynamodb": {"SequenceNumber": "1", "ApproximateCreationDateTime": 0, "NewImage": image}}
        ]
    }


EVENTS: dict[str, list[dict[str, Any]]] = {
    "write_change": [
        change("create", username="ada", email="ada@example.com"),
        change("update", username="countess"),
        {**change("update", username="\u03b0"), "change_id": "c-equal"},
        change("delete"),
    ],
    "audit_change": [{"record": RECORD, "answer": {}}],
    "audit_rejection": [
        {"request": {}, "execution_name": "e-1", "cause": json.dumps({"errorMessage": str(ChangeRejected())})}
    ],
    "guard_ledger": [batch({"pk": "CHANGE#c-1", **RECORD})],
    # The second has overtaken one: the ledger is asked for that.
    "project_ledger": [batch(RECORD), batch(LATER), batch(REJECTED)],
}


ROLES = {
    "write_change": "WriteChange/Role",
    "audit_change": "AuditChange/Role",
    "audit_rejection": "AuditRejection/Role",
    "guard_ledger": "Guard/Role",
    "project_ledger": "Projection/Role",
}
# Lambda reads a stream in the name of the function that it feeds.
STREAMS = {"guard_ledger": USERS, "project_ledger": LEDGER}


def reading_of_a_stream(step: str) -> set[Permission]:
    if step not in STREAMS:
        return set()
    actions = ("DescribeStream", "GetRecords", "GetShardIterator")
    read = {(f"dynamodb:{action}", f"{STREAMS[step]}.StreamArn", None) for action in actions}
    return {*read, ("dynamodb:ListStreams", "*", None)}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"USERS_TABLE": USERS, "LEDGER_TABLE": LEDGER, "COUNTERS_TABLE": COUNTERS, "EVENT_BUS": "Events"}
    machines = {"EXPRESS_MACHINE": "express", "STANDARD_MACHINE": "standard", "GRACE_SECONDS": "0"}
    for name, value in {"AWS_DEFAULT_REGION": "us-east-1", **names, **machines}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("step", EVENTS)
@pytest.mark.usefixtures("environment")
def test_a_step_may_do_to_the_tables_what_it_does_and_nothing_else(
    stage: Stage, step: str, monkeypatch: pytest.MonkeyPatch
):
    module = machine.step(step)
    client: Any = RecordingDynamoDB()
    if step == "project_ledger":
        taking: Any = SimpleNamespace(
            put_events=lambda **call: {"Entries": [{"EventId": "1"} for _ in call["Entries"]]}
        )
        monkeypatch.setattr(module, "counters", Counters(client, COUNTERS))
        monkeypatch.setattr(module, "trail", Trail(client, LEDGER))
        monkeypatch.setattr(module, "bus", EventBus(taking, "Events"))
    else:
        monkeypatch.setattr(module, "store", Store(client, USERS, LEDGER))
    if step == "guard_ledger":
        monkeypatch.setattr(module, "environment", Environment(grace_seconds="0"))
    for event in EVENTS[step]:
        module.handler(event, None)
    assert permissions(stage, ROLES[step]) == client.asked | reading_of_a_stream(step)


IMPORT_ROWS = [
    (1, {"request": {**change("create", username="ada"), "actor": {"id": "a", "type": "user"}}, "lost": {}}),
    (2, {"request": {"action": "update", "user_id": "u-1", "attributes": {"username": "ida"}}, "lost": {}}),
    (
        3,
        {"request": {"action": "update", "user_id": "u-1", "attributes": {"username": "\u03b0"}}, "lost": {}},
    ),
    (4, {"request": {"action": "delete", "user_id": "u-1"}, "lost": {}}),
    (5, {"request": {"action": "nonsense"}}),
]


def import_rows() -> list[dict[str, Any]]:
    rows = []
    for number, row in IMPORT_ROWS:
        asked = {name: value for name, value in row["request"].items() if value is not None}
        asked = {**asked, "change_id": f"c-{number}", "actor": {"id": "a", "type": "user"}}
        asked.pop("request_hash", None)
        rows.append(
            {"number": number, "owner": "u-1", "raw": "", "id": f"i-{number}", **row, "request": asked}
        )
    return rows


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryS3:
    s3 = MemoryS3()
    objects = Objects(s3, "imports")
    for step in ("plan_import", "write_chunk", "audit_chunk", "finish_import"):
        monkeypatch.setattr(import_machine.step(step), "objects", objects)
    return s3


@pytest.mark.usefixtures("environment")
def test_the_steps_of_an_import_may_do_to_the_tables_what_they_do_and_nothing_else(
    stage: Stage, bucket: MemoryS3, monkeypatch: pytest.MonkeyPatch
):
    asked = {}
    for step, role in (("write_chunk", "WriteChunk"), ("audit_chunk", "AuditChunk")):
        asked[role] = set()
        for import_id, dry_run in (("i-1", False), ("i-2", True)):
            plan = {
                "import_id": import_id,
                "import_key": "k",
                "format": "csv",
                "header": [],
                "rows": 5,
            }
            plan |= {"chunks": 1, "dry_run": dry_run, "stop_after": None, "started_at": ""}
            for name, value in (("plan.json", plan), ("chunks/000001.json", import_rows())):
                bucket.put_object("imports", f"imports/{import_id}/{name}", json.dumps(value).encode())
            client: Any = RecordingDynamoDB()
            store = Store(client, USERS, LEDGER)
            monkeypatch.setattr(import_machine.step(step), "store", store)
            import_machine.step(step).handler({"import_id": import_id, "chunk": 1}, None)
            asked[role] |= client.asked
            if dry_run:
                assert {action for action, *_ in client.asked} <= {
                    "dynamodb:GetItem",
                    "dynamodb:BatchGetItem",
                }
        assert permissions(stage, f"ImportUsers/{role}/Role") == asked[role]


def test_the_steps_that_see_the_whole_file_touch_no_table(stage: Stage):
    for role in ("ImportUsers/PlanImport/Role", "ImportUsers/FinishImport/Role"):
        assert permissions(stage, role) == set()


def test_a_step_of_an_import_writes_its_own_objects_and_nobody_else_s(stage: Stage):
    written: dict[str, set[str]] = {}
    for role, statement in stage.statements():
        if statement["Action"] == "s3:PutObject":
            for resource in listed(statement["Resource"]):
                written.setdefault(role, set()).add(place(resource).removeprefix("Imports/Bucket"))
    assert written == {
        "ImportUsers/PlanImport/Role": {"/imports/*"},
        "ImportUsers/WriteChunk/Role": {"/imports/*/written/*"},
        "ImportUsers/AuditChunk/Role": {"/imports/*/results/*", "/imports/*/progress/*"},
        "ImportUsers/FinishImport/Role": {
            "/imports/*/report.csv",
            "/imports/*/failed.*",
            "/imports/*/summary.json",
        },
        "Http/Answer/Role": {"/uploads/*"},
    }


READS = (
    "/users/u-1",
    "/users/u-1/history",
    "/users?email=ada@example.com",
    "/users?status=active",
    "/users?status=suspended",
    "/changes/c-1",
    "/stats",
    "/health",
)


@pytest.mark.usefixtures("environment")
def test_the_api_may_read_what_it_reads_and_write_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    client: Any = RecordingDynamoDB()
    asked: Any = SimpleNamespace(describe_execution=lambda **_: {"status": "RUNNING"})
    made = {
        "store": Store(client, USERS, LEDGER),
        "trail": Trail(client, LEDGER),
        "listing": Listing(client, USERS),
        "counters": Counters(client, COUNTERS),
        "changes": Executions(asked, "standard", "express"),
    }
    for name, adapter in made.items():
        monkeypatch.setattr(importlib.import_module("registrar.api.resources"), name, adapter)
    for path, _, query in (read.partition("?") for read in READS):
        context = {"http": {"method": "GET", "path": path}, "stage": "$default"}
        event = {"rawPath": path, "rawQueryString": query, "headers": {}, "requestContext": context}
        importlib.import_module("registrar.api.app").handler(event, None)
    assert permissions(stage, "Http/Answer/Role") == {
        *client.asked,
        # A name that is there leads to its user, too.
        ("dynamodb:GetItem", USERS, "USER#*"),
    }


def test_the_api_may_start_changes_and_ask_about_them(stage: Stage):
    started = {
        (statement["Action"], json.dumps(sorted(listed(statement["Resource"]), key=str)))
        for role, statement in stage.statements()
        if role == "Http/Answer/Role" and "states:" in str(statement["Action"])
    }
    exact = {
        ("states:StartSyncExecution", '["UserChangeExpress/StateMachine"]'),
        ("states:StartExecution", '["ImportUsers/Machine/StateMachine", "UserChange/StateMachine"]'),
    }
    assert exact < started
    ((action, executions),) = started - exact
    assert action == "states:DescribeExecution"
    assert executions.count(":execution:") == 2
    assert '"UserChange/StateMachine.Name"' in executions
    assert '"ImportUsers/Machine/StateMachine.Name"' in executions


def test_the_step_that_checks_requests_touches_no_table_and_no_key(stage: Stage):
    actions = {
        action.split(":")[0]
        for role, statement in stage.statements()
        if role == "ValidateChange/Role"
        for action in listed(statement["Action"])
    }
    assert actions == {"logs", "xray"}


def test_the_writer_of_users_cannot_touch_the_ledger_and_the_ledger_is_only_added_to(stage: Stage):
    touching = {
        (role, action)
        for role, statement in stage.statements()
        for action in listed(statement["Action"])
        if LEDGER in listed(statement["Resource"])
    }
    assert touching == {
        ("AuditChange/Role", "dynamodb:PutItem"),
        ("ImportUsers/AuditChunk/Role", "dynamodb:PutItem"),
        ("AuditRejection/Role", "dynamodb:PutItem"),
        ("Guard/Role", "dynamodb:BatchGetItem"),
        ("Guard/Role", "dynamodb:PutItem"),
        ("Projection/Role", "dynamodb:Query"),
        ("Http/Answer/Role", "dynamodb:Query"),
    }


def test_no_policy_has_a_wildcard_without_a_reason(stage: Stage):
    everywhere = {}
    for role, statement in stage.statements():
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        if any("*" in json.dumps(resource) for resource in listed(statement["Resource"])):
            everywhere.setdefault(role, set()).update(listed(statement["Action"]))
    assert everywhere == ON_EVERY_RESOURCE


def test_no_policy_hides_from_these_tests(stage: Stage):
    for role in stage.resources("AWS::IAM::Role").values():
        assert not {"Policies", "ManagedPolicyArns"} & set(role["Properties"])
    assert not stage.resources("AWS::IAM::ManagedPolicy")
    for table in stage.resources("AWS::DynamoDB::Table").values():
        assert "ResourcePolicy" not in table["Properties"]
    (permission,) = stage.resources("AWS::Lambda::Permission").values()
    assert stage.named(permission["Properties"]["FunctionName"]) == "Http/Answer/Function"
    assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
    assert "Http/Api" in json.dumps(stage.named(permission["Properties"]["SourceArn"]))


def test_the_key_is_the_account_s_and_used_through_dynamodb_only(stage: Stage):
    (key,) = stage.resources("AWS::KMS::Key").values()
    (statement,) = key["Properties"]["KeyPolicy"]["Statement"]
    # Without the account itself, nobody could ever manage the key; `*` in a key's policy is that key.
    assert (statement["Action"], statement["Resource"]) == ("kms:*", "*")
    assert json.dumps(statement["Principal"]).endswith('":root"]]}}')
    used = [(role, used) for role, used in stage.statements() if KEY in listed(used["Resource"])]
    machine = f"{IMPORT_MACHINE}/Role"
    assert {role for role, _ in used} == {
        machine,
        *(f"{name}/Role" for name in FUNCTIONS if name != "ValidateChange"),
    }
    objects = {machine, "Http/Answer/Role", *(f"{name}/Role" for name in IMPORT_STEPS)}
    for role, statement in used:
        ((operator, condition),) = statement["Condition"].items()
        assert (operator, list(condition)) == ("StringEquals", ["kms:ViaService"])
        service = condition["kms:ViaService"]["Fn::Join"][1][0]
        assert service == "dynamodb." or (service == "s3." and role in objects)


@pytest.mark.parametrize(
    ("machine", "steps"), [*((name, STEPS) for name in CHANGE_MACHINES), (IMPORT_MACHINE, IMPORT_STEPS)]
)
def test_a_machine_may_call_its_four_steps_and_is_run_for_this_account_only(
    stage: Stage, machine: str, steps: tuple[str, ...]
):
    called = [
        statement["Resource"]
        for role, statement in stage.statements()
        if role == f"{machine}/Role" and statement["Action"] == "lambda:InvokeFunction"
    ]
    assert [sorted(resources) for resources in called] == [sorted(f"{name}/Function" for name in steps)]
    role = stage.resources("AWS::IAM::Role")[f"{machine}/Role"]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
