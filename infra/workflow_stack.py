"""The stateless stack: steps, state machines, guard, projection, import and API."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.code_asset import CodeAssets
from infra.data_stack import DataStack
from infra.guard import Guard
from infra.http_api import HttpApi
from infra.import_users import ImportUsers
from infra.lambda_function import LambdaFunction
from infra.projection import Projection
from infra.settings import StageSettings
from infra.state_machine import DEFINITIONS, StateMachine


class WorkflowStack(Stack):
    """Everything that keeps no data, and can be deleted and deployed again."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, data: DataStack
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Registrar ({settings.name}): state machines and their steps, API, events",
        )
        self._settings = settings
        self._data = data
        self._code = CodeAssets(settings.function_runtime)
        functions: dict[str, lambda_.IFunction] = {
            "ValidateChange": self._build_validate_change(),
            "WriteChange": self._build_write_change(),
            "AuditChange": self._build_audit_change(),
            "AuditRejection": self._build_audit_rejection(),
        }
        standard = self._build_user_change("UserChange", sfn.StateMachineType.STANDARD, functions)
        express = self._build_user_change("UserChangeExpress", sfn.StateMachineType.EXPRESS, functions)
        Guard(self, "Guard", settings=settings, data=data, code=self._code.plain)
        bus = self._build_event_bus()
        Projection(self, "Projection", settings=settings, data=data, code=self._code.plain, bus=bus)
        imports = ImportUsers(self, "ImportUsers", settings=settings, data=data, code=self._code)
        http = HttpApi(
            self,
            "Http",
            settings=settings,
            data=data,
            code=self._code.api,
            express=express.machine,
            standard=standard.machine,
            imports=imports.machine,
        )
        # Callers rely on these outputs' names: they never change.
        CfnOutput(self, "UserChangeStateMachineArn", value=standard.machine.state_machine_arn)
        CfnOutput(self, "UserChangeExpressStateMachineArn", value=express.machine.state_machine_arn)
        CfnOutput(self, "ImportUsersStateMachineArn", value=imports.machine.state_machine_arn)
        CfnOutput(self, "EventBusName", value=bus.event_bus_name)
        CfnOutput(self, "ApiUrl", value=http.api.api_endpoint)

    def _build_user_change(
        self, name: str, machine_type: sfn.StateMachineType, functions: Mapping[str, lambda_.IFunction]
    ) -> StateMachine:
        """Build a machine over the four steps of a change.

        An Express workflow ends after five minutes, so the definition's timeout is a little shorter. It is
        long enough for one state to time out at every retry, and for all states when their calls fail
        immediately. If three states time out at every retry, the execution times out and raises the alarm; a
        redrive, or another start of the same change, continues from what was committed.
        """
        return StateMachine(
            self,
            name,
            settings=self._settings,
            machine_type=machine_type,
            definition=(DEFINITIONS / "user_change.asl.json").read_text(encoding="utf-8"),
            functions=functions,
            what="A user change",
        )

    def _build_event_bus(self) -> events.EventBus:
        return events.EventBus(
            self,
            "Events",
            # The rules of subscribers name the bus.
            event_bus_name=f"{self.stack_name}-Events",
            description=f"Registrar ({self._settings.name}): UserChanged, one event for each record",
        )

    def _build_validate_change(self) -> lambda_.IFunction:
        return self._build_step(
            "ValidateChange",
            "validate_change",
            "Checks a request as a whole; touches no table.",
            code=self._code.with_requirements,
        ).called

    def _build_write_change(self) -> lambda_.IFunction:
        users = self._data.users
        step = self._build_step(
            "WriteChange",
            "write_change",
            "Commits user, names, receipt and sealed audit record in one transaction.",
            code=self._code.plain,
            environment={"USERS_TABLE": users.table.table_name},
        )
        users.allow_changes(step.role)
        return step.called

    def _build_audit_change(self) -> lambda_.IFunction:
        ledger = self._data.ledger
        step = self._build_step(
            "AuditChange",
            "audit_change",
            "Delivers the sealed record of an applied change to the ledger.",
            code=self._code.plain,
            environment={"LEDGER_TABLE": ledger.table.table_name},
        )
        ledger.allow(step.role, "dynamodb:PutItem")
        return step.called

    def _build_audit_rejection(self) -> lambda_.IFunction:
        users, ledger = self._data.users, self._data.ledger
        step = self._build_step(
            "AuditRejection",
            "audit_rejection",
            "Records a rejection: its receipt and its ledger record.",
            code=self._code.with_requirements,
            environment={"USERS_TABLE": users.table.table_name, "LEDGER_TABLE": ledger.table.table_name},
        )
        users.allow(step.role, "dynamodb:PutItem", ("CHANGE#*",))
        ledger.allow(step.role, "dynamodb:PutItem")
        return step.called

    def _build_step(
        self,
        name: str,
        module: str,
        description: str,
        *,
        code: lambda_.Code,
        environment: Mapping[str, str] | None = None,
    ) -> LambdaFunction:
        return LambdaFunction(
            self,
            name,
            settings=self._settings,
            handler=f"registrar.handlers.{module}.handler",
            code=code,
            description=description,
            snap_start=True,
            environment=environment,
        )
