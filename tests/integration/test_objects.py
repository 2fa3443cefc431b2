"""The import bucket on the local engine's own S3: what is written once stays."""

import io
import uuid
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.response import StreamingBody

from registrar.domain.errors import ImportRefused, TransientFault
from registrar.imports.adapters import objects
from registrar.imports.adapters.objects import Objects
from tests.integration.conftest import point_at
from tests.memory_s3 import error

pytestmark = pytest.mark.one_engine


@pytest.fixture
def bucket(endpoint, monkeypatch) -> Objects:
    point_at(endpoint, monkeypatch)
    client = objects.make_client()
    name = f"imports-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=name)
    return Objects(client, name)


def test_what_is_written_once_is_not_written_over(bucket):
    assert bucket.write_once("results/1", {"first": True}) is True
    assert bucket.write_once("results/1", {"first": False}) is False
    assert bucket.read("results/1") == {"first": True}
    bucket.write("results/1", ["\ud800", "ß"])
    assert bucket.read("results/1") == ["\ud800", "ß"]


def test_what_is_not_there_is_none(bucket):
    assert bucket.read("nothing") is None
    assert bucket.find(bucket.bucket, "nothing") is None
    assert bucket.find("no-such-bucket-here", "nothing") is None


def test_a_file_is_found_and_read_in_blocks(bucket, tmp_path: Path):
    content = bytes(range(256)) * 3000
    file = tmp_path / "file"
    file.write_bytes(content)
    bucket.upload("uploads/file", file, "text/csv")
    found = bucket.find(bucket.bucket, "uploads/file")
    blocks = list(bucket.blocks(found))
    assert (found.size, b"".join(blocks)) == (len(content), content)
    assert max(map(len, blocks)) <= objects.BLOCK_BYTES


def test_a_file_that_was_written_anew_since_it_was_found_is_begun_again(bucket):
    bucket.write("uploads/file", 1)
    found = bucket.find(bucket.bucket, "uploads/file")
    bucket.write("uploads/file", 2)
    with pytest.raises(TransientFault):
        list(bucket.blocks(found))


@pytest.fixture
def in_aws(monkeypatch) -> Objects:
    """A bucket as it is in AWS, which is not asked."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Objects(objects.make_client(), "bucket")


def test_a_link_names_the_region_s_own_host(in_aws):
    link = in_aws.link_to_write("uploads/x.csv", 12345, 900)
    assert link.startswith("https://bucket.s3.eu-central-1.amazonaws.com/uploads/x.csv?")


def test_a_link_takes_an_object_of_one_size_and_of_no_other(in_aws):
    """S3 recomputes the signature of the headers that it names, of what was sent."""
    link = in_aws.link_to_write("uploads/x.csv", 12345, 900)
    query = parse_qs(urlsplit(link).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert signature(link, "12345") == query["X-Amz-Signature"][0]
    assert signature(link, "12346") != query["X-Amz-Signature"][0]


def signature(link: str, size: str) -> str:
    """Compute the signature of a PUT of so many bytes to a link, as S3 does."""
    url = urlsplit(link)
    query = {name: value for name, (value,) in parse_qs(url.query).items() if name != "X-Amz-Signature"}
    signed = AWSRequest("PUT", link, headers={"Content-Length": size, "Host": url.netloc})
    signed.context["timestamp"] = query["X-Amz-Date"]
    signer = SigV4QueryAuth(Credentials("test", "test"), "s3", "eu-central-1")
    line = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in sorted(query.items()))
    headers = f"content-length:{size}\nhost:{url.netloc}\n"
    canonical = f"PUT\n{url.path}\n{line}\n{headers}\ncontent-length;host\nUNSIGNED-PAYLOAD"
    return str(signer.signature(signer.string_to_sign(signed, canonical), signed))


def test_what_may_be_found_and_not_read_is_refused(bucket, monkeypatch):
    bucket.write("uploads/file", 1)
    found = bucket.find(bucket.bucket, "uploads/file")
    monkeypatch.setattr(bucket._client, "get_object", refused)  # noqa: SLF001
    with pytest.raises(ImportRefused):
        list(bucket.blocks(found))


def test_an_answer_that_breaks_off_is_a_transient_fault(bucket, monkeypatch):
    bucket.write("uploads/file", 1)
    found = bucket.find(bucket.bucket, "uploads/file")
    monkeypatch.setattr(bucket._client, "get_object", cut_short)  # noqa: SLF001
    with pytest.raises(TransientFault):
        bucket.read("uploads/file")
    with pytest.raises(TransientFault):
        list(bucket.blocks(found))


def cut_short(**_call):
    return {"Body": StreamingBody(io.BytesIO(b"12"), 3)}


def refused(**_call):
    raise error("AccessDenied", 403, "GetObject")


def test_all_keys_of_a_prefix_are_listed_in_order(bucket):
    names = [f"progress/{number:06d}" for number in range(1010)]
    for name in reversed(names):
        bucket.write(name, None)
    bucket.write("results/1", None)
    assert list(bucket.keys("progress/")) == names
