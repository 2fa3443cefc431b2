"""How errors are reported: one sentence that says what went wrong and what to do."""

from collections.abc import Mapping
from typing import Final

from botocore import exceptions as aws

from registrar_client.check.tables import IncompleteRead
from registrar_client.command.exit_codes import ExitCode
from registrar_client.command.output_file import CannotWrite
from registrar_client.errors import ApiProblem, Forbidden, NotFound, RegistrarError, StillRunning
from registrar_client.models import Problem
from registrar_client.stage import StageNotFound

_LOG_IN: Final = "log in again, such as with `aws sso login`, then try again"
_CHECK: Final = "check --profile, and the AWS_* variables of this shell"

_OF_AWS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (aws.NoRegionError, "name one with --region, or set AWS_REGION"),
    (
        (aws.NoCredentialsError, aws.PartialCredentialsError),
        "name a --profile that has some, or set REGISTRAR_TOKEN where the API takes tokens",
    ),
    (aws.ProfileNotFound, "`aws configure list-profiles` lists the profiles"),
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
        "AWS throttles the requests: try again a little later": "Throttling ThrottlingException"
        " ProvisionedThroughputExceededException RequestLimitExceeded",
    }.items()
    for code in codes.split()
}


def explained(error: Exception) -> tuple[str, ExitCode]:
    """Return the sentence that reports an error, and the status with which the command ends."""
    if isinstance(error, ApiProblem):
        is_answer = isinstance(error, NotFound) or error.document.get("outcome") == "REJECTED"
        return _of_api(error), ExitCode.NO if is_answer else ExitCode.FAILED
    if isinstance(error, StillRunning):
        return f"{error} is still running; wait for it with: registrar change {error} --wait", ExitCode.FAILED
    if isinstance(error, (RegistrarError, StageNotFound, IncompleteRead, CannotWrite)):
        return str(error), ExitCode.FAILED
    return _of_others(error), ExitCode.FAILED


def in_words(problem: Problem) -> str:
    """Return a problem's message with its code and path, and what to do about an unknown column."""
    advice = ""
    if problem.code == "unknown_column" and "--column" not in problem.message:
        advice = '; --column "NAME=FIELD" maps a column to a field, and --column NAME= ignores it'
    place = f"{problem.code} {problem.path}".strip()
    return f"{problem.message} ({place}){advice}"


def _of_api(problem: ApiProblem) -> str:
    if isinstance(problem, Forbidden):
        return f"{problem}: {_CHECK}, or REGISTRAR_TOKEN"
    return "; ".join(map(in_words, problem.problems)) or str(problem)


def _of_others(error: Exception) -> str:
    if isinstance(error, (aws.BotoCoreError, aws.ClientError)):
        return _of_aws(error)
    if isinstance(error, UnicodeError):
        return "an argument is not text in UTF-8"
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
