"""The Counters table: totals of users and changes, kept from the Ledger stream."""

from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.encrypted_table import EncryptedTable
from infra.settings import StageSettings


class CountersTable(EncryptedTable):
    """Totals, and notes of how far each user's trail has been counted."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, key=key, partition_key="pk", sort_key="sk")
