"""The objects in S3 that imports read and write."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from registrar.adapters import aws
from registrar.adapters.faults import transient_faults
from registrar.domain.errors import ImportRefused, Problem, TransientFault
from registrar.imports.domain.objects import FoundObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK_BYTES: Final = 256 * 1024
ABSENT: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)
"""Without the permission to list a bucket, S3 answers 403 for a missing object, too."""


def make_client() -> "S3Client":
    """Make a function's client."""
    made: S3Client = aws.client(
        "s3",
        read_timeout=10,
        attempts=3,
        signature_version="s3v4",
        # Links with the region's own host: the global one redirects, and a signature covers the host.
        s3={"addressing_style": "virtual"},
    )
    return made


class Objects:
    """The import bucket; files are read from other buckets, too.

    Every method raises ``TransientFault`` when S3 throttles or is not reached: try again.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self.bucket = bucket
        self._client = client

    def find(self, bucket: str, key: str) -> FoundObject | None:
        """Find an object, None when it is not there or may not be read."""
        try:
            with transient_faults():
                head = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _status(error) in ABSENT:
                return None
            raise
        return FoundObject(bucket, key, head["ContentLength"], head["ETag"])

    def blocks(self, found: FoundObject) -> Iterator[bytes]:
        """Yield the bytes of an object that was found, a block at a time.

        Raises:
            ImportRefused: the object may not be read.
            TransientFault: also when the connection broke or the object was overwritten; begin again.
        """
        try:
            with transient_faults():
                answer = self._client.get_object(Bucket=found.bucket, Key=found.key, IfMatch=found.tag)
                yield from answer["Body"].iter_chunks(BLOCK_BYTES)
        except ClientError as error:
            if _status(error) == HTTPStatus.PRECONDITION_FAILED:
                raise TransientFault("the object was overwritten while it was read") from error
            if _status(error) in ABSENT:
                message = "may not be read: its key, its storage class or its bucket does not allow it"
                raise ImportRefused(Problem("not_found", "/source", message)) from error
            raise

    def read(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a JSON object of the import bucket, None when it is not there."""
        try:
            with transient_faults():
                body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if _status(error) in ABSENT:
                return None
            raise
        return json.loads(body)

    def write(self, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write a JSON object."""
        with transient_faults():
            self._client.put_object(Bucket=self.bucket, Key=key, Body=_json(value))

    def write_once(self, key: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Write a JSON object unless it is there; tell whether it was written.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        try:
            with transient_faults():
                self._client.put_object(Bucket=self.bucket, Key=key, Body=_json(value), IfNoneMatch="*")
        except ClientError as error:
            if _status(error) == HTTPStatus.PRECONDITION_FAILED:
                return False
            if _status(error) == HTTPStatus.CONFLICT:
                raise TransientFault("another request writes the same object") from error
            raise
        return True

    def upload(self, key: str, file: Path, content_type: str) -> None:
        """Write a file of up to 5 GiB, as much as one PUT takes."""
        with transient_faults(), file.open("rb") as content:
            self._client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order; a thousand to a request."""
        with transient_faults():
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            ):
                yield from (each["Key"] for each in page.get("Contents", []))

    def link_to_read(self, key: str, seconds: int) -> str:
        """Return a presigned URL that reads an object."""
        return self._link("get_object", seconds, Key=key)

    def link_to_write(self, key: str, size: int, seconds: int) -> str:
        """Return a presigned URL that puts an object of so many bytes.

        The URL's signature covers the Content-Length header, so S3 refuses any other size:
        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        """
        return self._link("put_object", seconds, Key=key, ContentLength=size)

    def _link(self, operation: str, seconds: int, **parameters: Any) -> str:  # noqa: ANN401 - of the operation
        parameters["Bucket"] = self.bucket
        return str(self._client.generate_presigned_url(operation, parameters, ExpiresIn=seconds))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
