"""MiniStack in its own process group: started on a port of 127.0.0.1, stopped with its children."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local import kept, processes, signals
from local.errors import LocalAwsError
from local.processes import Process

CHECKOUT: Final = Path(__file__).parents[1]
REGION: Final = "us-east-1"
START_SECONDS: Final = 60
STOP_SECONDS: Final = 10
SAVE_SECONDS: Final = 120
"""How long it may take to end when it saves its data."""
ENGINE: Final = "engine"


@dataclass(frozen=True)
class Engine:
    """A running engine: its process id (also its group's), its endpoint, and the directory of its note."""

    pid: int
    endpoint: str
    directory: Path | None = None


_started: dict[int, subprocess.Popen[bytes]] = {}
"""The engines that end with this process, by process id: they end when their standard input closes."""


def client_environment(endpoint: str) -> dict[str, str]:
    """Return the variables by which any AWS client uses the local AWS, and never a real account."""
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
    """Return this process's environment without the variables that could name an AWS account."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def start(directory: Path, *, port: int = 0, keep: bool = False, **settings: str) -> Engine:
    """Start MiniStack and wait until it answers. It ends with this process, unless it is released.

    Args:
        directory: for its state, its log ``ministack.log``, and the note of its process.
        port: its port on 127.0.0.1; 0 takes a free one.
        keep: whether it starts with the kept data, and saves its data when it stops.
        settings: further environment variables for MiniStack.

    Raises:
        LocalAwsError: the port is taken, or MiniStack did not start; the message has the end of its log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "tmp").mkdir(exist_ok=True)
    port = _available(port)
    endpoint = f"http://127.0.0.1:{port}"
    kept.prepare(directory, keep=keep)
    log = directory / "ministack.log"
    process, _ = processes.spawn(
        directory,
        ENGINE,
        [sys.executable, "-m", "local.engine"],
        cwd=CHECKOUT,
        env=_environment(directory, port, keep=keep) | settings,
        log=log,
        endpoint=endpoint,
        keep=keep,
    )
    _started[process.pid] = process
    engine = Engine(process.pid, endpoint, directory)
    try:
        _wait(process, engine, log)
    except BaseException:
        stop(engine)
        raise
    if keep:
        kept.begin(directory)
    return engine


def _environment(directory: Path, port: int, *, keep: bool) -> dict[str, str]:
    return {
        **clean_environment(),
        **client_environment(f"http://127.0.0.1:{port}"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1" if keep else "0",
        "S3_PERSIST": "1" if keep else "0",
        "STATE_DIR": str(directory / kept.STATE),
        "S3_DATA_DIR": str(directory / kept.OBJECTS),
        # MiniStack unpacks and runs functions here.
        "TMPDIR": str(directory / "tmp"),
    }


def is_answering(engine: Engine) -> bool:
    """Return whether MiniStack answers on the engine's endpoint."""
    health = f"{engine.endpoint}/_ministack/health"
    with suppress(OSError, ValueError), _DIRECTLY.open(health, timeout=2) as answer:
        return isinstance(json.load(answer), dict)
    return False


def release(engine: Engine) -> None:
    """Let the engine go on when this process ends; other processes find it by its note."""
    stdin = _started.pop(engine.pid).stdin
    if stdin is not None:
        stdin.write(b"\n")
        stdin.close()


def stop(engine: Engine) -> bool:
    """End the engine and the functions that it runs: SIGTERM, then SIGKILL.

    Returns:
        Whether it ended by itself.
    """
    with signals.deferred():
        process = Process(engine.pid, processes.start_of(engine.pid) or "", ENGINE)
        if engine.directory is not None:
            noted = {each.pid: each for each in processes.noted(engine.directory)}
            process = noted.get(engine.pid, process)
        by_itself = processes.end(process, SAVE_SECONDS if process.keep else STOP_SECONDS)
        if (started := _started.pop(engine.pid, None)) is not None:
            started.wait()
        if engine.directory is not None:
            processes.forget(engine.directory, process)
        return by_itself


def _wait(process: subprocess.Popen[bytes], engine: Engine, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_answering(engine):
        if process.poll() is not None:
            raise LocalAwsError(f"MiniStack ended during its start; its log {log} ends with:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise LocalAwsError(
                f"MiniStack did not answer in {START_SECONDS} s; its log {log} ends with:\n{tail(log)}"
            )
        time.sleep(0.1)


_DIRECTLY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens URLs without a proxy, even if the environment names one."""


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _available(port: int) -> int:
    """Return this port of 127.0.0.1 if it is available; for 0, a free one."""
    with socket.socket() as probe:
        # Like the engine: connections that a former listener has left do not block the port, a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, port != 0)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalAwsError(
                f"port {port} of 127.0.0.1 is not available ({error.strerror}): "
                "name another with PORT=…, or leave PORT out for a free one"
            ) from None
        bound: int = probe.getsockname()[1]
        return bound
