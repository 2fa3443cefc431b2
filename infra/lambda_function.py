"""A Lambda function with this project's defaults."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Size, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.settings import FunctionRuntime, StageSettings

RUNTIMES = {
    FunctionRuntime.MANAGED: lambda_.Runtime.PYTHON_3_13,
    FunctionRuntime.LOCAL: lambda_.Runtime.PROVIDED_AL2023,
}

# Otherwise Pydantic searches every installed package for plugins at each cold start.
ENVIRONMENT = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}

# Below the state's timeout, so that a slow call ends as the function's timeout and is logged.
STEP_TIMEOUT = Duration.seconds(10)


class LambdaFunction(Construct):
    """A function with a role, a log group, JSON logs, tracing and a timeout of its own."""

    @property
    def called(self) -> lambda_.IFunction:
        """What to invoke: with SnapStart the newest version, since only versions have snapshots."""
        return self.function.current_version if self._snap_start else self.function

    def __init__(  # noqa: PLR0913 - properties of a construct, by keyword
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        handler: str,
        code: lambda_.Code,
        description: str,
        environment: Mapping[str, str] | None = None,
        timeout: Duration = STEP_TIMEOUT,
        memory_size: int | None = None,
        disk: Size | None = None,
        snap_start: bool = False,
    ) -> None:
        """Make a function.

        Args:
            scope: the construct that this one is part of.
            construct_id: its name in that scope.
            settings: the stage's.
            handler: the module and the name of the handler.
            code: its asset.
            description: what it does, for the console.
            environment: its variables besides those of every function.
            timeout: of one invocation.
            memory_size: in MiB; default: the stage's.
            disk: its temporary storage; default: 512 MiB.
            snap_start: whether it uses SnapStart in a stage that has it.
        """
        super().__init__(scope, construct_id)
        self._snap_start = snap_start and settings.snap_start
        self.log_group = logs.LogGroup(
            self, "Logs", retention=settings.log_retention, removal_policy=settings.removal_policy
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=RUNTIMES[settings.function_runtime],
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=code,
            environment={**ENVIRONMENT, **(environment or {})},
            role=self.role,
            memory_size=memory_size or settings.memory_size,
            ephemeral_storage_size=disk,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if self._snap_start else None,
            # An execution that runs during a deployment still calls the version it started with.
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
            reserved_concurrent_executions=settings.reserved_concurrency,
            timeout=timeout,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
        )
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="AwsSolutions-L1",
                reason="The runtime is upgraded together with the requirements chosen for it.",
            ),
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="PutTraceSegments, PutTelemetryRecords and ListStreams accept no resource.",
            ),
        )
