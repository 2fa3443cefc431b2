"""A copy of the checkout, for what changes it or needs it in another place."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[1]


def copy_checkout(folder: Path, shared: Iterable[str]) -> None:
    """Copy what git knows of into a folder; what is shared is linked, as it is set up once for all."""
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
    for name in shared:
        (folder / name).symlink_to(CHECKOUT / name)
