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
from registrar_client.command.exit_codes import ExitCode, of_signal
from registrar_client.command.failures import explained
from registrar_client.command.streams import drop_output, use_utf8, written

# Plain help is written at once, so that a pager may close it early, and it cuts no option's name.
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for module in (changes, reads, imports, export, check):
    module.add_to(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"registrar {version('registrar-client')}")
        raise typer.Exit


@app.callback()
@accepts_shared_options
def registrar(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Change users, and prove what happened.

    Uses the local AWS of this folder, or with --stage a stage on AWS.

    Exits with 0 when it is done, 1 when the answer is no, 2 when there is no answer.
    """


REPEAT_SECONDS: Final = 1
"""After a signal the program should have ended by then."""


def main(*, interruptible: bool = True) -> NoReturn:
    """Run the command; an error is printed as one sentence that says what to do.

    Args:
        interruptible: False leaves Ctrl-C ignored.
    """
    status = _run(interruptible=interruptible)
    if interruptible:
        # Only threads remain to be joined: a second Ctrl-C just ends the process.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(status)


def _run(*, interruptible: bool) -> int:
    try:
        if interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _exit)
        use_utf8()
        with written():
            app()
    except SystemExit as end:
        signal.alarm(0)
        return end.code if isinstance(end.code, int) else ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: a traceback helps nobody here
        return _report(error)
    return ExitCode.DONE


def _report(error: Exception) -> ExitCode:
    if os.environ.get("REGISTRAR_DEBUG"):
        raise error
    text, status = explained(error)
    try:
        print(f"error: {text}", file=sys.stderr, flush=True)
    finally:
        drop_output()
    return status


def _exit(number: int, _: FrameType | None) -> NoReturn:
    """Exit in order, so that temporary files are removed."""
    # The exception may be swallowed wherever the signal interrupts the program: then it is raised once more.
    signal.signal(signal.SIGALRM, lambda *_: _exit(number, None))
    signal.alarm(REPEAT_SECONDS)
    sys.exit(of_signal(number))
