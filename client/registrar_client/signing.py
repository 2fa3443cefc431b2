"""Authentication: requests signed with AWS credentials, or a bearer token."""

from collections.abc import Generator
from typing import Protocol

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials


class RefreshableCredentials(Protocol):
    """Credentials as ``boto3.Session().get_credentials()`` returns them."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the currently valid credentials."""


class SigV4(httpx.Auth):
    """Signs each request with AWS Signature Version 4.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    """

    requires_request_body = True

    def __init__(self, credentials: RefreshableCredentials, region: str) -> None:
        self._credentials = credentials
        self._region = region

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers of the signature."""
        frozen = self._credentials.get_frozen_credentials()
        credentials = Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)
        signed = AWSRequest(request.method, str(request.url), data=request.content)
        SigV4Auth(credentials, "execute-api", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request


class Token(httpx.Auth):
    """Sends a bearer token (RFC 6750)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
