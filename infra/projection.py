"""The projection: publishes events and keeps exact counters from the Ledger stream."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.data_stack import DataStack
from infra.lambda_function import LambdaFunction
from infra.settings import StageSettings
from infra.stream_consumer import StreamConsumer

NEW_RECORDS = {"eventName": ["INSERT"]}


class Projection(LambdaFunction):
    """A function that the Ledger stream feeds with new records, to publish and to count."""

    def __init__(  # noqa: PLR0913 - properties of a construct, by keyword
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        data: DataStack,
        code: lambda_.Code,
        bus: events.IEventBus,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler="registrar.handlers.project_ledger.handler",
            code=code,
            description="Publishes an event for each new record of the ledger, and counts it once.",
            environment={
                "LEDGER_TABLE": data.ledger.table.table_name,
                "COUNTERS_TABLE": data.counters.table.table_name,
                "EVENT_BUS": bus.event_bus_name,
            },
            timeout=Duration.minutes(1),
        )
        data.ledger.allow(self.role, "dynamodb:Query")
        data.counters.allow(self.role, "dynamodb:BatchGetItem", ("USER#*",))
        data.counters.allow(self.role, "dynamodb:PutItem", ("USER#*",))
        data.counters.allow(self.role, "dynamodb:UpdateItem", ("TOTALS",))
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus.event_bus_arn])
        )
        StreamConsumer(
            self,
            "NewRecords",
            settings=settings,
            consumer=self,
            table=data.ledger,
            pattern=NEW_RECORDS,
            # Larger batches need fewer transactions, and no caller waits for an event.
            batching_window=Duration.seconds(5),
        )
