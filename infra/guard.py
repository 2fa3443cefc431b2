"""The guard: delivers the records that executions left behind."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.data_stack import DataStack
from infra.lambda_function import LambdaFunction
from infra.settings import StageSettings
from infra.stream_consumer import StreamConsumer

NEW_RECEIPTS = {
    "eventName": ["INSERT"],
    # Of rejections, too: those of an import are recorded after their receipts, like applied changes.
    "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "CHANGE#"}]}}},
}


class Guard(LambdaFunction):
    """A function fed with new receipts by the Users stream, once a minute while there is little to do."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        data: DataStack,
        code: lambda_.Code,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler="registrar.handlers.guard_ledger.handler",
            code=code,
            description="Delivers the records of changes that their executions left behind.",
            environment={
                "LEDGER_TABLE": data.ledger.table.table_name,
                "GRACE_SECONDS": str(settings.guard_grace_seconds),
            },
            timeout=Duration.minutes(1),
        )
        data.ledger.allow(self.role, "dynamodb:BatchGetItem")
        data.ledger.allow(self.role, "dynamodb:PutItem")
        StreamConsumer(
            self,
            "NewReceipts",
            settings=settings,
            consumer=self,
            table=data.users,
            pattern=NEW_RECEIPTS,
            batching_window=Duration.minutes(1),
        )
