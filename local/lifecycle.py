"""The local AWS of a directory: start and deploy it, find it again, and stop it from any process."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local import kept, lock, ministack, processes, signals
from local.deploy import Outputs, deploy, read_outputs
from local.errors import LocalAwsError
from local.ministack import Engine
from local.processes import Process
from local.say import say
from registrar_client.stage import NOT_UP, OUTPUTS

LEFT_SECONDS: Final = 10
"""How long the processes that an earlier command has left may take to end."""


@contextmanager
def local_aws(directory: Path, *, port: int = 0, **settings: str) -> Iterator[Outputs]:
    """Run a local AWS with the project deployed on it, and stop it at the end, after a failure too.

    Raises:
        LocalAwsError: it could not be started, or another command works in this directory.
    """
    with lock.held(directory, "run"):
        processes.end_all(directory, LEFT_SECONDS)
        engine, outputs = begin(directory, port=port, keep=False, **settings)
        try:
            yield outputs
        finally:
            _stop(engine, directory)


def begin(directory: Path, *, port: int, keep: bool, **settings: str) -> tuple[Engine, Outputs]:
    """Start an engine and deploy onto it; stop it after a failure or a signal.

    Raises:
        LocalAwsError: the start or the deployment failed; the message says why.
    """
    began = time.monotonic()
    (directory / OUTPUTS).unlink(missing_ok=True)
    engine = ministack.start(directory, port=port, keep=keep, **settings)
    try:
        say(f"local AWS at {engine.endpoint}; deploying (cdk synth, bootstrap, deploy) …")
        outputs = deploy(engine.endpoint, directory)
    except BaseException:
        # A partial deployment is not kept.
        _stop(engine, directory)
        raise
    say(f"deployed in {time.monotonic() - began:.0f} s")
    return engine, outputs


def running(directory: Path) -> Process | None:
    """Return the engine that `make up` has left running, None when there is none.

    Ask the operating system, not the engine, which may be busy.
    """
    alive = (each for each in processes.noted(directory) if each.what == ministack.ENGINE and each.is_alive())
    return next(alive, None) if (directory / OUTPUTS).exists() else None


def outputs_of(directory: Path) -> Outputs:
    """Return the outputs of the local AWS that is up.

    Raises:
        LocalAwsError: it is not up.
    """
    # Outputs without any note were copied here: they name an engine that this checkout did not start.
    if processes.noted(directory) and running(directory) is None:
        raise LocalAwsError(NOT_UP)
    return read_outputs(directory)


def stop_everything(directory: Path) -> bool:
    """End everything that runs in a directory, including the command that started it; save kept data.

    Returns:
        Whether anything was running.

    Raises:
        LocalAwsError: a process cannot be ended; its note stays.
    """
    if not directory.exists():
        return False
    with lock.taken_over(directory, "down") as command, signals.deferred():
        found = [process for process in processes.noted(directory) if process.is_alive()]
        if command is not None:
            say(f"ended `make {command.what}` (process {command.pid})")
        for process in found:
            _end(process, directory)
        for process in processes.noted(directory):
            # Ended before, by a crash or by its command.
            processes.forget(directory, process)
        (directory / OUTPUTS).unlink(missing_ok=True)
        return bool(found) or command is not None


def _end(process: Process, directory: Path) -> None:
    whole = process.keep and (directory / OUTPUTS).exists()
    if whole:
        say("saving the data to keep …")
    by_itself = processes.end(process, ministack.SAVE_SECONDS if process.keep else ministack.STOP_SECONDS)
    if whole and not (by_itself and kept.publish(directory)):
        say("the engine did not save its data; the kept data is that of the stop before")
    processes.forget(directory, process)


def _stop(engine: Engine, directory: Path) -> None:
    with signals.deferred():
        ministack.stop(engine)
        (directory / OUTPUTS).unlink(missing_ok=True)
        shutil.rmtree(directory / kept.WORK, ignore_errors=True)
