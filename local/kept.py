"""The data of `make up KEEP=1`: all of it as the last proper stop left it, or none.

MiniStack saves some things at once (objects in S3) and the rest as it stops. So it works on a copy, which
takes the place of what was kept once MiniStack has saved everything and ended by itself.
"""

import shutil
from pathlib import Path
from typing import Final

KEPT: Final = "kept"
WORK: Final = "data"
BEFORE: Final = "kept.before"
"""What was kept, for the moment in which the newer data takes its place."""

STATE: Final = Path(WORK, "state")
OBJECTS: Final = Path(WORK, "s3")


def is_there(directory: Path) -> bool:
    """Tell whether data is kept in this directory."""
    _adopt(directory)
    return any((directory / name).is_dir() for name in (KEPT, BEFORE))


def prepare(directory: Path, *, keep: bool) -> None:
    """Make the folder that MiniStack works on: the kept data when asked for, else empty."""
    work, kept = directory / WORK, directory / KEPT
    shutil.rmtree(work, ignore_errors=True)
    _adopt(directory)
    if keep and not kept.exists() and (directory / BEFORE).exists():
        (directory / BEFORE).rename(kept)
    if keep and kept.exists():
        shutil.copytree(kept, work)
    (directory / STATE).mkdir(parents=True, exist_ok=True)


def begin(directory: Path) -> None:
    """Note that MiniStack has read what was kept: what it saves from now on is new."""
    for file in (directory / STATE).glob("*.json"):
        file.unlink()


def publish(directory: Path) -> bool:
    """Keep what MiniStack has saved; return whether it has saved anything.

    MiniStack writes a file for each service, the tables among them, each under a temporary name first.
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
    """Throw away what was kept."""
    for name in (KEPT, BEFORE):
        shutil.rmtree(directory / name, ignore_errors=True)


def _adopt(directory: Path) -> None:
    """Move what was kept before there was a folder for it."""
    if any((directory / "state").glob("*.json")) and not (directory / KEPT).exists():
        (directory / KEPT).mkdir()
        for name in ("state", "s3"):
            if (directory / name).exists():
                (directory / name).rename(directory / KEPT / name)
