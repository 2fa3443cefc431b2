"""The environment variables of everything that runs here: no real account is ever in reach."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"  # the account that MiniStack gives a key that is no account number

# All that a child process inherits. A newcomer's AWS profile, proxy or MiniStack setting must not leak in.
_INHERITED: Final = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "TERM",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
)


def process_environment() -> dict[str, str]:
    """Return the variables that every child process starts from; the checkout's Python is first in PATH."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return {**inherited, "PATH": path}


def aws_environment(endpoint: str) -> dict[str, str]:
    """Return the variables that point any AWS SDK or CLI at `endpoint`, with dummy credentials."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        # StartSyncExecution would call sync-127.0.0.1, a name that resolves nowhere.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def isolated_aws_environment(endpoint: str) -> dict[str, str]:
    """Return `aws_environment` without a way back to the person's own profiles, for child processes."""
    return {
        **aws_environment(endpoint),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
