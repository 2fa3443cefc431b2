"""A state machine with this project's defaults."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Acknowledgment, ArnFormat, Duration, Fn, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.alarm import Alarm
from infra.settings import StageSettings

DEFINITIONS = Path(__file__).parents[1] / "statemachines"


class StateMachine(Construct):
    """A state machine that calls functions, with its own role, log group, tracing and alarms."""

    def __init__(  # noqa: PLR0913 - properties of a construct, by keyword
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        machine_type: sfn.StateMachineType,
        definition: str,
        functions: Mapping[str, lambda_.IFunction],
        what: str,
    ) -> None:
        """Deploy a definition as `machine_type`.

        Args:
            scope: the construct that this one is part of.
            construct_id: its name in that scope.
            settings: the stage's.
            machine_type: STANDARD or EXPRESS.
            definition: the text of a file of `statemachines/`.
            functions: by their names in the definition.
            what: what one execution is, for the alarms' descriptions.
        """
        super().__init__(scope, construct_id)
        arns = {name: function.function_arn for name, function in functions.items()}
        # Step Functions may assume the role for this account's machines only.
        # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
        own_account = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com", conditions=own_account)
        )
        invocation = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[*arns.values()])
        self.role.add_to_policy(invocation)
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=machine_type,
            definition_body=sfn.DefinitionBody.from_string(definition),
            definition_substitutions={f"{name}FunctionArn": arn for name, arn in arns.items()},
            role=self.role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._build_log_group(settings),
                level=sfn.LogLevel.ERROR,
                # Execution data is personal data.
                include_execution_data=False,
            ),
        )
        self._build_alarms(settings, what)
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="AwsSolutions-SF1",
                reason="Only errors are logged: the ledger proves every change, and ALL costs more.",
            ),
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="X-Ray's actions and the log deliveries of Step Functions accept no resource.",
            ),
        )

    def _build_log_group(self, settings: StageSettings) -> logs.LogGroup:
        stack = Stack.of(self)
        # A retained log group must not occupy the name that the next stack needs: the last part of a stack's
        # ARN is different each time that the stack is created.
        creation = Fn.select(2, Fn.split("/", stack.stack_id))
        return logs.LogGroup(
            self,
            "Logs",
            # With this prefix, the account's log resource policy stays below its size limit.
            # https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
            log_group_name=f"/aws/vendedlogs/states/{stack.stack_name}-{self.node.id}-{creation}",
            retention=settings.log_retention,
            removal_policy=settings.removal_policy,
        )

    def _build_alarms(self, settings: StageSettings, what: str) -> None:
        # An alarm for each way to fail: one over their sum needs metric math, which is not available locally.
        ends = {
            "Failed": self.machine.metric_failed,
            "TimedOut": self.machine.metric_timed_out,
            "Aborted": self.machine.metric_aborted,
        }
        for end, metric in ends.items():
            Alarm(
                self,
                f"{end}Alarm",
                settings=settings,
                description=f"{what} ended without an answer: {end}.",
                metric=metric(period=Duration.minutes(1), statistic="Sum"),
            )


def executions_of(machine: sfn.StateMachine, pattern: str) -> str:
    """Return the ARN of a machine's executions, with `pattern` after the machine's name."""
    return Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}{pattern}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def executions_acknowledgment(machine: sfn.StateMachine, pattern: str, reason: str) -> Acknowledgment:
    """Return the cdk-nag acknowledgment of permissions on all of these executions."""
    resource = machine.node.default_child
    if not isinstance(resource, sfn.CfnStateMachine):
        raise TypeError
    name = Stack.of(machine).get_logical_id(resource)
    return Acknowledgment(
        id="AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:"
        f"execution:<{name}.Name>{pattern}]",
        reason=reason,
    )
