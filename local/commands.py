"""The commands of `python -m local`."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from local import demo, kept, lifecycle, lock, ministack, processes, shell, signals
from local.deploy import Outputs, synth
from local.errors import LocalAwsError
from local.ministack import CHECKOUT
from local.processes import Process
from local.say import fail, say

RUN: Final = "run"
"""The subfolder for the separate local AWS of `make run`."""
SWITCH: Final = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
PORT_MAX: Final = 65535


def up(directory: Path) -> None:
    """Start the local AWS, deploy, and leave it running."""
    port, keep, fresh = _port(), _switch("KEEP"), _switch("FRESH")
    with lock.held(directory, "up"):
        if engine := lifecycle.running(directory):
            _check_settings(engine, port, keep=keep, fresh=fresh)
            say(f"the local AWS is up already, at {engine.endpoint}; `make down` stops it")
            return
        processes.end_all(directory, lifecycle.LEFT_SECONDS)
        if kept.is_there(directory) and not (keep or fresh):
            raise LocalAwsError(
                f"data is kept in {directory / kept.KEPT}: `make up KEEP=1` uses it,"
                " `make up FRESH=1` deletes it"
            )
        if fresh:
            kept.discard(directory)
        started, outputs = lifecycle.begin(directory, port=port, keep=keep)
        ministack.release(started)
    print(_welcome(outputs))


def down(directory: Path) -> None:
    """Stop the local AWS, and every other process of these commands."""
    found = [lifecycle.stop_everything(place) for place in (directory / RUN, directory)]
    say("the local AWS is down" if any(found) else "the local AWS is not up")


def env(directory: Path) -> None:
    """Print the shell commands that point a shell at the local AWS."""
    print(shell.entering(shell.variables(lifecycle.outputs_of(directory), directory)))


def env_off(_directory: Path) -> None:
    """Print the shell commands that restore the shell's own variables."""
    if lines := shell.leaving():
        print(lines)
    else:
        say("nothing to restore: `make env` has not changed this shell; `exit` ends a `make shell`")


def open_shell(directory: Path) -> None:
    """Open a shell that talks to the local AWS."""
    names = shell.variables(lifecycle.outputs_of(directory), directory)
    say(f"this shell talks to the local AWS at {names['AWS_ENDPOINT_URL']}; `exit` ends it")
    shell.open_shell(names)


def run(directory: Path) -> int:
    """Start a local AWS, deploy, send the sample changes, report, and stop."""
    with lifecycle.local_aws(directory / RUN) as outputs:
        return demo.main(outputs, CHECKOUT / "samples")


def clean_data(directory: Path) -> None:
    """Delete the data that `up` has kept."""
    with lock.held(directory, "clean-data"):
        if (engine := lifecycle.running(directory)) and engine.keep:
            raise LocalAwsError("the local AWS is up and keeps its data: `make down` first")
        there = kept.is_there(directory)
        kept.discard(directory)
    say("the kept data is deleted" if there else "no data was kept")


COMMANDS: Final[dict[str, Callable[[Path], int | None]]] = {
    "up": up,
    "down": down,
    "env": env,
    "env-off": env_off,
    "shell": open_shell,
    "run": run,
    "clean-data": clean_data,
}


def main() -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument(
        "--directory", type=Path, default=CHECKOUT / ".local", help="where the local AWS keeps its files"
    )
    choices = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        choices.add_parser(name, help=command.__doc__)
    templates = choices.add_parser("synth", help="Synthesize the templates of a stage.")
    templates.add_argument("stage")
    templates.add_argument("--output", type=Path, default=CHECKOUT / "cdk.out")
    arguments = parser.parse_args()
    directory = arguments.directory.resolve()
    try:
        if arguments.command == "synth":
            _synth(arguments.stage, arguments.output.resolve(), directory)
            return 0
        return COMMANDS[arguments.command](directory) or 0
    except LocalAwsError as error:
        return fail(error)
    except signals.Ended as ended:
        say("interrupted; everything that was started has been stopped")
        return ended.status


def _synth(stage: str, output: Path, directory: Path) -> None:
    if warnings := synth(stage, output, directory / "synth"):
        say(warnings)
    say(f"the templates of stage {stage} are in {output}")


def _port() -> int:
    text = os.environ.get("PORT", "")
    if not text:
        return 0
    port = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(PORT_MAX)) else 0
    if not 1 <= port <= PORT_MAX:
        raise LocalAwsError(
            f"PORT={text} is not a port: give a number from 1 to {PORT_MAX}, or nothing for a free port"
        )
    return port


def _switch(name: str) -> bool:
    text = os.environ.get(name, "")
    if text.lower() not in SWITCH:
        raise LocalAwsError(f"{name}={text} means neither yes nor no: give {name}=1, or leave it out")
    return SWITCH[text.lower()]


def _check_settings(engine: Process, port: int, *, keep: bool, fresh: bool) -> None:
    """Refuse settings that the running engine does not have."""
    if port and not engine.endpoint.endswith(f":{port}"):
        wish = f"with PORT={port}"
    elif keep and not engine.keep:
        wish = "with KEEP=1"
    elif fresh:
        wish = "with FRESH=1"
    else:
        return
    raise LocalAwsError(
        f"the local AWS is up already, at {engine.endpoint}: `make down`, then `make up` {wish}"
    )


def _welcome(outputs: Outputs) -> str:
    # The second sample: it creates another user than the first line of the text.
    sample = sorted((CHECKOUT / "samples").glob("*.json"))[1].relative_to(CHECKOUT)
    return f"""The local AWS is up at {outputs.endpoint}, and its API at {outputs.ApiUrl}. After

  eval "$(make -s env)"

talk to it with the command, with curl, or with the AWS CLI (or open a shell for that with `make shell`):

  registrar create --username ada --email ada@example.com
  curl --aws-sigv4 aws:amz:us-east-1:execute-api --user test:test "$API_URL/users?email=ada@example.com"
  aws stepfunctions start-execution --state-machine-arn "$USER_CHANGE_STATE_MACHINE_ARN" --input file://{sample}

`eval "$(make -s env-off)"` restores the shell, and `make down` stops the local AWS."""
