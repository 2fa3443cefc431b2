"""Child processes that lead a group of their own, so that they and all they started stop together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

_POLL_SECONDS: Final = 0.05
_PROC: Final = Path("/proc")


class _Entry(NamedTuple):
    pid: int
    group: int
    state: str
    started: str


@dataclass(frozen=True)
class ProcessGroup:
    """A process that leads its own group.

    Attributes:
        pid: the leader's process id, which is the group's id too.
        started: when the leader started, as the system tells it; tells it from a later process with its id.
    """

    pid: int
    started: str

    @classmethod
    def start(
        cls, command: Sequence[str], *, environment: Mapping[str, str], log: Path, directory: Path
    ) -> ProcessGroup:
        """Start `command` in `directory`, detached from the terminal, all its output going to `log`."""
        with log.open("wb") as output:
            child = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _children[child.pid] = child
        return cls(child.pid, next((entry.started for entry in _processes(child.pid)), ""))

    def is_running(self) -> bool:
        """Tell whether the leader is alive, and is the very process that was started."""
        self.exit_code()
        return any(entry.started == self.started and entry.state != "Z" for entry in _processes(self.pid))

    def exit_code(self) -> int | None:
        """Return the leader's exit code once it ended, if this process started it."""
        child = _children.get(self.pid)
        return child.poll() if child else None

    def stop(self, *, patience_seconds: float = 10) -> None:
        """End the whole group: SIGTERM, and SIGKILL for what is left after `patience_seconds`.

        Does nothing when the leader is not the process that was started: its id may be another's by now.
        """
        if not self.is_running() and self.pid not in _children:
            return
        for signal_number, seconds in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 5.0)):
            if not self._members():
                break
            try:
                os.killpg(self.pid, signal_number)
            except ProcessLookupError:
                break
            self._wait_until_gone(seconds)
        self.exit_code()
        _children.pop(self.pid, None)

    def _members(self) -> list[_Entry]:
        self.exit_code()  # reaps the leader: a zombie would count as a member for ever
        return [entry for entry in _processes() if entry.group == self.pid and entry.state != "Z"]

    def _wait_until_gone(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._members() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


_children: Final[dict[int, subprocess.Popen[bytes]]] = {}


def _processes(pid: int | None = None) -> Iterator[_Entry]:
    """Yield the process `pid`, or all processes."""
    if _PROC.joinpath("self/stat").exists():
        yield from _from_proc(pid)
        return
    chosen = ["-p", str(pid)] if pid else ["-A"]
    listing = subprocess.run(
        ["ps", *chosen, "-o", "pid=,pgid=,stat=,lstart="], capture_output=True, text=True, check=False
    )
    for line in listing.stdout.splitlines():
        number, group, state, started = line.split(maxsplit=3)
        yield _Entry(int(number), int(group), state[0], started.strip())


def _from_proc(pid: int | None) -> Iterator[_Entry]:
    """Read /proc, which a slim container has where it has no `ps`."""
    numbers = [str(pid)] if pid else [entry.name for entry in _PROC.iterdir() if entry.name.isdigit()]
    for number in numbers:
        try:
            status = _PROC.joinpath(number, "stat").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended in between
        # proc(5): the name in parentheses may hold anything, so count from the last ")".
        fields = status.rpartition(")")[2].split()
        yield _Entry(int(number), int(fields[2]), fields[0], fields[19])
