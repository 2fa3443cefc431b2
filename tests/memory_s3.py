"""S3 in memory: what the import's steps ask of it, and a note of every call."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

Hook = Callable[[str, str], None]


class Body(io.BytesIO):
    """The body of an answer."""

    def iter_chunks(self, size: int) -> Any:
        while block := self.read(size):
            yield block


@dataclass
class MemoryS3:
    """Buckets as dictionaries.

    Attributes:
        hooks: are called with side (``before-call``, ``after-call``) and operation of every call.
    """

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        content = self._called("HeadObject", Key, lambda: self._content(Bucket, Key, "HeadObject"))
        return {"ContentLength": len(content), "ETag": f'"{hash(content)}"'}

    def get_object(self, Bucket: str, Key: str, **_options: Any) -> dict[str, Any]:  # noqa: N803
        return {"Body": Body(self._called("GetObject", Key, lambda: self._content(Bucket, Key, "GetObject")))}

    def put_object(self, Bucket: str, Key: str, Body: Any, IfNoneMatch: str = "", **_options: Any) -> None:  # noqa: N803
        def put() -> None:
            if IfNoneMatch and (Bucket, Key) in self.objects:
                raise error("PreconditionFailed", 412, "PutObject")
            self.objects[Bucket, Key] = Body if isinstance(Body, bytes) else Body.read()

        self._called("PutObject", Key, put)

    def get_paginator(self, _operation: str) -> Any:
        def paginate(Bucket: str, Prefix: str) -> Any:  # noqa: N803
            found = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
            return self._called(
                "ListObjectsV2", Prefix, lambda: [{"Contents": [{"Key": key} for key in found]}]
            )

        return SimpleNamespace(paginate=paginate)

    def generate_presigned_url(self, operation: str, parameters: dict[str, Any], **_options: Any) -> str:
        signed = "".join(
            f"&{name}={value}" for name, value in parameters.items() if name not in ("Bucket", "Key")
        )
        return f"https://{parameters['Bucket']}/{parameters['Key']}?{operation}{signed}"

    def _called(self, operation: str, key: str, work: Callable[[], Any]) -> Any:
        self.calls.append((operation, key))
        for hook in self.hooks:
            hook("before-call", operation)
        done = work()
        for hook in self.hooks:
            hook("after-call", operation)
        return done

    def _content(self, bucket: str, key: str, operation: str) -> bytes:
        if (bucket, key) not in self.objects:
            raise error("NoSuchKey", 404, operation)
        return self.objects[bucket, key]


def error(code: str, status: int, operation: str) -> ClientError:
    """Return an error as S3 sends it."""
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)
