"""Files that are generated: written, or with ``--check`` only compared."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_or_check(files: Mapping[Path, str], arguments: Sequence[str]) -> int:
    """Write the files, or with ``--check`` return 1 when one is not what would be written."""
    stale = [
        file for file, text in files.items() if not file.is_file() or file.read_text(encoding="utf-8") != text
    ]
    check = "--check" in arguments
    for file in stale:
        if check:
            print(f"{file.name} is out of date: run `make docs`", file=sys.stderr)
        else:
            file.write_text(files[file], encoding="utf-8")
    return 1 if check and stale else 0
