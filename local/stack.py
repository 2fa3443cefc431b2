"""The local AWS with the CDK app deployed into it: up, down, and both around a block."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from local import cdk, ministack
from local.outputs import FILE_NAME, Outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def up(
    directory: Path,
    *,
    port: int | None = None,
    keep: bool = False,
    progress: Callable[[str], None] = lambda _line: None,
    **settings: str,
) -> Outputs:
    """Start MiniStack in `directory`, bootstrap and deploy; leaves it running and `outputs.json` written.

    Args:
        directory: holds everything of this local AWS.
        port: where it listens on 127.0.0.1; any free port when None.
        keep: whether data is kept from the last `up` and for the next.
        progress: gets a line for each step done.
        settings: more MiniStack environment variables.

    Raises:
        EngineError: a step failed; everything started is stopped again.
        OutputsError: the stacks lack an output.
    """
    directory = directory.resolve()
    begun = time.monotonic()

    def say(text: str) -> None:
        progress(f"[{time.monotonic() - begun:5.1f} s] {text}")

    with contextlib.ExitStack() as on_failure:
        engine = ministack.start(directory, port=port, keep=keep, settings=settings)
        on_failure.callback(engine.stop)
        (directory / FILE_NAME).unlink(missing_ok=True)
        say(f"MiniStack runs at {engine.endpoint}")
        # The app takes far longer to synthesize than the account to bootstrap: both at once.
        with cdk.synth(directory) as synthesized, cdk.bootstrap(directory, engine.endpoint) as bootstrapped:
            bootstrapped()
            say("cdk bootstrap done")
            synthesized()
            say("cdk synth done")
        outputs = Outputs.from_stacks(engine.endpoint, cdk.deploy(directory, engine.endpoint))
        say("cdk deploy done")
        outputs.write(directory)
        on_failure.pop_all()
    return outputs


def down(directory: Path) -> bool:
    """Stop what `up` left running in `directory`; tells whether anything ran."""
    engine = ministack.running(directory)
    if engine:
        engine.stop()
    (directory / FILE_NAME).unlink(missing_ok=True)
    return engine is not None


@contextlib.contextmanager
def local_aws(
    directory: Path,
    *,
    port: int | None = None,
    mock_config: Path | None = None,
    progress: Callable[[str], None] = lambda _line: None,
    **settings: str,
) -> Iterator[Outputs]:
    """Run a private, fresh local AWS with the app deployed while the block runs; yields its outputs.

    Args:
        directory: its own; no other local AWS may run in it.
        port: where it listens on 127.0.0.1; any free port when None.
        mock_config: a mock file in the format of Step Functions Local.
        progress: gets a line for each step done.
        settings: more MiniStack environment variables.
    """
    if mock_config:
        settings["SFN_MOCK_CONFIG"] = str(mock_config.resolve())
    outputs = up(directory, port=port, progress=progress, **settings)
    try:
        yield outputs
    finally:
        down(directory)
