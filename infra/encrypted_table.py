"""A DynamoDB table with this project's defaults."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.settings import StageSettings

# The actions on a customer-managed key that DynamoDB performs as the caller, without wildcards.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class EncryptedTable(Construct):
    """An on-demand table with point-in-time recovery and a customer-managed key."""

    def __init__(  # noqa: PLR0913 - properties of a construct, by keyword
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        key: kms.IKey,
        partition_key: str,
        sort_key: str | None = None,
        stream: dynamodb.StreamViewType | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=string_attribute(partition_key),
            sort_key=string_attribute(sort_key) if sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=stream,
            deletion_protection=settings.deletion_protection,
            removal_policy=settings.removal_policy,
        )

    def allow(
        self,
        grantee: iam.IGrantable,
        action: str,
        leading_keys: Sequence[str] = (),
        *,
        index: str | None = None,
    ) -> None:
        """Allow `grantee` one action, on partition keys that match one of `leading_keys` if any are given.

        With `index`, the action is allowed on that index instead of the table.

        This includes the use of the table's encryption key, through DynamoDB only. A transaction needs the
        actions of its writes; returning the item whose condition failed needs no further action.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
        """
        # No `Null` check: these actions always name their keys. AWS documents the condition key for each of
        # them, but not inside a transaction, which a `Null` check might therefore deny.
        conditions = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*leading_keys]}}
        statement = iam.PolicyStatement(
            actions=[action],
            resources=[f"{self.table.table_arn}/index/{index}" if index else self.table.table_arn],
            conditions=conditions if leading_keys else None,
        )
        self._grant(grantee, statement, KEY_ACTIONS)

    def allow_stream(self, grantee: iam.IGrantable) -> None:
        """Allow `grantee`, the role of a function that Lambda feeds from the table's stream, to read it.

        https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
        """
        actions = ("DescribeStream", "GetRecords", "GetShardIterator")
        statement = iam.PolicyStatement(
            actions=[f"dynamodb:{action}" for action in actions], resources=[self.stream_arn]
        )
        self._grant(grantee, statement, ("kms:Decrypt",))
        listing = iam.PolicyStatement(actions=["dynamodb:ListStreams"], resources=["*"])
        grantee.grant_principal.add_to_principal_policy(listing)

    @property
    def stream_arn(self) -> str:
        """The ARN of the table's stream."""
        arn = self.table.table_stream_arn
        if arn is None:
            raise AssertionError
        return arn

    def _grant(
        self, grantee: iam.IGrantable, statement: iam.PolicyStatement, key_actions: Sequence[str]
    ) -> None:
        via_dynamodb = {"kms:ViaService": f"dynamodb.{Stack.of(self).region}.amazonaws.com"}
        use_of_key = iam.PolicyStatement(
            actions=[*key_actions], resources=[self._key.key_arn], conditions={"StringEquals": via_dynamodb}
        )
        for each in (statement, use_of_key):
            grantee.grant_principal.add_to_principal_policy(each)


def string_attribute(name: str) -> dynamodb.Attribute:
    """Return a key attribute that holds a string."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
