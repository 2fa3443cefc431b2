"""The import bucket: uploaded files, the chunks made of them, and reports."""

from collections.abc import Sequence

from aws_cdk import Acknowledgment, Duration, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.settings import StageSettings


class ImportBucket(Construct):
    """A bucket whose objects expire: they are personal data, and the ledger has the records to keep."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            # S3 reuses a bucket key instead of calling KMS for each object.
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(settings.import_days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=settings.removal_policy,
        )
        Validations.of(self.bucket).acknowledge(
            Acknowledgment(
                id="AwsSolutions-S1",
                reason="The ledger has each imported change with its actor; the objects expire in days.",
            )
        )

    def allow(
        self, role: iam.Role, *, read: Sequence[str] = (), write: Sequence[str] = (), find: str = ""
    ) -> None:
        """Allow `role` to read and write keys that match these, and to list those with the prefix `find`."""
        via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{Stack.of(self).region}.amazonaws.com"}}
        for action, patterns, key_actions in (
            ("s3:GetObject", read, ["kms:Decrypt"]),
            # S3 decrypts the parts of a multipart upload when it joins them.
            ("s3:PutObject", write, ["kms:Decrypt", "kms:GenerateDataKey"]),
        ):
            if patterns:
                objects = [self.bucket.arn_for_objects(pattern) for pattern in patterns]
                role.add_to_policy(iam.PolicyStatement(actions=[action], resources=objects))
                role.add_to_policy(
                    iam.PolicyStatement(actions=key_actions, resources=[self._key.key_arn], conditions=via_s3)
                )
        if find:
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[self.bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": f"{find}*"}},
                )
            )
        stack = self.bucket.stack
        export = stack.resolve(stack.export_value(self.bucket.bucket_arn))["Fn::ImportValue"]
        Validations.of(role).acknowledge(
            *(
                Acknowledgment(
                    id=f"AwsSolutions-IAM5[Resource::{export}/{pattern}]",
                    reason="Objects are named by import ids, which are unknown at deployment.",
                )
                for pattern in dict.fromkeys((*read, *write))
            )
        )
