"""``python -m tests.mutants``: take out each mechanism of ``mutants.toml``, and see a test fail.

The named tests run on the untouched code first, and must pass there. Works on copies of the checkout below
``.local``; two runs at a time.
"""

import argparse
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.checkout_copy import copy_checkout

CHECKOUT: Final = Path(__file__).parents[1]
WORKERS: Final = 2
SHARED: Final = (".venv", "node_modules")

RUN_SECONDS: Final = 1800
"""A run that takes longer says nothing."""

GRACE_SECONDS: Final = 60
"""What a run has to end its engines in."""

NO_FAILURE: Final = ("NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "Failed: Timeout")
"""A test that fails so has met code that does not run, or a busy machine, and no missing mechanism."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Mutant:
    """A mechanism taken out: every ``old`` in a file replaced by ``new``."""

    name: str
    file: str
    old: str
    new: str
    tests: str


@dataclass(frozen=True)
class Run:
    """What pytest said.

    Attributes:
        code: its exit code; None when it was ended for taking too long.
        passed: the tests that passed.
        failed: the tests that failed, with the first line of why.
    """

    code: int | None
    passed: list[str]
    failed: dict[str, str]
    output: str

    def failures(self) -> list[str]:
        """Return the tests that failed because something was not as they say."""
        return [test for test, why in self.failed.items() if not why.startswith(NO_FAILURE)]


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "SURVIVES"
    BROKEN = "BROKEN"
    """The run says nothing about it: its tests were red before, did not run, or could not."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant, and by which test or why."""

    mutant: Mutant
    outcome: Outcome
    because: str


def listed(checkout: Path = CHECKOUT) -> list[Mutant]:
    """Read the list."""
    text = (checkout / "tests" / "mutants.toml").read_text(encoding="utf-8")
    return [Mutant(**each) for each in tomllib.loads(text)["mutant"]]


def tree(number: int) -> Path:
    """Copy what git knows of into a folder, with the set-up shared."""
    folder = CHECKOUT / ".local" / "mutants" / str(number)
    shutil.rmtree(folder, ignore_errors=True)
    copy_checkout(folder, SHARED)
    return folder


def run(folder: Path, tests: Iterable[str], *, whole: bool = False) -> Run:
    """Run tests in a copy, up to the first that fails or the whole of them."""
    # Amazon's engine is left out for speed; it says nothing different of a mechanism that is not there.
    options = ["-q", "-rpfE", "-p", "no:cacheprovider", "-k", "not dynamodb-local"]
    if not whole:
        options += ["-p", "tests.first_failure"]
    temporary = folder / ".local" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    own = {"TMPDIR": str(temporary), "PYTHONPATH": ".:lambdas:client", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=folder,
        # The summary has a line for each test, cut to the terminal's width.
        env={**os.environ, **own, "COLUMNS": "1000"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        return Run(None, [], {}, _ended(process))
    except BaseException:
        _ended(process)
        raise
    summary = output.rpartition("short test summary info")[2]
    failed = re.findall(r"^FAILED (.+?)(?: - (.*))?$", summary, re.MULTILINE)
    return Run(process.returncode, re.findall(r"^PASSED (.+)$", summary, re.MULTILINE), dict(failed), output)


def _ended(process: subprocess.Popen[str]) -> str:
    """End a run in order, so that it ends its engines; return what it said."""
    process.terminate()
    try:
        return process.communicate(timeout=GRACE_SECONDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]


def baseline(folder: Path, tests: Sequence[str]) -> dict[str, str]:
    """Run tests on the untouched code; return what is wrong, by the test's name in the list."""
    done = run(folder, tests, whole=True)
    wrong = {}
    for test in tests:
        failed = [name for name in done.failed if _is_of(name, test)]
        if failed:
            wrong[test] = f"{failed[0]} fails on the untouched code"
        elif not any(_is_of(name, test) for name in done.passed):
            wrong[test] = f"no test of {test} passes on the untouched code"
        elif done.code != 0 and not done.failed:
            wrong[test] = f"pytest ended with {done.code} on the untouched code"
    return wrong


def _is_of(name: str, test: str) -> bool:
    """Tell whether a test is one of a file, folder or function of the list."""
    return name == test or name.startswith((f"{test.rstrip('/')}/", f"{test}::", f"{test}["))


def judge(mutant: Mutant, folder: Path) -> Verdict:
    """Run the tests that should notice the mutant, and put the mechanism back.

    Raises:
        ValueError: the mechanism is not where the list says.
    """
    file = folder / mutant.file
    text = file.read_text(encoding="utf-8")
    if mutant.old not in text:
        raise ValueError(f"{mutant.name}: {mutant.file} does not hold {mutant.old!r}")
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        done = run(folder, mutant.tests.split())
    finally:
        file.write_text(text, encoding="utf-8")
    if done.code == 1 and (failures := done.failures()):
        return Verdict(mutant, Outcome.KILLED, failures[0].rpartition("/")[2])
    if done.code == 0 and done.passed:
        return Verdict(mutant, Outcome.SURVIVED, f"{len(done.passed)} tests pass")
    return Verdict(mutant, Outcome.BROKEN, f"pytest ended with {done.code}\n{done.output[-800:]}")


def judged(mutants: Sequence[Mutant], folders: Sequence[Path]) -> list[Verdict]:
    """Judge mutants, as many at a time as there are copies of the checkout."""
    tests = sorted({test for mutant in mutants for test in mutant.tests.split()})
    # What shares an engine runs together: the tests of a folder of tests.
    groups: dict[str, list[str]] = {}
    for test in tests:
        groups.setdefault("/".join(test.split("/")[:2]), []).append(test)
    wrong: dict[str, str] = {}
    for found in _everywhere(groups.values(), folders, lambda group, folder: baseline(folder, group)):
        wrong |= found
    red = {mutant: wrong[test] for mutant in mutants for test in mutant.tests.split() if test in wrong}
    verdicts = [Verdict(mutant, Outcome.BROKEN, why) for mutant, why in red.items()]
    return verdicts + _everywhere([each for each in mutants if each not in red], folders, judge)


def _everywhere(what: Iterable[T], folders: Sequence[Path], do: Callable[[T, Path], R]) -> list[R]:
    """Do something to each thing, in a folder of its own for the time; tell on stderr how far it is."""
    free: queue.Queue[Path] = queue.Queue()
    for folder in folders:
        free.put(folder)

    def done_in_a_folder(each: T) -> R:
        folder = free.get()
        try:
            return do(each, folder)
        finally:
            free.put(folder)

    results = []
    with ThreadPoolExecutor(len(folders)) as pool:
        pending = {pool.submit(done_in_a_folder, each): each for each in what}
        for count, future in enumerate(as_completed(pending), start=1):
            results.append(result := future.result())
            if isinstance(result, Verdict):
                line = f"{result.outcome}: {result.mutant.name}"
            else:
                line = f"on the untouched code: {pending[future]}"
            print(f"{count}/{len(pending)} {line}", file=sys.stderr, flush=True)
    return results


def report(verdicts: Sequence[Verdict], console: Console) -> int:
    """Print what became of each mutant; return 1 when one was not killed."""
    table = Table("mechanism taken out", "outcome", "by, or why")
    for verdict in verdicts:
        # Without markup: a test's parameters stand in brackets.
        table.add_row(*map(Text, (verdict.mutant.name, verdict.outcome, verdict.because)))
    console.print(table)
    count = {outcome: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in Outcome}
    console.print(
        f"{len(verdicts)} mutants, {count[Outcome.SURVIVED]} survive, {count[Outcome.BROKEN]} are broken"
    )
    return 0 if count[Outcome.KILLED] == len(verdicts) else 1


def main() -> int:
    """Judge all mutants; return 1 when one survives or is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose names hold this text")
    only = parser.parse_args().only
    mutants = [mutant for mutant in listed() if only in mutant.name]
    if not mutants:
        parser.error(f"no mutant's name holds {only!r}")
    return report(judged(mutants, [tree(number) for number in range(WORKERS)]), Console())


if __name__ == "__main__":
    sys.exit(main())
