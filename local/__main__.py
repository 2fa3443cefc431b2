"""`python -m local up|down|env|run`: the embedded local AWS from the command line."""

import argparse
import json
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import demo
from local.deploy import CHECKOUT, Outputs, deploy, read_outputs
from local.ministack import Engine, LocalAwsError, client_environment, is_alive, start, stop


def say(text: str) -> None:
    """Print a line of progress, at once and beside the output proper."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def local_aws(directory: Path, *, port: int = 0, keep: bool = False, **settings: str) -> Iterator[Outputs]:
    """Run a local AWS with the project deployed on it, and stop it at the end, on failure too."""
    began = time.monotonic()
    if not keep:
        for name in ("state", "s3", "outputs.json"):
            path = directory / name
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    engine = start(directory, port=port, keep=keep, **settings)
    try:
        (directory / "engine.json").write_text(json.dumps(vars(engine)))
        say(f"local AWS at {engine.endpoint}; deploying (cdk synth, bootstrap, deploy) …")
        outputs = deploy(engine.endpoint, directory)
        say(f"deployed in {time.monotonic() - began:.0f} s")
        yield outputs
    finally:
        stop(engine)
        (directory / "engine.json").unlink(missing_ok=True)


def running(directory: Path) -> Engine | None:
    """Return the engine that `up` left running, None when there is none that answers."""
    try:
        engine = Engine(**json.loads((directory / "engine.json").read_text()))
    except FileNotFoundError:
        return None
    return engine if is_alive(engine) else None


def up(directory: Path) -> int:
    """Start, deploy and leave running."""
    if engine := running(directory):
        say(f"the local AWS is up already, at {engine.endpoint}; `make down` stops it")
        return 0
    ready = local_aws(directory, port=int(os.environ.get("PORT", "0")), keep=os.environ.get("KEEP") == "1")
    outputs = ready.__enter__()  # left open on purpose: `down` ends it
    sample = min((CHECKOUT / "samples").glob("*.json")).relative_to(CHECKOUT)
    print(
        f"""The local AWS is up at {outputs.endpoint}, and its API at {outputs.ApiUrl}. After

  eval "$(make -s env)"

talk to it with the command, with curl, or with the AWS CLI:

  registrar create --username ada --email ada@example.com
  curl --aws-sigv4 aws:amz:us-east-1:execute-api --user test:test "$API_URL/users?email=ada@example.com"
  aws stepfunctions start-execution --state-machine-arn "$USER_CHANGE_STATE_MACHINE_ARN" --input file://{sample}

`make down` stops it."""
    )
    sys.stdout.flush()
    # The engine goes on in its own process group; this process must end without unwinding what started it.
    os._exit(0)


def down(directory: Path) -> int:
    """Stop what `up` left running."""
    engine = running(directory)
    if engine is None:
        say("the local AWS is not up")
    else:
        stop(engine)
        say("the local AWS is down")
    for name in ("engine.json", "outputs.json"):
        (directory / name).unlink(missing_ok=True)
    return 0


def env(directory: Path) -> int:
    """Print the `export` lines for a shell."""
    if running(directory) is None:
        raise LocalAwsError("the local AWS is not up; start it with `make up`")
    outputs = read_outputs(directory)
    lines = client_environment(outputs.endpoint) | {
        "USER_CHANGE_STATE_MACHINE_ARN": outputs.UserChangeStateMachineArn,
        "USER_CHANGE_EXPRESS_STATE_MACHINE_ARN": outputs.UserChangeExpressStateMachineArn,
        "USERS_TABLE": outputs.UsersTableName,
        "LEDGER_TABLE": outputs.LedgerTableName,
        "API_URL": outputs.ApiUrl,
    }
    for name, value in lines.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    return 0


def run(directory: Path) -> int:
    """Start, deploy, send the sample changes, report, stop."""
    with local_aws(directory / "run") as outputs:
        return demo.main(outputs, CHECKOUT / "samples")


def main() -> int:
    """Run one command; return the exit status."""
    commands = {"up": up, "down": down, "env": env, "run": run}
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    choices = parser.add_subparsers(dest="command", required=True)
    for name, command in commands.items():
        choices.add_parser(name, help=command.__doc__)
    parser.add_argument(
        "--directory", type=Path, default=CHECKOUT / ".local", help="where the local AWS keeps its files"
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return commands[arguments.command](arguments.directory.resolve())
    except LocalAwsError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; everything that was started has been stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
