"""Where an import's file comes from: the disk, standard input, or S3."""

import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Final

import typer

from registrar_client.client import RegistrarClient
from registrar_client.command.layout import Terminal
from registrar_client.upload import BLOCK_BYTES, FORMATS, format_of

FILE_BYTES_MAX: Final = 1024**3
"""The most that an import takes; a larger file is refused before it is uploaded."""

STDIN: Final = "-"
S3: Final = "s3://"
HINT: Final = "FILE"


def check_source(source: str, form: str | None, *, columns: bool) -> None:
    """Check a source before any request is sent.

    Raises:
        typer.BadParameter: it does not exist, is too large, or its format is unknown.
    """
    if form is not None and form not in FORMATS.values():
        raise typer.BadParameter("is csv or jsonl", param_hint="--format")
    if columns and _form(source, form) == "jsonl":
        raise typer.BadParameter("JSON Lines have no columns", param_hint="--column")
    if source.startswith(S3):
        if not all(source.removeprefix(S3).partition("/")):
            raise typer.BadParameter(f"{source} is not s3://BUCKET/KEY", param_hint=HINT)
        return
    if source != STDIN:
        _check_file(Path(source))
    if form is None and _form(source, form) is None:
        why = "standard input" if source == STDIN else f"{source} does not end in {', '.join(FORMATS)}"
        raise typer.BadParameter(f"{why}: name its format with --format csv or jsonl", param_hint=HINT)


def uploaded(client: RegistrarClient, source: str, form: str | None) -> tuple[str | None, str]:
    """Upload the source unless it is in S3; return bucket and key, None for the stage's own bucket."""
    if source.startswith(S3):
        bucket, _, key = source.removeprefix(S3).partition("/")
        return bucket, key
    with Terminal(stderr=True).status(f"uploading {source}"), _on_disk(source) as file:
        return None, client.upload(file, form or format_of(Path(source), None))


def _form(source: str, form: str | None) -> str | None:
    return form or FORMATS.get(Path(source).suffix.lower())


def _check_file(file: Path) -> None:
    try:
        found = file.stat()
    except FileNotFoundError:
        raise typer.BadParameter(f"{file} is no file", param_hint=HINT) from None
    if stat.S_ISDIR(found.st_mode):
        raise typer.BadParameter(f"{file} is a folder", param_hint=HINT)
    if found.st_size > FILE_BYTES_MAX:
        raise _too_large(f"{file} has {found.st_size / 1024**3:.1f} GiB")
    with file.open("rb") if stat.S_ISREG(found.st_mode) else tempfile.TemporaryFile():
        pass  # It can be read.


@contextmanager
def _on_disk(source: str) -> Iterator[Path]:
    """Yield a file whose size is known; a pipe is copied to a temporary file that only its owner can read."""
    if source != STDIN and Path(source).is_file():
        yield Path(source)
        return
    with tempfile.NamedTemporaryFile(prefix="registrar-") as spool:
        with nullcontext(sys.stdin.buffer) if source == STDIN else Path(source).open("rb") as stream:
            _copy(stream, spool, "standard input" if source == STDIN else source)
        spool.flush()
        yield Path(spool.name)


def _copy(stream: IO[bytes], spool: IO[bytes], name: str) -> None:
    size = 0
    while block := stream.read(BLOCK_BYTES):
        size += len(block)
        if size > FILE_BYTES_MAX:
            raise _too_large(f"{name} has more")
        spool.write(block)
    if not size:
        raise typer.BadParameter(f"{name} is empty", param_hint=HINT)


def _too_large(what: str) -> typer.BadParameter:
    limit = f"{FILE_BYTES_MAX / 1024**3:g} GiB"
    return typer.BadParameter(f"{what}, but an import takes {limit} at most: split it", param_hint=HINT)
