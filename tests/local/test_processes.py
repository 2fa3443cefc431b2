"""Exactly the processes that were started are ended, with their children."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest

from local import lock, processes

READY = "import signal, sys, time, pathlib;"
DEAF = READY + "signal.signal(signal.SIGTERM, signal.SIG_IGN); pathlib.Path('ready').touch(); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time, pathlib;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "pathlib.Path('child').write_text(str(child.pid)); pathlib.Path('ready').touch(); time.sleep(60)"
)


@pytest.fixture
def spawn(tmp_path):
    started = []

    def start(code):
        (tmp_path / "ready").unlink(missing_ok=True)
        popen, process = processes.spawn(
            tmp_path, "test", [sys.executable, "-c", code], cwd=tmp_path, env={}, log=tmp_path / "log"
        )
        started.append(popen)
        while not (tmp_path / "ready").exists():
            time.sleep(0.02)
        return process

    yield start
    for popen in started:
        popen.kill()
        popen.wait()


def test_a_process_is_noted_as_it_starts_and_ends_with_its_children(spawn, tmp_path):
    process = spawn(PARENT)
    child = int((tmp_path / "child").read_text())
    start = processes.start_of(child)
    assert processes.noted(tmp_path) == [process]
    assert (process.is_alive(), processes.end(process, 10)) == (True, True)
    assert not process.is_alive()
    # The child's new parent takes a moment to reap it.
    while processes.start_of(child) == start:
        time.sleep(0.02)


def test_a_later_process_with_the_same_id_is_left_alone(spawn):
    process = spawn(PARENT)
    earlier = dataclasses.replace(process, started=process.started + "0")
    assert (earlier.is_alive(), processes.end(earlier, 0)) == (False, False)
    assert process.is_alive()


def test_a_process_that_is_stopped_or_ignores_sigterm_is_ended(spawn):
    stopped = spawn(PARENT)
    os.kill(stopped.pid, signal.SIGSTOP)
    assert processes.end(stopped, 10)
    deaf = spawn(DEAF)
    assert not processes.end(deaf, 0.2)
    assert not deaf.is_alive()


def test_a_directory_is_held_by_one_command_until_that_ends(tmp_path):
    code = (
        "import sys; from pathlib import Path; from local import lock\n"
        "with lock.held(Path(sys.argv[1]), 'run'): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(lock.Busy) as busy, lock.held(tmp_path, "up"):
            pass
        assert (busy.value.holder.pid, busy.value.holder.what) == (holder.pid, "run")
        with lock.taken_over(tmp_path, "down") as ended:
            assert ended == busy.value.holder
        assert holder.wait() == -signal.SIGTERM
    with lock.held(tmp_path, "up"), pytest.raises(lock.Busy), lock.held(tmp_path, "up"):
        pass
