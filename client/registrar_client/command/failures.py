"""What a person is told of what went wrong: one sentence, and what to do."""

from collections.abc import Mapping
from typing import Final

from botocore import exceptions as aws

from registrar_client.check.tables import IncompleteRead
from registrar_client.command.output_file import CannotWrite
from registrar_client.errors import ApiProblem, Forbidden, NotFound, RegistrarError, StillRunning
from registrar_client.models import Problem
from registrar_client.stage import StageNotFound

NO, FAILED, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141

_LOG_IN: Final = "log in anew, such as with `aws sso login`, then try again"
_CHECK: Final = "check --profile, and the AWS_* variables of this shell"

_OF_AWS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (aws.NoRegionError, "name one with --region, or set AWS_REGION"),
    (
        (aws.NoCredentialsError, aws.PartialCredentialsError),
        "name a --profile that has some, or set REGISTRAR_TOKEN where the API takes tokens",
    ),
    (aws.ProfileNotFound, "`aws configure list-profiles` lists those that there are"),
    ((aws.SSOError, aws.TokenRetrievalError, aws.CredentialRetrievalError), _LOG_IN),
    ((aws.InvalidRegionError, aws.UnknownRegionError), "check --region and AWS_REGION"),
    ((aws.HTTPClientError, aws.ConnectionError), "check the network, --stage and --region"),
)
_OF_CODES: Final[Mapping[str, str]] = {
    code: advice
    for advice, codes in {
        _LOG_IN: "ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired",
        _CHECK: "InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch AuthFailure"
        " InvalidAccessKeyId InvalidSignatureException IncompleteSignature MissingAuthenticationToken",
        "name a --profile whose role may do this": "AccessDenied AccessDeniedException UnauthorizedOperation",
        "too much is asked at once: try again a little later": "Throttling ThrottlingException"
        " ProvisionedThroughputExceededException RequestLimitExceeded",
    }.items()
    for code in codes.split()
}


def explained(error: Exception) -> tuple[str, int]:
    """Return what is told of an error, and the status with which the command ends."""
    if isinstance(error, ApiProblem):
        said_no = isinstance(error, NotFound) or error.document.get("outcome") == "REJECTED"
        return _sentence(error), NO if said_no else FAILED
    if isinstance(error, StillRunning):
        return f"{error} still runs; ask again with: registrar change {error} --wait", FAILED
    if isinstance(error, (RegistrarError, StageNotFound, IncompleteRead, CannotWrite)):
        return str(error), FAILED
    return _of_others(error), FAILED


def in_words(problem: Problem) -> str:
    """Return a reason in words, its code and where it lies."""
    advice = ""
    if problem.code == "unknown_column" and "--column" not in problem.message:
        advice = '; --column "NAME=FIELD" says what a column holds, and --column NAME= passes it over'
    place = f"{problem.code} {problem.path}".strip()
    return f"{problem.message} ({place}){advice}"


def _sentence(problem: ApiProblem) -> str:
    if isinstance(problem, Forbidden):
        return f"{problem}: {_CHECK}, or REGISTRAR_TOKEN"
    return "; ".join(map(in_words, problem.problems)) or str(problem)


def _of_others(error: Exception) -> str:
    if isinstance(error, (aws.BotoCoreError, aws.ClientError)):
        return _of_aws(error)
    if isinstance(error, UnicodeError):
        return "what was given is not text in UTF-8"
    if isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename else ""
        return f"{named}{error.strerror or error}"
    return f"unexpected {type(error).__name__}: {error} (REGISTRAR_DEBUG=1 shows where)"


def _of_aws(error: Exception) -> str:
    text = str(error).rstrip(".")
    if isinstance(error, aws.ClientError):
        advice = _OF_CODES.get(error.response.get("Error", {}).get("Code", ""))
    else:
        advice = next((advice for kinds, advice in _OF_AWS if isinstance(error, kinds)), None)
    return f"{text}: {advice}" if advice else text
