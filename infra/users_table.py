"""The Users table: users, the names they hold, and the receipts of changes."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.encrypted_table import EncryptedTable, string_attribute
from infra.settings import StageSettings


class UsersTable(EncryptedTable):
    """Items `USER#…`, `NAME#…` and `CHANGE#…`, with an index that lists users by status and time."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, key: kms.IKey
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            key=key,
            partition_key="pk",
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )
        # `listing` is the status and a shard number: a status alone would be one hot partition.
        self.table.add_global_secondary_index(
            index_name="by_status",
            partition_key=string_attribute("listing"),
            sort_key=string_attribute("updated_at"),
            projection_type=dynamodb.ProjectionType.ALL,
        )

    def allow_changes(self, grantee: iam.IGrantable) -> None:
        """Allow `grantee` to read and commit what changes touch: users, held names and receipts."""
        every, names = ("USER#*", "NAME#*", "CHANGE#*"), ("NAME#*",)
        self.allow(grantee, "dynamodb:BatchGetItem", every)
        self.allow(grantee, "dynamodb:PutItem", every)
        self.allow(grantee, "dynamodb:ConditionCheckItem", names)
        self.allow(grantee, "dynamodb:DeleteItem", names)
