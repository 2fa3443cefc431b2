"""``registrar history``: how a record is shown."""

from typing import Any

import pytest

from registrar_client.command import reads
from registrar_client.models import Record

RECORD = {
    "sequence": "v#000000000001",
    "change_id": "c-1",
    "action": "create",
    "outcome": "APPLIED",
    "version": 1,
    "recorded_at": "0999-01-31T12:00:00.000000Z",
    "previous_hash": "0" * 64,
    "hash": "1" * 64,
}
ROLE = "arn:aws:sts::123456789012:assumed-role/Task"


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        ({"actor": {"id": ROLE, "type": "iam", "session": "i-1"}}, f"create by {ROLE} (i-1)"),
        ({"actor": {"id": ROLE, "type": "iam"}}, f"create by {ROLE}"),
        ({}, "create by unknown"),
    ],
)
def test_the_actor_is_shown_with_its_session_where_it_has_one(actor: dict[str, Any], shown: str):
    title = next(iter(reads.lines_of(Record.from_json({**RECORD, **actor})))).plain
    assert title.endswith(shown)
    assert title.startswith("0999-0")
