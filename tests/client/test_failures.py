"""How errors are reported: always with advice."""

import pytest
from botocore import exceptions as aws

from registrar_client import Forbidden, Problem
from registrar_client.command.exit_codes import ExitCode
from registrar_client.command.failures import explained, in_words


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (aws.NoRegionError(), "AWS_REGION"),
        (aws.NoCredentialsError(), "--profile"),
        (aws.PartialCredentialsError(provider="env", cred_var="x"), "--profile"),
        (aws.ProfileNotFound(profile="x"), "list-profiles"),
        (aws.SSOTokenLoadError(error_msg="x"), "aws sso login"),
        (aws.UnauthorizedSSOTokenError(), "aws sso login"),
        (aws.TokenRetrievalError(provider="sso", error_msg="x"), "aws sso login"),
        (aws.InvalidRegionError(region_name="eu west"), "--region"),
        (aws.EndpointConnectionError(endpoint_url="https://x"), "--region"),
        (aws.ConnectTimeoutError(endpoint_url="https://x"), "--region"),
        *(
            (aws.ClientError({"Error": {"Code": code, "Message": "no."}}, "Scan"), says)
            for code, says in {
                "ExpiredToken": "aws sso login",
                "ExpiredTokenException": "aws sso login",
                "InvalidClientTokenId": "--profile",
                "UnrecognizedClientException": "--profile",
                "AccessDenied": "whose role",
                "AccessDeniedException": "whose role",
                "ThrottlingException": "a little later",
            }.items()
        ),
        (Forbidden(403, {}), "--profile"),
    ],
)
def test_an_aws_error_ends_with_advice(error, says):
    text, status = explained(error)
    assert says in text.rpartition(": ")[2]
    assert status == ExitCode.FAILED


def test_an_unknown_column_names_the_option_once():
    bare = Problem("unknown_column", "/columns/2", "column 2 is none of user_id")
    assert '--column "NAME=FIELD"' in in_words(bare)
    assert "--column NAME=" in in_words(bare)
    told = Problem("unknown_column", "/columns/2", 'map it with --column "NAME=FIELD"')
    assert in_words(told).count("--column") == 1
