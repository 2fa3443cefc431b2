"""Files that a command writes: opened before its work, and in place only once they are complete."""

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
    """A file cannot be written; the message names it and the reason."""

    def __init__(self, path: Path, reason: object) -> None:
        text = reason.strerror if isinstance(reason, OSError) else reason
        super().__init__(f"cannot write {path}: {text}")


@dataclass(frozen=True)
class OutputFile:
    """A file that is open for writing.

    Attributes:
        path: as the caller named it.
        file: takes the bytes.
        part: the temporary file that takes them until it is complete; None when written in place.
        target: the file that it replaces then, with links resolved.
    """

    path: Path
    file: IO[bytes]
    part: Path | None
    target: Path

    @contextmanager
    def written(self) -> Iterator[IO[bytes]]:
        """Yield what takes the bytes; they become the file in the end, and are dropped on failure.

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
    """Open a file for writing; it stays as it is unless it is written.

    A regular file is written to a temporary file in the same folder, which replaces it when it is complete;
    links are followed. It keeps its mode; only the owner can read a new one, since it has personal data.
    Anything else (a device, a pipe, ``/dev/stdout``) is written in place.

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
        with suppress(OSError):  # A full disk has been reported by the write.
            output.file.close()
        if output.part is not None:
            output.part.unlink(missing_ok=True)


def is_one_file(one: Path, other: Path) -> bool:
    """Return whether two paths are the same file, existing or not; a device may have several writers."""
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
        # Neither creates nor truncates: this only finds out whether it can be written.
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return OutputFile(path, os.fdopen(descriptor, "wb"), None, target)
        os.close(descriptor)
    if not target.parent.is_dir():
        raise CannotWrite(path, f"there is no folder {target.parent}")
    # Made with O_EXCL and mode 0600, and in the same folder, so that it can replace the file.
    descriptor, part = tempfile.mkstemp(prefix=".registrar-", suffix=".part", dir=target.parent)
    if before is not None:
        _keep_mode(descriptor, before)
    return OutputFile(path, os.fdopen(descriptor, "wb"), Path(part), target)


def _inherited(path: Path, found: os.stat_result | None) -> int | None:
    """Return a copy of an open descriptor of this process, when the path names one.

    A copy shares the position in the file, so that a redirection with `>>` still appends.
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
            # The owner cannot be kept, so the rights of group and others would go to other people.
            mode &= stat.S_IRWXU
    os.fchmod(descriptor, mode)
