"""The processes that this checkout starts: each in its own session, noted on disk, ended with its children.

A note has the id of a process and when it was started, so that a process which got the same id later is
never taken for ours.
"""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from local import signals

NOTES: Final = "processes"
POLL_SECONDS: Final = 0.05
KILL_SECONDS: Final = 10


@dataclass(frozen=True)
class Process:
    """A process that was started from this checkout, the leader of its session.

    Attributes:
        started: tells it from every other process that had or will have its id.
        what: for people, and to tell the engine from the rest.
        endpoint: of an engine, else empty.
        keep: whether an engine's data outlives it.
    """

    pid: int
    started: str
    what: str
    endpoint: str = ""
    keep: bool = False

    def is_alive(self) -> bool:
        """Tell whether it runs, however busy it is: nobody is asked but the system."""
        return start_of(self.pid) == self.started


def spawn(  # noqa: PLR0913 - what a process needs
    directory: Path,
    what: str,
    command: list[str],
    *,
    cwd: Path,
    env: dict[str, str],
    log: Path,
    endpoint: str = "",
    keep: bool = False,
) -> tuple[subprocess.Popen[bytes], Process]:
    """Start a command in a session of its own, and note it in `directory` before anything can interrupt.

    Its standard input is a pipe that closes when this process ends.
    """
    with signals.deferred(), log.open("wb") as output:
        popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        process = Process(popen.pid, start_of(popen.pid) or "", what, endpoint, keep)
        _write(_note(directory, process), json.dumps(asdict(process)))
    return popen, process


def noted(directory: Path) -> list[Process]:
    """Return the noted processes, whether they are alive or not."""
    notes = sorted((directory / NOTES).glob("*.json"))
    return [Process(**json.loads(note.read_text())) for note in notes]


def end_all(directory: Path, seconds: float) -> None:
    """End every noted process of a directory that is alive, and forget it.

    Raises:
        TimeoutError: one cannot be killed; its note stays.
    """
    for process in noted(directory):
        end(process, seconds)
        forget(directory, process)


def forget(directory: Path, process: Process) -> None:
    """Remove the note of a process that has ended."""
    _note(directory, process).unlink(missing_ok=True)


def end(process: Process, seconds: float, *, alone: bool = False) -> bool:
    """End a process and its children: politely, and after so many seconds for good.

    Args:
        process: the leader of a session, unless it is ended `alone`.
        seconds: how long it may take to end by itself.
        alone: whether it sees to its children, as a command of this package does.

    Returns:
        Whether it ended by itself; False when it had ended before, or had to be killed.

    Raises:
        TimeoutError: it cannot be killed.
    """
    if not process.is_alive():
        return False
    send = os.kill if alone else os.killpg

    def signalled(number: int) -> None:
        with suppress(ProcessLookupError):
            send(process.pid, number)

    signalled(signal.SIGTERM)
    # A process that was stopped (Ctrl-Z, a debugger) takes no other signal.
    signalled(signal.SIGCONT)
    by_itself = _gone(process, seconds)
    if not by_itself or not alone:
        # Itself when it has not heard, and the children that it has left.
        signalled(signal.SIGKILL)
    if not by_itself and not _gone(process, KILL_SECONDS):
        raise TimeoutError(f"process {process.pid} ({process.what}) cannot be killed")
    return by_itself


def start_of(pid: int) -> str | None:
    """Return what tells a living process from others with its id; None when there is none or it has ended."""
    if Path("/proc/self/stat").exists():
        try:
            # proc_pid_stat(5): after the name in parentheses the state, and 19 fields later the start in
            # clock ticks since the boot.
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].decode().split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    listed = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, start = listed.stdout.strip().partition(" ")
    return None if listed.returncode or state.startswith("Z") else start.strip()


def _gone(process: Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _note(directory: Path, process: Process) -> Path:
    return directory / NOTES / f"{process.pid}.json"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)
