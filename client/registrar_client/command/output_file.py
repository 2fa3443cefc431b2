"""Files that a command writes: opened before its work, and there only when they are whole."""

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_NUMBER: Final = re.compile(r"/(?:dev|proc/self)/fd/([0-9]+)")
_STREAMS: Final = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


class CannotWrite(Exception):  # noqa: N818 - what happened
    """A file cannot be written; the message names it and says why."""

    def __init__(self, path: Path, reason: object) -> None:
        text = reason.strerror if isinstance(reason, OSError) else reason
        super().__init__(f"cannot write {path}: {text}")


@dataclass(frozen=True)
class OutputFile:
    """A file that is open for writing.

    Attributes:
        path: as it was named.
        file: takes the bytes.
        part: where they are until the file is whole, None for what is written in place.
        target: what is replaced then; no link.
    """

    path: Path
    file: IO[bytes]
    part: Path | None
    target: Path

    @contextmanager
    def written(self) -> Iterator[IO[bytes]]:
        """Yield what takes the bytes; they become the file in the end, and nothing on failure.

        Raises:
            CannotWrite: such as on a full disk.
        """
        try:
            yield self.file
            self.file.flush()
            if self.part is not None:
                os.fsync(self.file.fileno())
            self.file.close()
            if self.part is not None:
                self.part.replace(self.target)
        except OSError as error:
            raise CannotWrite(self.path, error) from error


@contextmanager
def opened(path: Path) -> Iterator[OutputFile]:
    """Open a file that will be written, or leave it as it is.

    A regular file is written beside its place, under a name that nobody can guess, and takes its place when
    it is whole; links are followed. It keeps its mode; a new one is its owner's alone, since it has personal
    data. What is no regular file (a device, a pipe, ``/dev/stdout``) is written to.

    Raises:
        CannotWrite: it cannot be opened.
    """
    try:
        output = _open(path)
    except OSError as error:
        raise CannotWrite(path, error) from error
    try:
        yield output
    finally:
        with suppress(OSError):  # A full disk has been told of where it was written.
            output.file.close()
        if output.part is not None:
            output.part.unlink(missing_ok=True)


def is_one_file(one: Path, other: Path) -> bool:
    """Tell whether two names mean one file, there or not; two writers do no harm to a device."""
    try:
        if one.exists() and not one.is_file():
            return False
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _open(path: Path) -> OutputFile:
    try:
        before = path.stat()
    except FileNotFoundError:
        before = None
    target = Path(os.path.realpath(path))
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise CannotWrite(path, "it is a folder")
    descriptor = _inherited(path, before)
    if descriptor is not None:
        return OutputFile(path, os.fdopen(descriptor, "wb"), None, target)
    if before is not None:
        # Neither made nor cut: that it may be written is all that is asked here.
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return OutputFile(path, os.fdopen(descriptor, "wb"), None, target)
        os.close(descriptor)
    if not target.parent.is_dir():
        raise CannotWrite(path, f"there is no folder {target.parent}")
    # O_EXCL, 0600, and in the same folder, so that it can take the place of the file.
    descriptor, part = tempfile.mkstemp(prefix=".registrar-", suffix=".part", dir=target.parent)
    if before is not None:
        _keep_mode(descriptor, before)
    return OutputFile(path, os.fdopen(descriptor, "wb"), Path(part), target)


def _inherited(path: Path, found: os.stat_result | None) -> int | None:
    """Return a copy of what this process was started with, when that is meant.

    A copy shares its place in the file: what is redirected to a file with `>>` is not written over.
    """
    name = os.path.abspath(path)  # noqa: PTH100 - no link is followed
    match = _NUMBER.fullmatch(name)
    number = int(match[1]) if match else _STREAMS.get(name)
    if number is None and found is not None:
        number = next((each for each in (1, 2) if _is_stream(each, found)), None)
    return None if number is None else os.dup(number)


def _is_stream(number: int, found: os.stat_result) -> bool:
    try:
        stream = os.fstat(number)
    except OSError:
        return False
    return (stream.st_dev, stream.st_ino) == (found.st_dev, found.st_ino)


def _keep_mode(descriptor: int, before: os.stat_result) -> None:
    mode = stat.S_IMODE(before.st_mode)
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except PermissionError:
            # Whose file it was cannot be kept, so what others may do is not meant for those who it is now.
            mode &= stat.S_IRWXU
    os.fchmod(descriptor, mode)
