"""What is uploaded for a function."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.result import Result
from infra.code_asset import REQUIREMENTS, copy_code, install_requirements

MEGABYTE = 1024**2


def results() -> Iterator[Result]:
    """Measure the archives of the functions with and without dependencies."""
    with TemporaryDirectory() as folder:
        plain, whole = Path(folder, "plain"), Path(folder, "whole")
        copy_code(plain)
        install_requirements(whole, REQUIREMENTS)
        copy_code(whole)
        for name, path in (("write and audit", plain), ("validate and audit-rejection", whole)):
            yield Result(f"archive of {name}", "–", _zipped(path) / MEGABYTE, 3, unit="MB")


def _zipped(folder: Path) -> int:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    return len(target.getvalue())
