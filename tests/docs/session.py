"""One `bash -eu` of a page, which takes one piece of the page after the other, and what it runs in."""

import os
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

END_SECONDS: Final = 15
POLL_SECONDS: Final = 0.01


@dataclass(frozen=True)
class Ran:
    """How a piece went.

    Attributes:
        status: its exit status; None when it had to be ended.
        output: what it printed, both streams as they came.
        line: where in the page the command stands that failed last; 0 when none did.
        ended: whether the shell has ended with it.
    """

    status: int | None
    output: str
    line: int
    ended: bool


class Session:
    """A shell that goes on from piece to piece, in a process group of its own."""

    def __init__(self, page: str, notes: Path, cwd: Path, environment: dict[str, str]) -> None:
        """Start it in a folder; pieces and their outputs are kept in `notes`."""
        self._page, self._notes, self._pieces, self._status = page, notes, 0, 0
        notes.mkdir(parents=True, exist_ok=True)
        self._variables = notes / "variables"
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eu"],
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str, line: int, *, seconds: float, fatal: bool = True) -> Ran:
        """Run a piece that begins at a line of the page.

        Args:
            script: the piece.
            line: so that what bash says of it has the lines of the page.
            seconds: how long it may take.
            fatal: whether a command that fails ends the shell, as `-e` has it.
        """
        self._pieces += 1
        folder = self._notes / str(self._pieces)
        folder.mkdir()
        piece, output, failed, done = (folder / name for name in (self._page, "output", "failed", "done"))
        piece.write_text("\n" * (line - 1) + script + "\n", encoding="utf-8")
        run = f". {shlex.quote(str(piece))} >{shlex.quote(str(output))} 2>&1 </dev/null"
        trap = f'printf %s "$LINENO" >{shlex.quote(str(failed))}'
        lines = [f"trap {shlex.quote(trap)} ERR"] if fatal else ["set +e", f"(exit {self._status})"]
        lines += [run, f"_status=$?; /usr/bin/env -0 >{shlex.quote(str(self._variables))}"]
        lines += [f"printf '%s\\n' $_status >{shlex.quote(str(done))}"] + ([] if fatal else ["set -e"])
        with suppress(BrokenPipeError):
            self._process.stdin.write("\n".join(lines) + "\n")
            self._process.stdin.flush()
        status, ended = self._wait(done, seconds)
        if not fatal and status is not None:
            self._status = status
        said = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        where = int(failed.read_text()) if fatal and failed.exists() else 0
        return Ran(status, said, where, ended)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment after the last piece that went well, none when there was none."""
        if not self._variables.exists():
            return {}
        known = self._variables.read_bytes().decode("utf-8", "surrogateescape").split("\0")
        return dict(each.split("=", 1) for each in known if "=" in each)

    def end(self) -> None:
        """End it with all that it runs: politely, then for good."""
        with suppress(OSError):
            self._process.stdin.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)

    def _wait(self, done: Path, seconds: float) -> tuple[int | None, bool]:
        deadline = time.monotonic() + seconds
        while True:
            ended = self._process.poll()
            if done.exists() and (text := done.read_text()).endswith("\n"):
                return int(text), False
            if ended is not None:
                return ended, True
            if time.monotonic() > deadline:
                self.end()
                return None, True
            time.sleep(POLL_SECONDS)
