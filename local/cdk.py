"""Runs the checkout's own CDK command line against a local AWS and nothing else."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Final

from local.environment import (
    ACCOUNT,
    CHECKOUT,
    REGION,
    isolated_aws_environment,
    process_environment,
)
from local.ministack import EngineError, describe_log
from local.processes import ProcessGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_COMMAND: Final = CHECKOUT / "node_modules" / ".bin" / "cdk"
_LIMIT_SECONDS: Final = 300
_POLL_SECONDS: Final = 0.05


@contextlib.contextmanager
def synth(directory: Path) -> Iterator[Callable[[], None]]:
    """Synthesize stage `local` into `directory`/cdk.out in the background; yields what waits for it."""
    arguments = ["synth", "--quiet", "-c", "stage=local", "--output", str(_assembly(directory))]
    with _cdk(arguments, directory, name="synth", endpoint=None) as wait:
        yield wait


@contextlib.contextmanager
def bootstrap(directory: Path, endpoint: str) -> Iterator[Callable[[], None]]:
    """Bootstrap the local account in the background; yields what waits for it."""
    arguments = ["bootstrap", f"aws://{ACCOUNT}/{REGION}"]
    with _cdk(arguments, directory, name="bootstrap", endpoint=endpoint) as wait:
        yield wait


def deploy(directory: Path, endpoint: str) -> dict[str, str]:
    """Deploy what `synth` made; returns the outputs of all stacks by name.

    Raises:
        EngineError: the command failed; the message holds the end of its log and the path.
    """
    found = directory / "cdk-outputs.json"
    found.unlink(missing_ok=True)
    # "direct" spares the change set and its polling, two seconds a stack.
    arguments = [
        "deploy",
        "--all",
        "--app",
        str(_assembly(directory)),
        "--method",
        "direct",
        "--concurrency",
        "2",
    ]
    arguments += ["--require-approval", "never", "--outputs-file", str(found)]
    with _cdk(arguments, directory, name="deploy", endpoint=endpoint) as wait:
        wait()
    stacks: dict[str, dict[str, str]] = json.loads(found.read_text(encoding="utf-8"))
    return {name: value for outputs in stacks.values() for name, value in outputs.items()}


def _assembly(directory: Path) -> Path:
    return directory / "cdk.out"


@contextlib.contextmanager
def _cdk(
    arguments: list[str], directory: Path, *, name: str, endpoint: str | None
) -> Iterator[Callable[[], None]]:
    if not _COMMAND.exists():
        raise EngineError(f"{_COMMAND} is missing: run `make setup`.")
    log = directory / f"{name}.log"
    process = ProcessGroup.start(
        [str(_COMMAND), *arguments, "--no-notices", "--no-color"],
        environment=_environment(directory, endpoint),
        log=log,
        # Only synth reads cdk.json; elsewhere it would be synthesized once more.
        directory=CHECKOUT if name == "synth" else directory,
    )

    def wait() -> None:
        deadline = time.monotonic() + _LIMIT_SECONDS
        while (code := process.exit_code()) is None:
            if time.monotonic() > deadline:
                raise EngineError(f"cdk {name} took over {_LIMIT_SECONDS} s.\n{describe_log(log)}")
            time.sleep(_POLL_SECONDS)
        if code != 0:
            raise EngineError(f"cdk {name} failed.\n{describe_log(log)}")

    try:
        yield wait
    finally:
        process.stop()


def _environment(directory: Path, endpoint: str | None) -> dict[str, str]:
    return {
        **process_environment(),
        # Synth gets no endpoint: it must call nothing.
        **isolated_aws_environment(endpoint or "http://127.0.0.1:9"),
        "CDK_HOME": str(directory / "cdk-home"),  # the CLI remembers access key → account there
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        # The aws-cdk-lib runtime warns in eleven lines about this Node; the value is the list of versions to pass over.
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
