"""Point a shell at the local AWS, and restore it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

from local.deploy import Outputs
from local.ministack import client_environment
from registrar_client.stage import OUTPUTS, OUTPUTS_VARIABLE

CHANGED: Final = "REGISTRAR_SHELL_VARIABLES"
"""The variable with the names of those that `make env` has changed."""
BEFORE: Final = "REGISTRAR_BEFORE_"
"""Prefix of the variables with the values before; not exported, so that no program gets a secret."""
ALWAYS_UNSET: Final = frozenset(
    {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN"}
    | {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CA_BUNDLE"}
)
HARMLESS: Final = re.compile(r"AWS_(PAGER|DEFAULT_OUTPUT|CLI_.*)")
"""Variables that change how the AWS CLI prints, but not which account or endpoint it uses."""
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAKE_OWN: Final = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "PYTHONPATH", "TMPDIR"})
"""Variables that `make` sets for its recipes, and that a user's shell must not inherit."""


def variables(outputs: Outputs, directory: Path) -> dict[str, str]:
    """Return the variables by which a shell uses the local AWS, from any folder."""
    own = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath)
    return client_environment(outputs.endpoint) | {
        "USER_CHANGE_STATE_MACHINE_ARN": outputs.UserChangeStateMachineArn,
        "USER_CHANGE_EXPRESS_STATE_MACHINE_ARN": outputs.UserChangeExpressStateMachineArn,
        "USERS_TABLE": outputs.UsersTableName,
        "LEDGER_TABLE": outputs.LedgerTableName,
        "API_URL": outputs.ApiUrl,
        OUTPUTS_VARIABLE: str(directory / OUTPUTS),
        "PATH": path if path.split(os.pathsep)[0] == own else os.pathsep.join([own, path]),
    }


def _to_unset(names: dict[str, str]) -> set[str]:
    """Return the variables that would point an AWS client or the command elsewhere, such as a profile."""
    others = {name for name in os.environ if name.startswith("AWS_") and not HARMLESS.fullmatch(name)}
    # With these, the command would use another stage or address than the local AWS.
    own = {"REGISTRAR_STAGE", "REGISTRAR_URL", "REGISTRAR_TOKEN"}
    return (others | ALWAYS_UNSET | own) - set(names)


def entering(names: dict[str, str]) -> str:
    """Return commands, for `eval` in a POSIX shell, that point it at the local AWS."""
    gone = _to_unset(names)
    known = set(_changed())
    lines = [
        f'[ -z "${{{name}+set}}" ] || {BEFORE}{name}="${name}"' for name in sorted({*names, *gone} - known)
    ]
    lines += [f"unset {name}" for name in sorted(gone)]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in names.items()]
    lines.append(f"export {CHANGED}={shlex.quote(' '.join(sorted({*names, *gone, *known})))}")
    return "\n".join(lines)


def leaving() -> str:
    """Return commands, for `eval` in a shell that `entering` has changed, that restore its variables."""
    lines = [
        f'if [ -n "${{{BEFORE}{name}+set}}" ]; then export {name}="${BEFORE}{name}"; unset {BEFORE}{name};'
        f" else unset {name}; fi"
        for name in _changed()
    ]
    return "\n".join([*lines, f"unset {CHANGED}"] if lines else [])


def open_shell(names: dict[str, str]) -> None:
    """Run the user's shell with these variables until it ends."""
    gone = _to_unset(names) | MAKE_OWN | {CHANGED}
    environment = {name: value for name, value in os.environ.items() if name not in gone} | names
    subprocess.run([os.environ.get("SHELL") or "/bin/sh"], env=environment, check=False)


def _changed() -> list[str]:
    return [name for name in os.environ.get(CHANGED, "").split() if NAME.fullmatch(name)]
