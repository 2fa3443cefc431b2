"""The local AWS of a directory: started and deployed, found again, and stopped, whoever started it."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local import kept, lock, ministack, processes, signals
from local.deploy import OUTPUTS, Outputs, deploy, read_outputs
from local.ministack import Engine, LocalAwsError
from local.processes import Process
from local.say import say

LEFT_SECONDS: Final = 10
"""So long what an earlier command has left behind may take to end."""
NOT_UP: Final = "the local AWS is not up; start it with `make up`"


@contextmanager
def local_aws(directory: Path, *, port: int = 0, **settings: str) -> Iterator[Outputs]:
    """Run a local AWS with the project deployed on it, and stop it at the end, on failure too.

    Raises:
        LocalAwsError: it could not be started, or another command works in this directory.
    """
    with only(directory, "run"):
        processes.end_all(directory, LEFT_SECONDS)
        engine, outputs = begin(directory, port=port, keep=False, **settings)
        try:
            yield outputs
        finally:
            _stop(engine, directory)


@contextmanager
def only(directory: Path, what: str) -> Iterator[None]:
    """Hold the directory for `make {what}`.

    Raises:
        LocalAwsError: another command holds it; the message says what can be done.
    """
    try:
        with lock.held(directory, what):
            yield
    except lock.Busy as busy:
        raise LocalAwsError(_busy(busy, directory)) from None


def begin(directory: Path, *, port: int, keep: bool, **settings: str) -> tuple[Engine, Outputs]:
    """Start an engine and deploy onto it; on failure, and when a signal comes, stop it.

    Raises:
        LocalAwsError: one of both failed; the message says why and where to look.
    """
    began = time.monotonic()
    (directory / OUTPUTS).unlink(missing_ok=True)
    engine = ministack.start(directory, port=port, keep=keep, **settings)
    try:
        say(f"local AWS at {engine.endpoint}; deploying (cdk synth, bootstrap, deploy) …")
        outputs = deploy(engine.endpoint, directory)
    except BaseException:
        # What a deployment has left half done is not kept.
        _stop(engine, directory)
        raise
    say(f"deployed in {time.monotonic() - began:.0f} s")
    return engine, outputs


def running(directory: Path) -> Process | None:
    """Return the engine that `make up` has left running, None when there is none.

    The system is asked, not the engine: it may be busy.
    """
    alive = (each for each in processes.noted(directory) if each.what == ministack.ENGINE and each.is_alive())
    return next(alive, None) if (directory / OUTPUTS).exists() else None


def outputs_of(directory: Path) -> Outputs:
    """Return what is deployed on the local AWS that is up.

    Raises:
        LocalAwsError: it is not up.
    """
    if (directory / OUTPUTS).exists() and not processes.noted(directory):
        # Somebody else's outputs, put here by hand: they name an engine that this checkout did not start.
        return read_outputs(directory)
    if running(directory) is None:
        raise LocalAwsError(NOT_UP)
    return read_outputs(directory)


def stop_everything(directory: Path) -> bool:
    """End whatever runs in a directory, the command that has started it too; keep what is to be kept.

    Returns:
        Whether anything ran.

    Raises:
        LocalAwsError: something cannot be ended; its note stays.
    """
    if not directory.exists():
        return False
    try:
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
    except lock.Busy as busy:
        raise LocalAwsError(_busy(busy, directory)) from None
    except TimeoutError as error:
        raise LocalAwsError(f"{error}; end it by hand, then `make down` again") from None


def _end(process: Process, directory: Path) -> None:
    whole = process.keep and (directory / OUTPUTS).exists()
    if whole:
        say("saving what is kept …")
    by_itself = processes.end(process, ministack.SAVE_SECONDS if process.keep else ministack.STOP_SECONDS)
    if whole and not (by_itself and kept.publish(directory)):
        say("it had to be killed: what is kept is as the stop before has left it")
    processes.forget(directory, process)


def _stop(engine: Engine, directory: Path) -> None:
    with signals.deferred():
        ministack.stop(engine)
        (directory / OUTPUTS).unlink(missing_ok=True)
        shutil.rmtree(directory / kept.WORK, ignore_errors=True)


def _busy(busy: lock.Busy, directory: Path) -> str:
    holder = busy.holder
    who = f"`make {holder.what}` (process {holder.pid})" if holder.pid else "another command"
    return f"{who} is at work in {directory}: wait for it, or end it with `make down`"
