"""The stateful stack: the tables, the import bucket and their key."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.encrypted_table import EncryptedTable
from infra.import_bucket import ImportBucket
from infra.settings import StageSettings
from infra.users_table import UsersTable


class DataStack(Stack):
    """Everything that must survive a deployment."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Registrar ({settings.name}): the users, the ledger, the counters, and their key",
            termination_protection=settings.deletion_protection,
        )
        key = kms.Key(
            self,
            "Key",
            description=f"Registrar ({settings.name}): encrypts the tables",
            enable_key_rotation=True,
            removal_policy=settings.removal_policy,
        )
        self.users = UsersTable(self, "Users", settings=settings, key=key)
        # One audit record for each decided change, appended and never altered.
        self.ledger = EncryptedTable(
            self,
            "Ledger",
            settings=settings,
            key=key,
            partition_key="user_id",
            sort_key="sequence",
            stream=dynamodb.StreamViewType.NEW_IMAGE,
        )
        # Totals, and how far each user's records have been counted.
        self.counters = EncryptedTable(
            self, "Counters", settings=settings, key=key, partition_key="pk", sort_key="sk"
        )
        self.imports = ImportBucket(self, "Imports", settings=settings, key=key)
        # Readers of the tables rely on these outputs' names: they never change.
        CfnOutput(self, "UsersTableName", value=self.users.table.table_name)
        CfnOutput(self, "LedgerTableName", value=self.ledger.table.table_name)
        CfnOutput(self, "ImportBucketName", value=self.imports.bucket.bucket_name)
        CfnOutput(self, "CountersTableName", value=self.counters.table.table_name)
