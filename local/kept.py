"""The data of `make up KEEP=1`: always the complete state at the last clean stop.

MiniStack writes S3 objects immediately and everything else when it stops. So it works on a copy, which
replaces the kept data only after MiniStack has saved everything and ended by itself.
"""

import shutil
from pathlib import Path
from typing import Final

KEPT: Final = "kept"
WORK: Final = "data"
BEFORE: Final = "kept.before"
"""The previous kept data, while the newer data replaces it."""

STATE: Final = Path(WORK, "state")
OBJECTS: Final = Path(WORK, "s3")


def is_there(directory: Path) -> bool:
    """Return whether data is kept in this directory."""
    _adopt(directory)
    return any((directory / name).is_dir() for name in (KEPT, BEFORE))


def prepare(directory: Path, *, keep: bool) -> None:
    """Make the folder that MiniStack works on: with `keep` a copy of the kept data, else empty."""
    work, kept = directory / WORK, directory / KEPT
    shutil.rmtree(work, ignore_errors=True)
    _adopt(directory)
    if keep and not kept.exists() and (directory / BEFORE).exists():
        (directory / BEFORE).rename(kept)
    if keep and kept.exists():
        shutil.copytree(kept, work)
    (directory / STATE).mkdir(parents=True, exist_ok=True)


def begin(directory: Path) -> None:
    """Remove the state that MiniStack has loaded, so that all state files are new from now on."""
    for file in (directory / STATE).glob("*.json"):
        file.unlink()


def publish(directory: Path) -> bool:
    """Replace the kept data by what MiniStack has saved, if that is complete; return whether it is.

    MiniStack writes a file for each service, among them the tables, each under a temporary name first.
    """
    work, kept, before = (directory / name for name in (WORK, KEPT, BEFORE))
    state = directory / STATE
    if not (state / "dynamodb.json").exists() or list(state.glob("*.tmp")):
        return False
    if kept.exists():
        shutil.rmtree(before, ignore_errors=True)
        kept.rename(before)
    work.rename(kept)
    shutil.rmtree(before, ignore_errors=True)
    return True


def discard(directory: Path) -> None:
    """Delete the kept data."""
    for name in (KEPT, BEFORE):
        shutil.rmtree(directory / name, ignore_errors=True)


def _adopt(directory: Path) -> None:
    """Move kept data from the former layout, which had no folder for it."""
    if any((directory / "state").glob("*.json")) and not (directory / KEPT).exists():
        (directory / KEPT).mkdir()
        for name in ("state", "s3"):
            if (directory / name).exists():
                (directory / name).rename(directory / KEPT / name)
