"""The guard: delivers the audit records that executions have not delivered."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.data_stack import DataStack
from infra.lambda_function import LambdaFunction
from infra.settings import StageSettings
from infra.stream_consumer import StreamConsumer

NEW_RECEIPTS = {
    "eventName": ["INSERT"],
    # Rejections too: an import delivers their records after their receipts, as for applied changes.
    "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "CHANGE#"}]}}},
}


class Guard(LambdaFunction):
    """A function that the Users stream feeds with new receipts, collected for up to a minute."""

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
            description="Delivers the audit records that executions have not delivered.",
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
