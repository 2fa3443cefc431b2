"""Runs the blocks of a page, in their order, as a reader does who has nothing but the page.

- ``sh`` blocks are commands: `bash -eu`, one session for a page, in a fresh copy of the checkout.
- ``python`` blocks are complete programs; they see the variables that the shell has by then.
- ``console`` blocks are transcripts. What each `$ command` prints is masked and compared with what the page
  has; a line `…` stands for any number of lines, and `…` within a line for some of it. A command that does
  not end with 0 is followed by `$ echo $?`, as a reader would not see it otherwise.
- ``json`` blocks are JSON; ``text`` and ``mermaid`` blocks are to be looked at.
- A comment `<!-- stands in: COMMAND -->` right before a block names what is run in its place, and
  `<!-- not run: REASON -->` says why nothing is. A transcript whose command another stands in for is compared
  with what that one prints.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local import lifecycle, processes
from tests.checkout_copy import CHECKOUT, copy_checkout
from tests.docs.markdown import Block, Page
from tests.docs.session import Ran, Session
from tests.docs.transcript import NoTranscriptError, Step, difference, steps_of

LANGUAGES: Final = ("sh", "python", "console", "json", "text", "mermaid")
TOGETHER: Final = 2
"""So many pages run at once: a deployment waits a good part of its time."""
STEP_SECONDS: Final = 240
"""What takes longer hangs."""
MAY_LACK: Final = ("aws", "curl")
SETTLE_SECONDS: Final = 20
COUNTED_LATER: Final = re.compile(r"registrar\b.*\bstats\b|/stats\b")
"""Commands that read the counters, which the ledger's stream brings up to date in a moment."""
ENOUGH: Final = 5
"""After so many failures of a page the others are most likely their consequences."""
SHOWN: Final = 40
"""So many lines of an output are shown of a failure."""
PRIVATE: Final = (
    *("AWS_", "REGISTRAR_", "JSII_", "CDK_", "MAKE", "MFLAGS"),
    *("PYTEST_", "PYTHON", "TMPDIR", "VIRTUAL_ENV"),
)
"""What the tests' own environment says of AWS, of a checkout or of a test, none of which a reader has."""


@dataclass(frozen=True)
class Failure:
    """A block that does not do what the page says."""

    page: str
    line: int
    command: str
    what: str
    output: str = ""

    def __str__(self) -> str:
        output = self.output.rstrip().splitlines()
        if len(output) > SHOWN:
            output = [f"({len(output) - SHOWN} lines before)", *output[-SHOWN:]]
        shown = "\n".join(f"    | {line}" for line in output)
        return f"{self.page}:{self.line}: {self.what}\n    $ {self.command}" + (f"\n{shown}" if shown else "")


def faults_of(block: Block) -> str:
    """Return what is wrong with a block before it is run, nothing when nothing is."""
    if block.language not in LANGUAGES:
        return f"a block of language {block.language!r}; known are {', '.join(LANGUAGES)}"
    if block.not_run:
        return ""
    try:
        if block.language == "json":
            json.loads(block.text)
        if block.language == "console" and len(steps_of(block.text)) > 1 and block.stands_in:
            return "one command cannot stand in for several: give each a block of its own"
    except ValueError as error:
        return f"no JSON: {error}"
    except NoTranscriptError as error:
        return f"no transcript: {error}"
    return ""


