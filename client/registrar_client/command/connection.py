"""The shared options: which deployment a command uses. They stand before the command's name or after it."""

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

import boto3
import httpx
import typer
from botocore.exceptions import NoCredentialsError, NoRegionError

from registrar_client.calls import base_of
from registrar_client.client import RegistrarClient
from registrar_client.command.streams import written
from registrar_client.signing import SigV4, Token
from registrar_client.stage import LOCAL, Stage, StageNotFound, find_stage

TABLES: Final = "reads the tables of a stage, not the API"
"""Why a command takes no --url."""

Command = Callable[..., None]
LINE, ENVIRONMENT, DEFAULT = "COMMANDLINE", "ENVIRONMENT", "DEFAULT"


class StageTables(NamedTuple):
    """The arguments of ``Checker`` and ``Tables``: a DynamoDB client, and the names of a stage's tables."""

    client: Any
    users: str
    ledger: str


@dataclass(frozen=True)
class Connection:
    """Which deployment a command uses, and whether it prints JSON."""

    stage: str
    url: str | None
    profile: str | None
    region: str | None
    as_json: bool

    def deployed(self) -> Stage:
        """Find the deployed stage.

        Raises:
            StageNotFound: it is not deployed.
        """
        return find_stage(self.stage, self.profile, self._region())

    def tables(self) -> StageTables:
        """Find the tables of the deployed stage.

        Raises:
            StageNotFound: the stage is not deployed.
        """
        stage = self.deployed()
        users, ledger = (stage.outputs[name] for name in ("UsersTableName", "LedgerTableName"))
        return StageTables(stage.client("dynamodb"), users, ledger)

    def client(self) -> RegistrarClient:
        """Make the API's client; a token in ``REGISTRAR_TOKEN`` takes precedence over AWS credentials.

        Raises:
            StageNotFound: the stage is not deployed, or has no API.
            NoCredentialsError, NoRegionError: requests cannot be signed.
        """
        if self.url is None:
            stage = self.deployed()
            if "ApiUrl" not in stage.outputs:
                raise StageNotFound(f"stage {self.stage!r} has no API yet: deploy it again, or use --url")
            return RegistrarClient(stage.outputs["ApiUrl"], _auth(stage.session))
        try:
            url = base_of(self.url)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--url") from None
        if os.environ.get("REGISTRAR_TOKEN") and (self.profile or self.region):
            raise typer.BadParameter("REGISTRAR_TOKEN excludes --profile and --region with --url")
        session = boto3.Session(profile_name=self.profile, region_name=self._region())
        return RegistrarClient(url, _auth(session))

    def _region(self) -> str | None:
        # boto3 reads only AWS_DEFAULT_REGION, the other AWS SDKs AWS_REGION.
        return self.region or os.environ.get("AWS_REGION") or None


def _auth(session: boto3.Session) -> httpx.Auth:
    if token := os.environ.get("REGISTRAR_TOKEN"):
        return Token(token)
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    if session.region_name is None:
        raise NoRegionError
    return SigV4(credentials, session.region_name)


def connected(**absent: str) -> Callable[[Command], Command]:
    """Add the shared options to a command, which receives them as ``connection``.

    Args:
        absent: the options that it refuses, each with the reason.
    """

    def decorated(command: Command) -> Command:
        @functools.wraps(command)
        def run(context: typer.Context, **options: Any) -> None:  # noqa: ANN401 - Typer's
            for name in SHARED:
                options.pop(name)
            if "context" in wanted:
                options["context"] = context
            with written():  # Typer would end a broken pipe with another status.
                command(connection=_connection(context, absent), **options)

        wanted = inspect.signature(command).parameters
        own = [each for name, each in wanted.items() if name not in {"connection", "context"}]
        shared = [_hidden(each) if name in absent else each for name, each in SHARED.items()]
        context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (context, *own, *shared)]
        return _with_parameters(run, parameters)

    return decorated


def accepts_shared_options(group: Command) -> Command:
    """Add the shared options to a group of commands; those after the command's name take precedence."""

    @functools.wraps(group)
    def run(**_: Any) -> None:  # noqa: ANN401 - Typer's
        return None

    return _with_parameters(run, [*inspect.signature(group).parameters.values(), *SHARED.values()])


def is_given(context: typer.Context, name: str) -> bool:
    """Return whether an option is given on the command line."""
    return _source(context, name) == LINE


def _with_parameters(run: Command, parameters: Iterable[inspect.Parameter]) -> Command:
    """Give a function the parameters that Typer is to read, not those of what it wraps."""
    run.__signature__ = inspect.Signature([*parameters])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del run.__wrapped__  # type: ignore[attr-defined]
    return run


def _connection(context: typer.Context, absent: Mapping[str, str]) -> Connection:
    given = {name: _nearest(context, name) for name in SHARED}
    on_line = {name for name, (_, source) in given.items() if source == LINE}
    for name in on_line & absent.keys():
        raise typer.BadParameter(f"`{context.info_name}` {absent[name]}", param_hint=_flag(name))
    values: dict[str, Any] = {name: value for name, (value, _) in given.items()}
    if _uses_url(given, absent):
        return Connection(**values)
    if values["stage"] == LOCAL and on_line & {"profile", "region"}:
        flag = _flag(min(on_line & {"profile", "region"}))
        raise typer.BadParameter("the local stage has none: add --stage for one on AWS", param_hint=flag)
    return Connection(**{**values, "url": None})


def _uses_url(given: Mapping[str, tuple[Any, str]], absent: Mapping[str, str]) -> bool:
    """Return whether --url is used, not --stage; the command line takes precedence over the environment."""
    url, stage = given["url"][1], given["stage"][1]
    if url == DEFAULT or (stage == LINE and url == ENVIRONMENT):
        return False
    if url == LINE and stage == ENVIRONMENT:
        return True
    if "url" in absent:
        if stage == ENVIRONMENT:
            return False
        raise typer.BadParameter(f"REGISTRAR_URL is set, but this {absent['url']}: name a stage with --stage")
    if stage == url:
        where = "--stage and --url" if url == LINE else "REGISTRAR_STAGE and REGISTRAR_URL"
        raise typer.BadParameter(f"{where} exclude each other: leave one of them out")
    return True


def _nearest(context: typer.Context, name: str) -> tuple[Any, str]:
    """Return an option's value and its source: after the command, else before it, else the environment."""
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


def _hidden(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a hidden option, which is refused with the reason."""
    kind = bool if parameter.name == "as_json" else str | None
    envvar = "REGISTRAR_URL" if parameter.name == "url" else None
    option = typer.Option(_flag(parameter.name), hidden=True, envvar=envvar)
    return parameter.replace(annotation=Annotated[kind, option])


def _shared(
    *,
    stage: Annotated[str, typer.Option(envvar="REGISTRAR_STAGE", help="The deployed stage.")] = LOCAL,
    url: Annotated[
        str | None, typer.Option(envvar="REGISTRAR_URL", help="The API's URL, instead of a stage.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="The AWS profile, for a stage on AWS.")] = None,
    region: Annotated[
        str | None, typer.Option(help="The AWS region, for a stage on AWS; AWS_REGION when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Has the parameters that every command shares."""


SHARED: Final = inspect.signature(_shared).parameters
