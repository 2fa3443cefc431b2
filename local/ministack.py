"""MiniStack in a process group of its own: started on a free port of 127.0.0.1, stopped with its children."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REGION: Final = "us-east-1"
START_SECONDS: Final = 60
STOP_SECONDS: Final = 10


class LocalAwsError(RuntimeError):
    """The local AWS could not do what was asked; the message says why and where to look."""


@dataclass(frozen=True)
class Engine:
    """A running MiniStack: its process (also the leader of its group) and its endpoint."""

    pid: int
    endpoint: str


def client_environment(endpoint: str) -> dict[str, str]:
    """Return what makes any AWS client talk to the local AWS, and never to a real account by accident."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # StartSyncExecution's host prefix (sync-…) does not resolve locally.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def clean_environment() -> dict[str, str]:
    """Return this process's environment without anything that points at an AWS account."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def start(directory: Path, *, port: int = 0, keep: bool = False, **settings: str) -> Engine:
    """Start MiniStack and wait until it answers.

    Args:
        directory: where it keeps its state and its log ``ministack.log``.
        port: its port on 127.0.0.1; 0 takes a free one.
        keep: whether data outlives the process.
        settings: further environment variables for MiniStack.

    Raises:
        LocalAwsError: it did not start; the message has the end of its log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "tmp").mkdir(exist_ok=True)
    port = port or _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        **clean_environment(),
        **client_environment(endpoint),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1" if keep else "0",
        "STATE_DIR": str(directory / "state"),
        "S3_DATA_DIR": str(directory / "s3"),
        # Functions are unpacked and run here.
        "TMPDIR": str(directory / "tmp"),
        **settings,
    }
    log = directory / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    engine = Engine(process.pid, endpoint)
    try:
        _wait(process, engine, log)
    except BaseException:
        stop(engine)
        raise
    return engine


def is_alive(engine: Engine) -> bool:
    """Tell whether the engine answers on its endpoint as MiniStack does."""
    health = f"{engine.endpoint}/_ministack/health"
    with suppress(OSError, ValueError), urllib.request.urlopen(health, timeout=2) as answer:  # noqa: S310 - ours
        return isinstance(json.load(answer), dict)
    return False


def stop(engine: Engine) -> None:
    """End the engine and the functions that it runs: politely, then for good."""
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        try:
            os.killpg(engine.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(ChildProcessError):
                os.waitpid(engine.pid, os.WNOHANG)
            try:
                os.killpg(engine.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)


def _wait(process: subprocess.Popen[bytes], engine: Engine, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_alive(engine):
        if process.poll() is not None:
            raise LocalAwsError(f"MiniStack ended as it started; its log {log} closes with:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise LocalAwsError(
                f"MiniStack gave no answer in {START_SECONDS} s; its log {log} closes with:\n{tail(log)}"
            )
        time.sleep(0.1)


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
