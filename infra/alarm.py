"""A CloudWatch alarm with this project's defaults."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import StageSettings


class Alarm(Construct):
    """Raised when a metric reaches its threshold once; notifies the stage's SNS topic, if it has one."""

    def __init__(  # noqa: PLR0913 - properties of a construct, by keyword
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        description: str,
        metric: cloudwatch.IMetric,
        threshold: float = 1,
    ) -> None:
        super().__init__(scope, construct_id)
        alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        if settings.alarm_topic_arn:
            topic = sns.Topic.from_topic_arn(self, "Topic", settings.alarm_topic_arn)
            alarm.add_alarm_action(cloudwatch_actions.SnsAction(topic))
