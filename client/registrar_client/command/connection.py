"""The options that say which Registrar a command asks, the same for every command."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import httpx
import typer

from registrar_client.client import RegistrarClient
from registrar_client.signing import SigV4, Token
from registrar_client.stage import LOCAL, Stage, StageNotFound, find_stage

Stages = Annotated[str, typer.Option(envvar="REGISTRAR_STAGE", help="The stage that is asked.")]
Urls = Annotated[
    str | None, typer.Option(envvar="REGISTRAR_URL", help="The API's address, instead of a stage.")
]
Profiles = Annotated[str | None, typer.Option(help="The AWS profile, for a stage on AWS.")]
Regions = Annotated[str | None, typer.Option(help="The AWS region, for a stage on AWS.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


@dataclass(frozen=True)
class Connection:
    """Which Registrar a command asks, and for whom it prints."""

    stage: str
    url: str | None
    profile: str | None
    region: str | None
    as_json: bool

    def deployed(self) -> Stage:
        """Find the deployed stage.

        Raises:
            StageNotFound: it is not there.
        """
        return find_stage(self.stage, self.profile, self.region)

    def client(self) -> RegistrarClient:
        """Make the API's client; a token in ``REGISTRAR_TOKEN`` goes before AWS credentials.

        Raises:
            StageNotFound: the stage is not there, or has no API, or there are no credentials.
        """
        if self.url is not None:
            session = boto3.Session(profile_name=self.profile, region_name=self.region)
            return RegistrarClient(self.url, _auth(session))
        stage = self.deployed()
        if "ApiUrl" not in stage.outputs:
            raise StageNotFound(
                f"stage {self.stage!r} has no API yet; deploy it anew, or name one with --url"
            )
        return RegistrarClient(stage.outputs["ApiUrl"], _auth(stage.session))


def _auth(session: boto3.Session) -> httpx.Auth:
    token = os.environ.get("REGISTRAR_TOKEN")
    if token:
        return Token(token)
    credentials = session.get_credentials()
    if credentials is None or session.region_name is None:
        message = "no AWS credentials or no region: name --profile and --region, or set REGISTRAR_TOKEN"
        raise StageNotFound(message)
    return SigV4(credentials, session.region_name)


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options above; it gets them as ``connection``."""

    @functools.wraps(command)
    def run(**options: Any) -> None:  # noqa: ANN401 - Typer's
        own = {name: options.pop(name) for name in SHARED}
        command(connection=Connection(**own), **options)

    signature = inspect.signature(command)
    kept = [parameter for name, parameter in signature.parameters.items() if name != "connection"]
    run.__signature__ = signature.replace(parameters=[*kept, *SHARED.values()])  # type: ignore[attr-defined]
    run.__annotations__ = {
        **{parameter.name: parameter.annotation for parameter in kept},
        **{name: parameter.annotation for name, parameter in SHARED.items()},
    }
    del run.__wrapped__  # Typer would read the command's own annotations there.  # type: ignore[attr-defined]
    return run


def _shared(name: str, kind: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401 - of any type
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


SHARED = {
    parameter.name: parameter
    for parameter in (
        _shared("stage", Stages, LOCAL),
        _shared("url", Urls, None),
        _shared("profile", Profiles, None),
        _shared("region", Regions, None),
        _shared("as_json", AsJson, default=False),
    )
}
