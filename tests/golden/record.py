"""Records what this release leaves behind, for the tests of the releases after it.

    python -m tests.golden.record 1.1

writes ``tests/golden/1.1/``. Pytest runs it, as it takes the integration tests' engine and tables. Its clock
and its salts are the same in every run, so two releases' files differ only in what the releases differ in,
and in what the chunks of imports have consumed.
"""

import os
import sys
from typing import Any

import pytest

from tests.golden import files, history
from tests.golden.stage import Stage

pytestmark = pytest.mark.one_engine


@pytest.fixture
def release() -> str:
    return os.environ["GOLDEN_RELEASE"]


def test_without_interruption(stage: Stage, release, set_chunk_rows):
    begin(stage)
    for import_id, asked in history.IMPORTS.items():
        history.plan(stage, import_id, set_chunk_rows)
        go_on(stage, import_id, len(asked["chunks"]))
    stage.stream("guard_ledger", "users", history.receipts(stage))
    files.write(release, "reports", reports(stage))


def test_interrupted(stage: Stage, release, set_chunk_rows):
    begin(stage)
    for import_id, asked in history.IMPORTS.items():
        history.plan(stage, import_id, set_chunk_rows)
        for chunk, way in enumerate(asked["chunks"], start=1):
            history.apply(stage, import_id, chunk, way)
        if import_id == "i-ended":
            go_on(stage, import_id, 0)
    files.write(release, "calls", stage.calls)
    users, ledger = stage.items("users"), stage.items("ledger")
    files.write(release, "users", files.users_as_json(users, ledger))
    files.write(release, "ledger", ledger)
    files.write(release, "counters", stage.items("counters"))
    files.write(release, "bucket", files.bucket_as_json(stage.s3.objects))
    # In the end all is well: that is what the fixtures check.
    for import_id, asked in history.IMPORTS.items():
        go_on(stage, import_id, len(asked["chunks"]))
    stage.stream("guard_ledger", "users", history.receipts(stage))
    for key, content in files.read(release, "reports").items():
        assert key.endswith(".json") or content == reports(stage)[key]


def begin(stage: Stage) -> None:
    """Do what stands before the imports."""
    history.execute_all(stage)
    history.hold_old_names(stage)
    history.project_some(stage)
    history.leave_records_behind(stage)


def go_on(stage: Stage, import_id: str, chunks: int) -> None:
    """Apply the chunks of an import that are left, and finish it."""
    for chunk in range(1, chunks + 1):
        history.apply(stage, import_id, chunk)
    if f"imports/{import_id}/plan.json" in history.keys(stage):
        stage.call("finish_import", {"import_id": import_id})


def reports(stage: Stage) -> dict[str, Any]:
    """Return what an import says in the end, by key."""
    bucket = files.bucket_as_json(stage.s3.objects)
    return {key: value for key, value in bucket.items() if key.endswith(files.REPORTS)}


if __name__ == "__main__":
    (os.environ["GOLDEN_RELEASE"],) = sys.argv[1:]
    sys.exit(pytest.main(["-q", __file__]))
