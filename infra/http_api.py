"""The HTTP API: its function, routes, access log and alarms."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import Acknowledgment, Duration, Stack, Validations
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.alarm import Alarm
from infra.data_stack import DataStack
from infra.lambda_function import LambdaFunction
from infra.settings import StageSettings
from infra.state_machine import executions_acknowledgment, executions_of

OPENAPI = Path(__file__).parents[1] / "contracts" / "openapi.json"

# API Gateway times out after 30 seconds. The function answers before that; it waits up to 25 for a change.
ANSWER_TIMEOUT = Duration.seconds(29)

# The client sends a failing call up to four times: three failing calls reach this number.
ERRORS_LEAST = 10
ERROR_PERCENT = 5

# The function logs an internal error at these levels, and a documented 503 at WARNING.
INTERNAL_ERROR = '{ $.level = "ERROR" || $.level = "CRITICAL" }'

# No path, query, caller's address or user agent: these are personal data.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
}


class HttpApi(Construct):
    """One function behind the routes of the OpenAPI document.

    API Gateway checks the signature or token before it calls the function, except on the routes that the
    document leaves open (`security: []`).
    """

    def __init__(  # noqa: PLR0913 - properties of a construct, by keyword
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        data: DataStack,
        code: lambda_.Code,
        express: sfn.StateMachine,
        standard: sfn.StateMachine,
        imports: sfn.StateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = LambdaFunction(
            self,
            "Answer",
            settings=settings,
            handler="registrar.api.app.handler",
            code=code,
            description="Answers the HTTP API.",
            environment={
                "USERS_TABLE": data.users.table.table_name,
                "LEDGER_TABLE": data.ledger.table.table_name,
                "COUNTERS_TABLE": data.counters.table.table_name,
                "EXPRESS_MACHINE": express.state_machine_arn,
                "STANDARD_MACHINE": standard.state_machine_arn,
                "IMPORT_MACHINE": imports.state_machine_arn,
                "IMPORT_BUCKET": data.imports.bucket.bucket_name,
            },
            timeout=ANSWER_TIMEOUT,
            snap_start=True,
        )
        self._allow(data, express, standard, imports)
        self.api = apigateway.HttpApi(
            self,
            "Api",
            description=f"Registrar ({settings.name}): changes, users and their trails",
            create_default_stage=False,
            default_authorizer=_authorizer(settings),
        )
        reason = "The API describes executions by change or import id, unknown at deployment."
        Validations.of(self.function).acknowledge(
            *(executions_acknowledgment(machine, ":*", reason) for machine in (standard, imports))
        )
        self._build_routes()
        self._build_stage(settings)
        self._build_alarms(settings)

    def _allow(
        self,
        data: DataStack,
        express: sfn.StateMachine,
        standard: sfn.StateMachine,
        imports: sfn.StateMachine,
    ) -> None:
        role = self.function.role
        data.users.allow(role, "dynamodb:GetItem", ("USER#*", "NAME#*", "CHANGE#*"))
        data.users.allow(role, "dynamodb:Query", ("active#*", "suspended#*"), index="by_status")
        data.ledger.allow(role, "dynamodb:Query")
        data.counters.allow(role, "dynamodb:Query", ("TOTALS",))
        # A presigned URL has the permissions of the role that signs it.
        data.imports.allow(role, read=["imports/*"], write=["uploads/*"], find="imports/")
        for action, resources in (
            ("states:StartSyncExecution", [express.state_machine_arn]),
            ("states:StartExecution", [standard.state_machine_arn, imports.state_machine_arn]),
            ("states:DescribeExecution", [executions_of(standard, ":*"), executions_of(imports, ":*")]),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=[action], resources=resources))

    def _build_routes(self) -> None:
        integration = integrations.HttpLambdaIntegration(
            "Integration", self.function.called, scope_permission_to_route=False
        )
        operations: dict[str, dict[str, Any]] = json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"]
        for path, methods in operations.items():
            for method, operation in methods.items():
                is_open = operation.get("security") == []
                routes = self.api.add_routes(
                    path=path,
                    # RFC 9110, 9.1: a server that supports GET supports HEAD.
                    methods=[apigateway.HttpMethod[name] for name in _methods(method)],
                    integration=integration,
                    authorizer=apigateway.HttpNoneAuthorizer() if is_open else None,
                )
                for route in routes if is_open else ():
                    Validations.of(route).acknowledge(
                        Acknowledgment(
                            id="AwsSolutions-APIG4", reason="The health check is public and returns no data."
                        )
                    )
        # Every other path or method: the function answers 404 or 405.
        apigateway.HttpRoute(
            self,
            "Default",
            http_api=self.api,
            route_key=apigateway.HttpRouteKey.DEFAULT,
            integration=integration,
        )

    def _build_stage(self, settings: StageSettings) -> None:
        log_group = logs.LogGroup(
            self, "AccessLogs", retention=settings.log_retention, removal_policy=settings.removal_policy
        )
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=settings.api_rate, burst_limit=settings.api_burst
            ),
        )
        resource = stage.node.default_child
        if not isinstance(resource, apigateway.CfnStage):
            raise TypeError
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(ACCESS_LOG)
        )

    def _build_alarms(self, settings: StageSettings) -> None:
        """Raise an alarm for a single internal error; for 503s, which clients retry, above a rate only."""
        internal = logs.MetricFilter(
            self,
            "InternalErrors",
            log_group=self.function.log_group,
            filter_pattern=logs.FilterPattern.literal(INTERNAL_ERROR),
            metric_namespace="Registrar",
            metric_name=f"{Stack.of(self).stack_name}-InternalErrors",
        )
        Alarm(
            self,
            "InternalErrorAlarm",
            settings=settings,
            description="The API answered 500; the function's log entry at level ERROR has the cause.",
            metric=internal.metric(period=Duration.minutes(1), statistic="Sum"),
        )
        Alarm(
            self,
            "CrashAlarm",
            settings=settings,
            description="The API's function crashed or timed out.",
            metric=self.function.function.metric_errors(period=Duration.minutes(1), statistic="Sum"),
        )
        if settings.metric_math:
            self._build_rate_alarm(settings)

    def _build_rate_alarm(self, settings: StageSettings) -> None:
        # 5xx of the function, and of API Gateway when it could not call the function in time.
        metrics = {"errors": self.api.metric_server_error(), "requests": self.api.metric_count()}
        Alarm(
            self,
            "ServerErrorRateAlarm",
            settings=settings,
            description=f"{ERROR_PERCENT} % of requests (at least {ERRORS_LEAST}) got a 5xx in 5 minutes.",
            metric=cloudwatch.MathExpression(
                expression=f"IF(errors >= {ERRORS_LEAST}, 100 * errors / requests, 0)",
                label="5xx of all requests, percent",
                using_metrics={
                    name: metric.with_(period=Duration.minutes(5), statistic="Sum")
                    for name, metric in metrics.items()
                },
                period=Duration.minutes(5),
            ),
            threshold=ERROR_PERCENT,
        )


def _methods(method: str) -> list[str]:
    return ["GET", "HEAD"] if method == "get" else [method.upper()]


def _authorizer(settings: StageSettings) -> apigateway.IHttpRouteAuthorizer:
    if settings.jwt_issuer is None or settings.jwt_audience is None:
        return authorizers.HttpIamAuthorizer()
    return authorizers.HttpJwtAuthorizer("Tokens", settings.jwt_issuer, jwt_audience=[settings.jwt_audience])
