"""The API fuzzed from its own OpenAPI document: no fault of the server, nothing that is not documented."""

import json
import os
from pathlib import Path

import boto3
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from local.deploy import Outputs

DOCUMENT = Path(__file__).parents[2] / "contracts" / "openapi.json"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))

document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
# Who may ask is settled by the gateway before; the local one wants a signature and does not verify it.
del document["security"], document["components"]["securitySchemes"]
schema = schemathesis.openapi.from_dict(document)
# Its hundreds of combinations of boundary values are for a longer run: make fuzz.
schema.config.phases.coverage.enabled = "FUZZ_EXAMPLES" in os.environ


class Signed(requests.auth.AuthBase):
    """Signs as a caller whom the gateway knows."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = AWSRequest(request.method, request.url, data=request.body)
        credentials = boto3.Session("test", "test").get_credentials()
        SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_api_does_what_its_document_says(case: schemathesis.Case, deployed: Outputs):
    case.call_and_validate(
        base_url=deployed.ApiUrl,
        auth=Signed(),
        # What is of the right form may be refused: a user is not there, a name is taken, and some rules
        # are beyond JSON Schema (tools/schema.py names them).
        excluded_checks=[positive_data_acceptance],
    )
