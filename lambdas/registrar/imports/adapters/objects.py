"""The objects of imports: files that people bring, and what becomes of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError, ResponseStreamingError

from registrar.adapters import aws
from registrar.adapters.environment import Environment
from registrar.adapters.faults import transient_faults
from registrar.domain.errors import ImportRefused, Problem, TransientFault

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK_BYTES: Final = 256 * 1024
ABSENT: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)
"""Who may not list a bucket is not told whether an object is missing or forbidden."""


def make_client() -> "S3Client":
    """Make a function's client."""
    made: S3Client = aws.client(
        "s3",
        Config(
            connect_timeout=1,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
            signature_version="s3v4",
            # The region's own host in links: the global one sends those who sign for it elsewhere.
            s3={"addressing_style": "virtual"},
        ),
    )
    return made


@dataclass(frozen=True)
class Found:
    """An object: its size in bytes, and the tag of the state that was found."""

    bucket: str
    key: str
    size: int
    tag: str


class Objects:
    """The import bucket; files are read from other buckets, too."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self.bucket = bucket
        self._client = client

    @classmethod
    def from_environment(cls) -> Self:
        """Make a function's import bucket, once, with a client of its own."""
        return cls(make_client(), Environment.read().import_bucket)

    def find(self, bucket: str, key: str) -> Found | None:
        """Find an object, None when it is not there or may not be read.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        try:
            with transient_faults():
                head = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _status(error) in ABSENT:
                return None
            raise
        return Found(bucket, key, head["ContentLength"], head["ETag"])

    def blocks(self, found: Found) -> Iterator[bytes]:
        """Yield an object's bytes as it was found, a block at a time.

        Raises:
            ImportRefused: it may be found and not read.
            TransientFault: the connection broke, or somebody wrote the object anew; begin again.
        """
        try:
            with transient_faults():
                answer = self._client.get_object(Bucket=found.bucket, Key=found.key, IfMatch=found.tag)
            with transient_faults():
                yield from answer["Body"].iter_chunks(BLOCK_BYTES)
        except ClientError as error:
            if _status(error) == HTTPStatus.PRECONDITION_FAILED:
                raise TransientFault("the object was written anew while it was read") from error
            if _status(error) in ABSENT:
                message = "may not be read: its key, its storage class or its bucket does not allow it"
                raise ImportRefused(Problem("not_found", "/source", message)) from error
            raise
        except (IncompleteReadError, ResponseStreamingError) as error:
            raise TransientFault(type(error).__name__) from error

    def read(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a JSON object of the import bucket, None when it is not there.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        try:
            with transient_faults():
                body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if _status(error) in ABSENT:
                return None
            raise
        except (IncompleteReadError, ResponseStreamingError) as error:
            raise TransientFault(type(error).__name__) from error
        return json.loads(body)

    def write(self, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write a JSON object.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        with transient_faults():
            self._client.put_object(Bucket=self.bucket, Key=key, Body=_json(value))

    def write_once(self, key: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Write a JSON object unless it is there; tell whether it was written.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        try:
            with transient_faults():
                self._client.put_object(Bucket=self.bucket, Key=key, Body=_json(value), IfNoneMatch="*")
        except ClientError as error:
            if _status(error) == HTTPStatus.PRECONDITION_FAILED:
                return False
            if _status(error) == HTTPStatus.CONFLICT:
                raise TransientFault("another writes the same object") from error
            raise
        return True

    def upload(self, key: str, file: Path, kind: str) -> None:
        """Write a file of up to 5 GiB, as much as one PUT takes.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        with transient_faults(), file.open("rb") as content:
            self._client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=kind)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order; a thousand to a request.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        with transient_faults():
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            ):
                yield from (each["Key"] for each in page.get("Contents", []))

    def link_to_read(self, key: str, seconds: int) -> str:
        """Return an address at which an object may be read for so long."""
        return self._link("get_object", seconds, Key=key)

    def link_to_write(self, key: str, size: int, seconds: int) -> str:
        """Return an address to which an object of so many bytes may be sent with PUT for so long.

        The size is a header that is signed with the address, so S3 refuses any other:
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
