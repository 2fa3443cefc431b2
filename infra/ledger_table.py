"""The Ledger table: one audit record for each decided change, added to and never altered."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.encrypted_table import EncryptedTable
from infra.settings import StageSettings


class LedgerTable(EncryptedTable):
    """Audit records by user and sequence."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, key: kms.IKey
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            key=key,
            partition_key="user_id",
            sort_key="sequence",
            stream=dynamodb.StreamViewType.NEW_IMAGE,
        )