class PageRun:
    """A page in its own copy of the checkout."""

    def __init__(self, page: Page, folder: Path, assembly: Path) -> None:
        """Keep the copy, the home and the notes of the session below `folder`."""
        self._page, self._folder = page, folder
        self._checkout = folder / "registrar"
        self._assembly = assembly
        self._session: Session | None = None
        self._sessions = 0
        self._lock = threading.Lock()
        self._interrupted = False

    def failures(self) -> list[Failure]:
        """Run every block; return what failed, also whatever was left running, which is ended.

        After a failed block the page goes on in a new shell, so that one run shows more than the first fault.
        """
        copied(self._checkout)
        found: list[Failure] = []
        try:
            for block in self._page.blocks:
                found += self._failures_of(block)
                if len(found) >= ENOUGH:
                    found.append(self._failure(block.line, "", "what comes behind it has not been run"))
                    break
            found += self._left()
        finally:
            self._end()
        return found

    def interrupt(self) -> None:
        """Let `failures`, which runs in another thread, end what it has started and raise."""
        with self._lock:
            self._interrupted = True
            if self._session is not None:
                self._session.end()

    def _end(self) -> None:
        """End all that runs for this page."""
        if self._session is not None:
            self._session.end()
        local = self._checkout / ".local"
        if local.exists():
            for place in (local / "run", local):
                lifecycle.stop_everything(place)
        for pid in running_in(self._folder):
            processes.end(processes.Process(pid, processes.start_of(pid) or "", "left"), 0, alone=True)

    def _failures_of(self, block: Block) -> list[Failure]:
        if fault := faults_of(block):
            return [self._failure(block.line, "", fault)]
        if not block.runs:
            return []
        if block.language == "console":
            return self._follow(block)
        if block.language == "python" and not block.stands_in:
            return self._run_program(block)
        return self._run(block.runs, block.line)

    def _run(self, script: str, line: int) -> list[Failure]:
        ran = self._shell().run(script, line, seconds=STEP_SECONDS)
        if ran.status == 0 and not ran.ended:
            return []
        at = ran.line or line
        lines = script.split("\n")
        command = lines[at - line] if 0 <= at - line < len(lines) else lines[0]
        return [self._failure(at, command, _how(ran), ran.output)]

    def _run_program(self, block: Block) -> list[Failure]:
        file = self._folder / "programs" / f"{self._page.name.replace('/', '-')}-{block.line}.py"
        file.parent.mkdir(exist_ok=True)
        # A traceback has the lines of the page.
        file.write_text("\n" * (block.line - 1) + block.text, encoding="utf-8")
        python = shlex.quote(str(self._checkout / ".venv/bin/python"))
        ran = self._shell().run(f"{python} {shlex.quote(str(file))}", block.line, seconds=STEP_SECONDS)
        if ran.status == 0 and not ran.ended:
            return []
        return [self._failure(block.line, "python (the whole block)", _how(ran), ran.output)]

    def _follow(self, block: Block) -> list[Failure]:
        found: list[Failure] = []
        steps = steps_of(block.text, block.line)
        if block.stands_in:
            steps = [Step(steps[0].line, block.stands_in, steps[0].expected)]
        for step, after in zip(steps, [*steps[1:], None], strict=True):
            ran, differs = self._step(step)
            asked = after is not None and after.command.strip().startswith("echo $?")
            if ran.ended or (ran.status and not asked):
                found.append(self._failure(step.line, step.command, _how(ran), ran.output))
            elif differs:
                found.append(self._failure(step.line, step.command, "it prints something else", differs))
        return found

    def _step(self, step: Step) -> tuple[Ran, str]:
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            ran = self._shell().run(step.command, step.line, seconds=STEP_SECONDS, fatal=False)
            differs = difference(step.expected, ran.output)
            again = differs and not ran.ended and COUNTED_LATER.search(step.command)
            if not again or time.monotonic() > deadline:
                return ran, differs
            time.sleep(0.5)

    def _shell(self) -> Session:
        """Return the page's shell; a new one where the one before has ended, with the same variables."""
        with self._lock:
            if self._interrupted:
                raise InterruptedError(self._page.name)
            if self._session is None or self._session.has_ended:
                environment = reader_environment(self._folder, self._assembly)
                if self._session is not None:
                    environment = self._session.variables or environment
                self._sessions += 1
                notes = self._folder / "session" / str(self._sessions)
                self._session = Session(self._page.name.replace("/", "-"), notes, self._checkout, environment)
            return self._session

    def _left(self) -> list[Failure]:
        local = self._checkout / ".local"
        noted = [
            each for place in (local, local / "run") for each in processes.noted(place) if each.is_alive()
        ]
        what = ", ".join(sorted(each.what for each in noted))
        return [self._failure(0, "", f"the page ends and leaves running: {what}")] if noted else []

    def _failure(self, line: int, command: str, what: str, output: str = "") -> Failure:
        return Failure(self._page.name, line, command.strip(), what, output)


