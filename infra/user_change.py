"""The user-change state machine, deployed twice from one definition."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.alarm import Alarm
from infra.settings import StageSettings

DEFINITION = Path(__file__).parents[1] / "statemachines" / "user_change.asl.json"


class UserChange(Construct):
    """One state machine over the four steps, with its own role, log group, tracing and alarms.

    An Express workflow ends after five minutes, so the definition ends both kinds a little earlier. Any one
    state can use up all its retries in that time, and every state can when its calls fail at once. Three
    states that all hang until their timeouts cannot: that execution times out and raises the alarm, and a
    redrive or another start of the same change goes on from what was committed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        machine_type: sfn.StateMachineType,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        """Deploy the definition as `machine_type`; `functions` are keyed by their names in the definition."""
        super().__init__(scope, construct_id)
        arns = {name: function.function_arn for name, function in functions.items()}
        # Step Functions may assume the role for this account's machines only.
        # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
        own_account = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com", conditions=own_account)
        )
        role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[*arns.values()]))
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=machine_type,
            definition_body=sfn.DefinitionBody.from_string(DEFINITION.read_text(encoding="utf-8")),
            definition_substitutions={f"{name}FunctionArn": arn for name, arn in arns.items()},
            role=role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._build_log_group(settings),
                level=sfn.LogLevel.ERROR,
                # The data of an execution are personal.
                include_execution_data=False,
            ),
        )
        self._build_alarms(settings)
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="AwsSolutions-SF1",
                reason="Only errors are logged: the ledger proves every change, and ALL costs more.",
            ),
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="X-Ray's actions and the log deliveries of Step Functions take no resource.",
            ),
        )

    def _build_log_group(self, settings: StageSettings) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            # Only this prefix keeps the account's one log resource policy from outgrowing its limit.
            # https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
            log_group_name=f"/aws/vendedlogs/states/{Stack.of(self).stack_name}-{self.node.id}",
            retention=settings.log_retention,
            # A fixed name that stays behind would stop the next creation; the errors are in the history too.
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _build_alarms(self, settings: StageSettings) -> None:
        # One for each way to end without an answer: only CloudWatch itself can add metrics up in an alarm.
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
                description=f"A user change ended without an answer: {end}.",
                metric=metric(period=Duration.minutes(1), statistic="Sum"),
            )
