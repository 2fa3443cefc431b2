"""The command `registrar`."""

import os
import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import Annotated, Final, NoReturn

import typer

from registrar_client.command import changes, check, export, imports, reads
from registrar_client.command.connection import accepts_shared_options
from registrar_client.command.failures import BROKEN_PIPE, FAILED, INTERRUPTED, explained
from registrar_client.command.streams import drop_output, speak_utf8

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
for module in (changes, reads, imports, export, check):
    module.add_to(app)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"registrar {version('registrar-client')}")
        raise typer.Exit


@app.callback()
@accepts_shared_options
def registrar(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version, and end."),
    ] = False,
) -> None:
    """Change users, and prove what happened.

    Asks the local AWS of this folder, or with --stage one on AWS.

    Ends with 0 when it is done, 1 when the answer is no, 2 when nothing could be asked.
    """


AGAIN_SECONDS: Final = 1
"""So long after a signal the program should have ended."""


def main(*, heard: bool = True) -> NoReturn:
    """Run the command; errors are one sentence that says what to do.

    Args:
        heard: whether Ctrl-C is to be heard at all.
    """
    status = _run(heard=heard)
    if heard:
        # What is left is to let go of threads: a second Ctrl-C just ends it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(status)


def _run(*, heard: bool) -> int:
    try:
        if heard:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _end)
        speak_utf8()
        try:
            app()
        finally:
            sys.stdout.flush()
    except SystemExit as end:
        signal.alarm(0)
        return end.code if isinstance(end.code, int) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # As for other programs whose reader has seen enough: no word, and the status of SIGPIPE.
        drop_output()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the edge: nobody is helped by a traceback
        return _tell(error)
    return 0


def _tell(error: Exception) -> int:
    if os.environ.get("REGISTRAR_DEBUG"):
        raise error
    text, status = explained(error)
    try:
        print(f"error: {text}", file=sys.stderr, flush=True)
    finally:
        drop_output()
    return status


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End in order, so that what was begun beside a file does not stay there."""
    # Raised wherever the signal finds the program, an exception may get lost there; then it comes once more.
    signal.signal(signal.SIGALRM, lambda *_: _end(number, None))
    signal.alarm(AGAIN_SECONDS)
    sys.exit(128 + number)