class Runs:
    """The pages, some at once; each is started when the first of them is asked for."""

    def __init__(self, pages: Iterable[Page], folder: Path, assembly: Path) -> None:
        """Run the pages with most blocks first."""
        ordered = sorted(pages, key=lambda page: -sum(bool(block.runs) for block in page.blocks))
        self._runs = {
            page.name: PageRun(page, folder / page.name.replace("/", "-"), assembly) for page in ordered
        }
        self._pool = ThreadPoolExecutor(TOGETHER)
        self._futures: dict[str, Future[list[Failure]]] = {
            name: self._pool.submit(run.failures) for name, run in self._runs.items()
        }

    def failures(self, name: str) -> list[Failure]:
        return self._futures[name].result()

    def end(self) -> None:
        """End all that still runs."""
        for future in self._futures.values():
            future.cancel()
        for run in self._runs.values():
            run.interrupt()
        self._pool.shutdown(wait=True)


def tools_of(page: Page) -> list[str]:
    """Return the programs that a page runs and that a set-up need not have."""
    run = "\n".join(block.runs for block in page.blocks)
    return [tool for tool in MAY_LACK if re.search(rf"^(\$ )?{tool} |[(|&;]\s*{tool} ", run, re.MULTILINE)]


def _how(ran: Ran) -> str:
    if ran.status is None:
        return "it does not end"
    return f"it ends with {ran.status}" if ran.status else "it ends the shell"


def copied(folder: Path) -> None:
    """Copy the checkout into a folder, with what is set up shared."""
    copy_checkout(folder, (".venv", "node_modules"))
    (folder / ".local").mkdir()
    unpacked = CHECKOUT / ".local" / "jsii"
    unpacked.mkdir(parents=True, exist_ok=True)
    (folder / ".local" / "jsii").symlink_to(unpacked)


def is_set_up(checkout: Path) -> bool:
    """Tell whether `make setup` has nothing to do."""
    asked = subprocess.run(
        ["make", "-q", "setup"], cwd=checkout, env=_clean(), capture_output=True, check=False
    )
    return asked.returncode == 0


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}


def reader_environment(folder: Path, assembly: Path) -> dict[str, str]:
    """Return the environment of a reader's shell: a home of its own, and the caches of this machine.

    What `cdk synth` has made before is deployed by each page's `make up` and `make run`.
    """
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    clean = _clean()
    caches = Path.home() / ".cache"
    own = str(Path(sys.executable).parent)
    path = [each for each in clean.get("PATH", os.defpath).split(os.pathsep) if each != own]
    kept = {
        "UV_CACHE_DIR": str(caches / "uv"),
        "PIP_CACHE_DIR": str(caches / "pip"),
        "npm_config_cache": str(Path.home() / ".npm"),
    }
    return {
        **kept,
        **clean,
        "HOME": str(home),
        "PATH": os.pathsep.join(path),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "CDK_ASSEMBLY": str(assembly),
    }


def running_in(folder: Path) -> list[int]:
    """Return the processes that work in a folder; where the system does not say, none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = (entry / "cwd").resolve().is_relative_to(folder.resolve())
        except OSError:
            continue
        if inside and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def tracked(suffix: str = "") -> list[str]:
    """Return the names of the files that git knows of, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    names: Sequence[str] = listed.stdout.decode().split("\0")
    return sorted({name for name in names if name.endswith(suffix) and name and (CHECKOUT / name).is_file()})
