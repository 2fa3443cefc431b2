"""The options that say which Registrar a command asks, before its name or behind it."""

import functools
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import boto3
import httpx
import typer
from botocore.exceptions import NoCredentialsError, NoRegionError

from registrar_client.calls import base_of
from registrar_client.client import RegistrarClient
from registrar_client.command.failures import BROKEN_PIPE
from registrar_client.command.streams import drop_output
from registrar_client.signing import SigV4, Token
from registrar_client.stage import LOCAL, Stage, StageNotFound, find_stage

Stages = Annotated[str, typer.Option(envvar="REGISTRAR_STAGE", help="The stage that is asked.")]
Urls = Annotated[
    str | None, typer.Option(envvar="REGISTRAR_URL", help="The API's address, instead of a stage.")
]
Profiles = Annotated[str | None, typer.Option(help="The AWS profile, for a stage on AWS.")]
Regions = Annotated[
    str | None, typer.Option(help="The AWS region, for a stage on AWS; AWS_REGION when left out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]

TABLES: Final = "reads the tables of a stage, not the API"
"""Why a command has no --url."""

LINE, ENVIRONMENT, DEFAULT = "COMMANDLINE", "ENVIRONMENT", "DEFAULT"


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
        return find_stage(self.stage, self.profile, self._region())

    def client(self) -> RegistrarClient:
        """Make the API's client; a token in ``REGISTRAR_TOKEN`` goes before AWS credentials.

        Raises:
            StageNotFound: the stage is not there, or has no API.
            NoCredentialsError, NoRegionError: there is nothing to sign with.
        """
        if self.url is None:
            stage = self.deployed()
            if "ApiUrl" not in stage.outputs:
                raise StageNotFound(
                    f"stage {self.stage!r} has no API yet; deploy it anew, or name one with --url"
                )
            return RegistrarClient(stage.outputs["ApiUrl"], _auth(stage.session))
        try:
            url = base_of(self.url)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--url") from None
        if os.environ.get("REGISTRAR_TOKEN") and (self.profile or self.region):
            message = (
                "--profile and --region sign what is asked of --url, and REGISTRAR_TOKEN does it already"
            )
            raise typer.BadParameter(f"{message}: unset it, or leave them out")
        session = boto3.Session(profile_name=self.profile, region_name=self._region())
        return RegistrarClient(url, _auth(session))

    def _region(self) -> str | None:
        # As every other SDK of AWS does; boto3 alone reads AWS_DEFAULT_REGION only.
        return self.region or os.environ.get("AWS_REGION") or None


def _auth(session: boto3.Session) -> httpx.Auth:
    token = os.environ.get("REGISTRAR_TOKEN")
    if token:
        return Token(token)
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    if session.region_name is None:
        raise NoRegionError
    return SigV4(credentials, session.region_name)


def connected(**absent: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options above; it gets them as ``connection``.

    Args:
        absent: those that it cannot honour, each with the reason; they are refused, wherever they stand.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(context: typer.Context, **options: Any) -> None:  # noqa: ANN401 - Typer's
            for name in SHARED:
                options.pop(name)
            if "context" in wanted:
                options["context"] = context
            try:
                command(connection=_connection(context, absent), **options)
                sys.stdout.flush()
            except BrokenPipeError:
                # As for other programs whose reader has seen enough: no word, and the status of SIGPIPE.
                drop_output()
                raise typer.Exit(BROKEN_PIPE) from None

        wanted = inspect.signature(command).parameters
        own = [each for name, each in wanted.items() if name not in {"connection", "context"}]
        shared = [_hidden(each) if name in absent else each for name, each in SHARED.items()]
        context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (context, *own, *shared)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        # Typer would read the command's own annotations there.
        del run.__wrapped__
        return run

    return decorated


def accepts_shared_options(group: Callable[..., None]) -> Callable[..., None]:
    """Let a group of commands take the options above before the command's name; behind it they win."""

    @functools.wraps(group)
    def run(**_: Any) -> None:  # noqa: ANN401 - Typer's
        return None

    own = list(inspect.signature(group).parameters.values())
    parameters = [*own, *SHARED.values()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del run.__wrapped__
    return run


def is_given(context: typer.Context, name: str) -> bool:
    """Tell whether an option stands on the command line."""
    return _source(context, name) == LINE


def _connection(context: typer.Context, absent: Mapping[str, str]) -> Connection:
    given = {name: _nearest(context, name) for name in SHARED}
    on_line = {name for name, (_, source) in given.items() if source == LINE}
    for name in on_line & absent.keys():
        raise typer.BadParameter(f"`{context.info_name}` {absent[name]}", param_hint=_flag(name))
    values: dict[str, Any] = {name: value for name, (value, _) in given.items()}
    if _asks_url(given, absent):
        return Connection(**values)
    if values["stage"] == LOCAL and on_line & {"profile", "region"}:
        flag = _flag(min(on_line & {"profile", "region"}))
        raise typer.BadParameter("the local stage has none: name one on AWS with --stage", param_hint=flag)
    return Connection(**{**values, "url": None})


def _asks_url(given: Mapping[str, tuple[Any, str]], absent: Mapping[str, str]) -> bool:
    """Tell whether --url is asked, not --stage; what stands on the line goes before the environment."""
    url, stage = given["url"][1], given["stage"][1]
    if url == DEFAULT or (stage == LINE and url == ENVIRONMENT):
        return False
    if url == LINE and stage == ENVIRONMENT:
        return True
    if "url" in absent:
        if stage == ENVIRONMENT:
            return False
        message = f"REGISTRAR_URL is set, and this {absent['url']}: name the stage with --stage"
        raise typer.BadParameter(message)
    if stage == url:
        where = "--stage and --url" if url == LINE else "REGISTRAR_STAGE and REGISTRAR_URL"
        raise typer.BadParameter(f"{where} name two to be asked: leave one of them out")
    return True


def _nearest(context: typer.Context, name: str) -> tuple[Any, str]:
    """Return an option's value and where it comes from: behind the command, before it, and so on."""
    above: Any = context
    while above is not None:
        if _source(above, name) == LINE:
            return above.params[name], LINE
        above = above.parent
    return context.params[name], _source(context, name)


def _source(context: typer.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return DEFAULT if source is None else source.name


def _flag(name: str) -> str:
    return "--json" if name == "as_json" else f"--{name}"


def _shared(name: str, kind: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401 - of any type
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _hidden(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return an option that is only there to be refused with its reason."""
    kind = bool if parameter.annotation is AsJson else str | None
    envvar = "REGISTRAR_URL" if parameter.name == "url" else None
    option = typer.Option(_flag(parameter.name), hidden=True, envvar=envvar)
    return parameter.replace(annotation=Annotated[kind, option])


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
