"""A table's stream as the event source of a function, with this project's defaults."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarm import Alarm
from infra.encrypted_table import EncryptedTable
from infra.lambda_function import LambdaFunction
from infra.settings import StageSettings

RETRIES = 30
"""Lambda waits up to a minute between them, so that a fault of half an hour needs no operator."""

LAG = Duration.hours(1)
"""The delay of a consumer that raises an alarm; the stream keeps its records for a day."""


class StreamConsumer(Construct):
    """Feeds a function with the records of a stream that match a pattern.

    The function reports each record that fails; Lambda bisects a batch that fails as a whole until the
    faulty record is alone. After the last retry its position in the stream goes to a queue with an alarm.
    """

    def __init__(  # noqa: PLR0913 - properties of a construct, by keyword
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        consumer: LambdaFunction,
        table: EncryptedTable,
        pattern: Mapping[str, Any],
        batching_window: Duration,
    ) -> None:
        super().__init__(scope, construct_id)
        queue = sqs.Queue(
            self,
            "Failed",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=settings.removal_policy,
        )
        queue.grant_send_messages(consumer.role)
        table.allow_stream(consumer.role)
        mapping = consumer.function.add_event_source_mapping(
            "Stream",
            event_source_arn=table.stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=1000,
            max_batching_window=batching_window,
            parallelization_factor=10,
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            retry_attempts=RETRIES,
            on_failure=event_sources.SqsDlq(queue),
            filters=[{"pattern": json.dumps(pattern)}],
        )
        # Lambda checks that the role can read the stream when it creates the mapping.
        mapping.node.add_dependency(consumer.role)
        Alarm(
            self,
            "FailedAlarm",
            settings=settings,
            description="Records of the stream could not be processed; the queue has their positions.",
            metric=queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
        )
        Alarm(
            self,
            "LagAlarm",
            settings=settings,
            description="The consumer of the stream is an hour behind; records expire after a day.",
            metric=consumer.function.metric("IteratorAge", period=Duration.minutes(5), statistic="Maximum"),
            threshold=int(LAG.to_milliseconds()),
        )
        Validations.of(queue).acknowledge(
            Acknowledgment(
                id="AwsSolutions-SQS3", reason="This is the queue of failures itself; an alarm watches it."
            )
        )
