"""The processes that this checkout starts: each in its own session, noted on disk, ended with its children.

A note has a process's id and start time: a later process with the same id is not mistaken for it.
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
from local.errors import LocalAwsError

NOTES: Final = "processes"
POLL_SECONDS: Final = 0.05
KILL_SECONDS: Final = 10


@dataclass(frozen=True)
class Process:
    """A process that was started from this checkout, the leader of its session.

    Attributes:
        started: its start time, which no other process with its id has.
        what: its name in messages; the engine's is `ministack.ENGINE`.
        endpoint: an engine's, else empty.
        keep: whether it is an engine that saves its data when it stops.
    """

    pid: int
    started: str
    what: str
    endpoint: str = ""
    keep: bool = False

    def is_alive(self) -> bool:
        """Return whether it runs, even if it is too busy to answer: this asks the operating system."""
        return start_of(self.pid) == self.started


def spawn(  # noqa: PLR0913 - keywords
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
    """Start a command in its own session, and note it in `directory`; signals wait until both are done.

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
        write_file(_note(directory, process), json.dumps(asdict(process)))
    return popen, process


def noted(directory: Path) -> list[Process]:
    """Return the noted processes, whether they are alive or not."""
    notes = sorted((directory / NOTES).glob("*.json"))
    return [Process(**json.loads(note.read_text())) for note in notes]


def end_all(directory: Path, seconds: float) -> None:
    """End every noted process of a directory, and remove its note.

    Raises:
        LocalAwsError: one cannot be killed; its note stays.
    """
    for process in noted(directory):
        end(process, seconds)
        forget(directory, process)


def forget(directory: Path, process: Process) -> None:
    """Remove the note of a process that has ended."""
    _note(directory, process).unlink(missing_ok=True)


def end(process: Process, seconds: float, *, alone: bool = False) -> bool:
    """End a process and its children: SIGTERM, and SIGKILL after the given seconds.

    Args:
        process: the leader of a session, unless `alone`.
        seconds: how long it may take to end by itself.
        alone: whether it ends its children itself, as a command of this package does.

    Returns:
        Whether it ended by itself; False if it had ended before, or had to be killed.

    Raises:
        LocalAwsError: it cannot be killed.
    """
    if not process.is_alive():
        return False
    send = os.kill if alone else os.killpg

    def signalled(number: int) -> None:
        with suppress(ProcessLookupError):
            send(process.pid, number)

    signalled(signal.SIGTERM)
    # A stopped process (Ctrl-Z, a debugger) handles SIGTERM only once it continues.
    signalled(signal.SIGCONT)
    by_itself = _gone(process, seconds)
    if not by_itself or not alone:
        # The process itself if it ignored SIGTERM, and the children that it has left.
        signalled(signal.SIGKILL)
    if not by_itself and not _gone(process, KILL_SECONDS):
        raise LocalAwsError(
            f"process {process.pid} ({process.what}) cannot be killed; end it by hand, then `make down` again"
        )
    return by_itself


def start_of(pid: int) -> str | None:
    """Return the start time of a living process, in a form unique to it; None if it does not run."""
    if Path("/proc/self/stat").exists():
        try:
            # proc_pid_stat(5): the state follows the name in parentheses; 19 fields later is the start time,
            # in clock ticks since boot.
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


def write_file(file: Path, text: str) -> None:
    """Write a file in one step: a reader sees all of it, or what was there before."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)
