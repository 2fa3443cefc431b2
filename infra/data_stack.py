"""The stateful stack: the tables and their key."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.counters_table import CountersTable
from infra.import_bucket import ImportBucket
from infra.ledger_table import LedgerTable
from infra.settings import StageSettings
from infra.users_table import UsersTable


class DataStack(Stack):
    """What must outlive every deployment."""

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
        self.ledger = LedgerTable(self, "Ledger", settings=settings, key=key)
        self.counters = CountersTable(self, "Counters", settings=settings, key=key)
        self.imports = ImportBucket(self, "Imports", settings=settings, key=key)
        # These names are the contract with whoever reads the tables: they never change.
        CfnOutput(self, "UsersTableName", value=self.users.table.table_name)
        CfnOutput(self, "LedgerTableName", value=self.ledger.table.table_name)
        CfnOutput(self, "ImportBucketName", value=self.imports.bucket.bucket_name)
        CfnOutput(self, "CountersTableName", value=self.counters.table.table_name)
