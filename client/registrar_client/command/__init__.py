"""The command `registrar`."""

import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError

from registrar_client.check.tables import IncompleteRead
from registrar_client.command import changes, check, export, imports, reads
from registrar_client.errors import ApiProblem, Forbidden, NotFound, RegistrarError, StillRunning
from registrar_client.stage import StageNotFound

NO, FAILED, INTERRUPTED = 1, 2, 130

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
for module in (changes, reads, imports, export, check):
    module.add_to(app)


@app.callback()
def registrar() -> None:
    """Change users, and prove what happened.

    Asks the local AWS of this folder, or with --stage one on AWS.

    Ends with 0 when it is done, 1 when the answer is no, 2 when nothing could be asked.
    """


def main() -> None:
    """Run the command; errors are one sentence that says what to do."""
    try:
        app()
    except ApiProblem as problem:
        print(f"error: {_sentence(problem)}", file=sys.stderr)
        said_no = isinstance(problem, NotFound) or problem.document.get("outcome") == "REJECTED"
        sys.exit(NO if said_no else FAILED)
    except StillRunning as error:
        print(f"error: {error} still runs; ask again with: registrar change {error} --wait", file=sys.stderr)
        sys.exit(FAILED)
    except (RegistrarError, StageNotFound, BotoCoreError, ClientError, IncompleteRead) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _sentence(problem: ApiProblem) -> str:
    if isinstance(problem, Forbidden):
        return f"{problem}: check --profile, or REGISTRAR_TOKEN"
    reasons = "; ".join(f"{each.message} ({each.code} {each.path})" for each in problem.problems)
    return reasons or str(problem)
