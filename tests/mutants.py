"""``python -m tests.mutants``: take out each mechanism of ``mutants.toml``, and see a test fail.

Works on copies of the checkout below ``.local``; two mutants at a time.
"""

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

CHECKOUT = Path(__file__).parents[1]
WORKERS = 2
SHARED = (".venv", "node_modules")


@dataclass(frozen=True)
class Mutant:
    """A mechanism taken out: every ``old`` in a file replaced by ``new``."""

    name: str
    file: str
    old: str
    new: str
    tests: str


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: the tests that killed it, none when it survives."""

    mutant: Mutant
    killers: list[str]
    output: str


def listed() -> list[Mutant]:
    """Read the list."""
    return [
        Mutant(**each) for each in tomllib.loads((CHECKOUT / "tests" / "mutants.toml").read_text())["mutant"]
    ]


def tree(number: int) -> Path:
    """Copy what git knows of into a folder, with the set-up shared."""
    folder = CHECKOUT / ".local" / "mutants" / str(number)
    shutil.rmtree(folder, ignore_errors=True)
    known = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, known.stdout.decode().split("\0")):
        if (CHECKOUT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    for name in SHARED:
        (folder / name).symlink_to(CHECKOUT / name)
    (folder / ".local" / "tmp").mkdir(parents=True)
    return folder


def judge(mutant: Mutant, folder: Path) -> Verdict:
    """Run the tests that should notice the mutant, and put the mechanism back.

    Raises:
        ValueError: the mechanism is not where the list says.
    """
    file = folder / mutant.file
    text = file.read_text()
    if mutant.old not in text:
        raise ValueError(f"{mutant.name}: {mutant.file} does not hold {mutant.old!r}")
    file.write_text(text.replace(mutant.old, mutant.new))
    try:
        # Amazon's engine is left out for speed; it says nothing different of a mechanism that is not there.
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-qx",
            "-p",
            "no:cacheprovider",
            "-k",
            "not dynamodb-local",
        ]
        done = subprocess.run(
            [*command, *mutant.tests.split()],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder / ".local" / "tmp"), "PYTHONPATH": ".:lambdas:client"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        file.write_text(text)
    return Verdict(mutant, re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE), done.stdout)


def main() -> int:
    """Judge all mutants; return 1 when one survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose names hold this text")
    only = parser.parse_args().only
    mutants = [mutant for mutant in listed() if only in mutant.name]
    trees: queue.Queue[Path] = queue.Queue()
    for number in range(WORKERS):
        trees.put(tree(number))

    def run(mutant: Mutant) -> Verdict:
        folder = trees.get()
        try:
            return judge(mutant, folder)
        finally:
            trees.put(folder)

    table = Table("mechanism taken out", "killed by")
    survivors = 0
    console = Console()
    with ThreadPoolExecutor(WORKERS) as pool:
        for count, verdict in enumerate(as_completed([pool.submit(run, each) for each in mutants]), start=1):
            done = verdict.result()
            survivors += not done.killers
            print(f"{count}/{len(mutants)} {done.mutant.name}", file=sys.stderr, flush=True)
            killer = done.killers[0].rpartition("/")[2] if done.killers else f"SURVIVES\n{done.output[-500:]}"
            table.add_row(done.mutant.name, killer)
    console.print(table)
    console.print(f"{len(mutants)} mutants, {survivors} survive")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
