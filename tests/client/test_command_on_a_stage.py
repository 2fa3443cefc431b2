"""The command as a process on the deployed stage."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from threading import Thread

import pytest

from local.deploy import Outputs

REGISTRAR = str(Path(sys.executable).with_name("registrar"))


@pytest.fixture
def folder(deployed: Outputs, tmp_path: Path) -> Path:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(vars(deployed)))
    return tmp_path


def run(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [REGISTRAR, *arguments],
        cwd=folder, input=given, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def test_standard_input_is_imported_listed_shown_and_exported_to_a_pipe(folder):
    name = f"n{uuid.uuid4().hex[:10]}"
    rows = f"user_id,username\n{name}-1,{name}\n{name}-2,{name}\n"
    done = run(folder, "import", "-", "--format", "csv", "--failed", "failed.csv", given=rows)
    assert done.returncode == 1, done.stderr
    assert "row 3: name_taken /attributes/username: " in done.stdout
    assert len((folder / "failed.csv").read_text().splitlines()) == 2
    import_id = done.stdout.split("import ")[1].split("│")[1].strip()
    newest = json.loads(run(folder, "imports", "list", "--limit", "1", "--json").stdout)
    assert (newest["import_id"], newest["execution"]) == (import_id, "SUCCEEDED")
    assert import_id in run(folder, "--stage", "local", "imports", "show", import_id).stdout
    pipe, got = folder / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: got.append(pipe.read_text()), daemon=True)
    reader.start()
    assert run(folder, "export", "--output", "pipe").returncode == 0
    reader.join()
    assert f"{name}-1,{name}" in got[0]
    assert pipe.is_fifo()
