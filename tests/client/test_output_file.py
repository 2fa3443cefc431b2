"""Files that the command writes: completely or not at all."""

import os
import stat
from pathlib import Path
from threading import Thread
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar_client.command.output_file import CannotWrite, is_one_file, opened


def write(path: Path, content: bytes = b"new") -> None:
    with opened(path) as output, output.written() as file:
        file.write(content)


def _write_and_raise(file: IO[bytes], error: BaseException) -> None:
    file.write(b"new")
    raise error


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_a_new_file_and_no_temporary_file_is_left(tmp_path):
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"new"
    assert mode(tmp_path / "out") == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@given(before=st.integers(0o600, 0o777))
def test_a_file_keeps_its_mode(tmp_path_factory, before):
    file = tmp_path_factory.mktemp("mode") / "out"
    file.write_bytes(b"old")
    file.chmod(before)
    write(file)
    assert (file.read_bytes(), mode(file)) == (b"new", before)


def test_links_are_followed_and_kept(tmp_path):
    (tmp_path / "deep").mkdir()
    target = tmp_path / "deep" / "target"
    target.write_bytes(b"old")
    (tmp_path / "one").symlink_to("deep/target")
    (tmp_path / "two").symlink_to("one")
    (tmp_path / "dangling").symlink_to("deep/absent")
    write(tmp_path / "two")
    write(tmp_path / "dangling")
    assert target.read_bytes() == (tmp_path / "deep" / "absent").read_bytes() == b"new"
    assert all((tmp_path / name).is_symlink() for name in ("one", "two", "dangling"))
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["absent", "target"]


def test_temporary_files_are_exclusive(tmp_path, monkeypatch):
    file, part = tmp_path / "out", tmp_path / "out.part"
    part.write_bytes(b"another's")
    flags = []
    monkeypatch.setattr(
        os, "open", lambda path, how, *rest, _open=os.open: flags.append(how) or _open(path, how, *rest)
    )
    with opened(file), opened(file):
        beside = {path.name for path in tmp_path.iterdir()} - {part.name}
        assert len(beside) == 2
        assert all(how & os.O_EXCL for how in flags)
    assert part.read_bytes() == b"another's"
    assert list(tmp_path.iterdir()) == [part]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt(), SystemExit(143)]
)
def test_on_failure_nothing_has_changed(tmp_path, there, error):
    file = tmp_path / "out"
    if there:
        file.write_bytes(b"old")
    with (
        pytest.raises((CannotWrite, KeyboardInterrupt, SystemExit)),
        opened(file) as output,
        output.written() as target,
    ):
        _write_and_raise(target, error)
    with opened(file):
        pass  # What is never written stays, too.
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"] * there


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write(pipe)
    reader.join()
    assert got == [b"new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_device_is_written_to_and_stays():
    # A terminal of this test's own: a device that only this process has.
    ours, theirs = os.openpty()
    try:
        device = Path(os.ttyname(theirs))
        before = device.stat()
        write(device)
        assert os.read(ours, 10) == b"new"
        after = device.stat()
        assert stat.S_ISCHR(after.st_mode)
        assert (after.st_ino, after.st_rdev, after.st_mode) == (before.st_ino, before.st_rdev, before.st_mode)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_a_stream_is_written_at_its_position(tmp_path, name):
    file = tmp_path / "log"
    file.write_bytes(b"old ")
    with file.open("ab") as stream:
        write(Path(name.format(stream.fileno())))
        stream.write(b" more")
    assert file.read_bytes() == b"old new more"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_written_is_reported_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "loop").symlink_to("loop")
    for path, says in (
        (tmp_path / "absent" / "out", "there is no folder"),
        (tmp_path, "folder"),
        (tmp_path / "loop", "symbolic link"),
        (tmp_path / "loop" / "out", "symbolic link"),
    ):
        with pytest.raises(CannotWrite, match=says), opened(path):
            pytest.fail("opened")
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]

    def not_mine(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "read-only").write_bytes(b"old")
    monkeypatch.setattr(os, "open", not_mine)
    with pytest.raises(CannotWrite, match="Permission denied"), opened(tmp_path / "read-only"):
        pytest.fail("opened")


def test_when_the_owner_cannot_be_kept_group_and_others_lose_their_rights(tmp_path, monkeypatch):
    file = tmp_path / "out"
    file.write_bytes(b"old")
    file.chmod(0o664)
    real = os.fstat

    def of_another(descriptor: int) -> os.stat_result:
        found = list(real(descriptor))
        found[stat.ST_GID] += 1
        return os.stat_result(found)

    def not_mine(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", not_mine)
    monkeypatch.setattr(os, "fstat", of_another)
    write(file)
    assert mode(file) == 0o600


def test_two_names_of_one_file_are_known(tmp_path):
    (tmp_path / "there").write_bytes(b"")
    (tmp_path / "link").symlink_to("there")
    os.link(tmp_path / "there", tmp_path / "hard")
    (tmp_path / "dangling").symlink_to("absent")
    os.mkfifo(tmp_path / "pipe")
    assert is_one_file(tmp_path / "link", tmp_path / "there")
    assert is_one_file(tmp_path / "hard", tmp_path / "there")
    assert is_one_file(tmp_path / "dangling", tmp_path / "absent")
    assert not is_one_file(tmp_path / "absent", tmp_path / "there")
    assert not is_one_file(tmp_path / "pipe", tmp_path / "pipe")
