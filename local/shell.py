"""A shell that talks to the local AWS, and its way back."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

from local.deploy import OUTPUTS, Outputs
from local.ministack import client_environment

CHANGED: Final = "REGISTRAR_SHELL_VARIABLES"
"""Names what `make env` has changed in a shell, for the way back."""
BEFORE: Final = "REGISTRAR_BEFORE_"
"""A variable's value of before; the shell keeps it to itself, so that no program gets what was a secret."""
ALWAYS_UNSET: Final = frozenset(
    {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN"}
    | {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CA_BUNDLE"}
)
HARMLESS: Final = re.compile(r"AWS_(PAGER|DEFAULT_OUTPUT|CLI_.*)")
"""How the AWS CLI prints; whom it asks does not depend on it."""
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAKE_OWN: Final = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "PYTHONPATH", "TMPDIR"})
"""What `make` has set for its recipes; a person's shell is none."""


def variables(outputs: Outputs, directory: Path) -> dict[str, str]:
    """Return what a shell needs to talk to the local AWS, from any folder."""
    own = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath)
    return client_environment(outputs.endpoint) | {
        "USER_CHANGE_STATE_MACHINE_ARN": outputs.UserChangeStateMachineArn,
        "USER_CHANGE_EXPRESS_STATE_MACHINE_ARN": outputs.UserChangeExpressStateMachineArn,
        "USERS_TABLE": outputs.UsersTableName,
        "LEDGER_TABLE": outputs.LedgerTableName,
        "API_URL": outputs.ApiUrl,
        "REGISTRAR_OUTPUTS": str(directory / OUTPUTS),
        "PATH": path if path.split(os.pathsep)[0] == own else os.pathsep.join([own, path]),
    }


def strangers(names: dict[str, str]) -> set[str]:
    """Return the variables that would lead an AWS client elsewhere, such as a profile."""
    others = {name for name in os.environ if name.startswith("AWS_") and not HARMLESS.fullmatch(name)}
    # These name a stage or an address for the command, which would go before the local AWS.
    own = {"REGISTRAR_STAGE", "REGISTRAR_URL", "REGISTRAR_TOKEN"}
    return (others | ALWAYS_UNSET | own) - set(names)


def entering(names: dict[str, str]) -> str:
    """Return the lines, for `eval` in a POSIX shell, that make it talk to the local AWS."""
    gone = strangers(names)
    known = set(_changed())
    lines = [
        f'[ -z "${{{name}+set}}" ] || {BEFORE}{name}="${name}"' for name in sorted({*names, *gone} - known)
    ]
    lines += [f"unset {name}" for name in sorted(gone)]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in names.items()]
    lines.append(f"export {CHANGED}={shlex.quote(' '.join(sorted({*names, *gone, *known})))}")
    return "\n".join(lines)


def leaving() -> str:
    """Return the lines, for `eval` in a shell that `entering` has changed, that put back what was there."""
    lines = [
        f'if [ -n "${{{BEFORE}{name}+set}}" ]; then export {name}="${BEFORE}{name}"; unset {BEFORE}{name};'
        f" else unset {name}; fi"
        for name in _changed()
    ]
    return "\n".join([*lines, f"unset {CHANGED}"] if lines else [])


def open_shell(names: dict[str, str]) -> None:
    """Run the person's own shell inside the local AWS until it ends."""
    gone = strangers(names) | MAKE_OWN | {CHANGED}
    environment = {name: value for name, value in os.environ.items() if name not in gone} | names
    subprocess.run([os.environ.get("SHELL") or "/bin/sh"], env=environment, check=False)


def _changed() -> list[str]:
    return [name for name in os.environ.get(CHANGED, "").split() if NAME.fullmatch(name)]
