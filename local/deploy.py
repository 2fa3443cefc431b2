"""`cdk bootstrap`, `cdk synth` and `cdk deploy`, as for AWS, on the local AWS."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.config import Config

from local import processes, signals
from local.errors import LocalAwsError
from local.ministack import CHECKOUT, REGION, clean_environment, client_environment, tail
from registrar_client.stage import NOT_UP, OUTPUTS, local_session

if TYPE_CHECKING:
    import subprocess

    from local.processes import Process

ACCOUNT: Final = "000000000000"
CDK_SECONDS: Final = 5


@dataclass(frozen=True)
class Outputs:
    """The contents of `outputs.json`: the endpoint, the region, and the stacks' outputs by name."""

    endpoint: str
    region: str
    UserChangeStateMachineArn: str
    UserChangeExpressStateMachineArn: str
    UsersTableName: str
    LedgerTableName: str
    CountersTableName: str
    ImportUsersStateMachineArn: str
    ImportBucketName: str
    EventBusName: str
    ApiUrl: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Make a boto3 client of this local AWS, independent of the shell's profile and region."""
        return client(service, self.endpoint)


def client(service: str, endpoint: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Make a boto3 client of a local endpoint, with dummy credentials."""
    # The host prefix of StartSyncExecution (sync-) does not resolve locally.
    config = Config(inject_host_prefix=False, max_pool_connections=64)
    return local_session(REGION).client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]


def deploy(endpoint: str, directory: Path) -> Outputs:
    """Deploy the local stage and write ``outputs.json`` into the directory.

    ``CDK_ASSEMBLY`` may name a cloud assembly to deploy; without it, the app is synthesized first.

    Raises:
        LocalAwsError: the CDK failed; the message has the end of its output.
    """
    own, stacks = directory / "cdk.out", directory / "stacks.json"
    with Cdk(directory, client_environment(endpoint)) as cdk:
        # In this folder the CDK finds no cdk.json, so it does not synthesize the app.
        cdk.start("bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=directory)
        made = os.environ.get("CDK_ASSEMBLY")
        if made is None:
            cdk.start("synth", "--quiet", "--context", "stage=local", "--output", str(own), cwd=CHECKOUT)
        else:
            # A copy, since the CDK writes into the assembly as it deploys.
            shutil.copytree(CHECKOUT / made, own, dirs_exist_ok=True)
        cdk.wait()
        # fmt: off
        cdk.start(
            "deploy", "--all", "--app", str(own), "--method", "direct", "--require-approval", "never",
            "--outputs-file", str(stacks), cwd=directory,
        )
        # fmt: on
        cdk.wait()
    values = {
        name: value for stack in json.loads(stacks.read_text()).values() for name, value in stack.items()
    }
    # On AWS each API has its own host name; MiniStack has the API's id in the path instead.
    api_id = values["ApiUrl"].partition("://")[2].partition(".")[0]
    values["ApiUrl"] = f"{endpoint}/_aws/execute-api/{api_id}/$default"
    named = {name: values[name] for name in Outputs.__dataclass_fields__ if name in values}
    outputs = Outputs(endpoint=endpoint, region=REGION, **named)
    processes.write_file(directory / OUTPUTS, json.dumps(vars(outputs), indent=2) + "\n")
    return outputs


def synth(stage: str, output: Path, directory: Path) -> str:
    """Synthesize a stage's templates into a folder; the CDK prints nothing.

    Returns:
        The CDK's warnings and notes about the app, a line each.

    Raises:
        LocalAwsError: the CDK failed; the message has the end of its output.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with Cdk(directory, {}) as cdk:
        log = cdk.start(
            "synth", "--quiet", "--context", f"stage={stage}", "--output", str(output), cwd=CHECKOUT
        )
        cdk.wait()
    said = log.read_text(errors="replace").splitlines()
    return "\n".join(line for line in said if line.startswith(("[Warning", "[Info")))


def read_outputs(directory: Path) -> Outputs:
    """Read what ``deploy`` has written.

    Raises:
        LocalAwsError: nothing is deployed from this directory.
    """
    try:
        return Outputs(**json.loads((directory / OUTPUTS).read_text()))
    except FileNotFoundError:
        raise LocalAwsError(NOT_UP) from None


class Cdk:
    """The CDK command line, one process for each command; those that still run end with the `with` block."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        """Keep logs, notes and caches in `directory`; add `environment` to that of the commands."""
        self._directory = directory
        self._environment = {**clean_environment(), **environment, **quiet(directory)}
        self._running: list[tuple[str, Path, subprocess.Popen[bytes], Process]] = []

    def start(self, command: str, *arguments: str, cwd: Path) -> Path:
        """Start a command; return its log."""
        log = self._directory / f"cdk-{command}.log"
        popen, process = processes.spawn(
            self._directory,
            f"cdk {command}",
            [str(CHECKOUT / "node_modules/.bin/cdk"), command, *arguments, "--no-notices", "--no-color"],
            cwd=cwd,
            env=self._environment,
            log=log,
        )
        self._running.append((command, log, popen, process))
        return log

    def wait(self) -> None:
        """Wait for all commands that were started.

        Raises:
            LocalAwsError: a command failed; the message has the end of its output.
        """
        while self._running:
            command, log, popen, process = self._running[0]
            if popen.wait():
                raise LocalAwsError(f"`cdk {command}` failed; its output {log} ends with:\n{tail(log)}")
            processes.forget(self._directory, process)
            del self._running[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with signals.deferred():
            for _, _, popen, process in self._running:
                processes.end(process, CDK_SECONDS)
                popen.wait()
                processes.forget(self._directory, process)
            self._running.clear()


def quiet(directory: Path) -> dict[str, str]:
    """Return variables: no telemetry, no check for a new version, caches inside the checkout only."""
    return {
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "CDK_HOME": str(directory / "cdk-home"),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
        or str(CHECKOUT / ".local" / "jsii"),
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22,24",
        # `cdk.json` starts `python3` from the path: this Python.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "CI": "true",
    }
