"""The commands of the local AWS, run as a user runs them."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from local.deploy import CHECKOUT
from tests.checkout_copy import copy_checkout


def environment(**settings: str) -> dict[str, str]:
    """Return this environment without the variables of AWS, of this checkout, of the CDK and of make."""
    ours = ("AWS_", "REGISTRAR_", "JSII_", "CDK_", "MAKE", "MFLAGS")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**clean, "PYTHONPATH": ".:lambdas:client", **settings}


def command(directory: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "local", "--directory", str(directory), *words]


def local(directory: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(directory, *words),
        cwd=CHECKOUT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
    )


def answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
            return True
    except OSError:
        return False


def copied(folder: Path) -> Path:
    """Copy the files that git does not ignore into a folder, and link to the installed packages."""
    copy_checkout(folder, (".venv", "node_modules"))
    # The packages that jsii unpacks: hundreds of megabytes, the same in every checkout.
    (folder / ".local").mkdir()
    (CHECKOUT / ".local" / "jsii").mkdir(parents=True, exist_ok=True)
    (folder / ".local" / "jsii").symlink_to(CHECKOUT / ".local" / "jsii")
    return folder
