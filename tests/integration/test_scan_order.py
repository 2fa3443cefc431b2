"""What the checker's single scan rests on: a segment gives a user's records together and in order."""

from itertools import groupby

import pytest

from registrar_client.check.tables import Tables
from tests.integration.sample_requests import request


@pytest.mark.parametrize("segments", [1, 3])
def test_a_segment_of_the_ledger_gives_a_user_s_records_together_and_in_order(
    engine, created_tables, execute, segments
):
    users = [f"u-{number}" for number in range(8)]
    for display_name in ("first", "second", "third"):
        for user_id in users:
            action = "create" if display_name == "first" else "update"
            execute(request(action, user_id, attributes={"display_name": display_name}))
    execute(request("update", "u-3", attributes={"display_name": "late"}, expected_version=1))
    tables = Tables(engine, created_tables.users, created_tables.ledger)
    seen = []
    for segment in range(segments):
        records = [record for page in tables.scan("Ledger", segment, segments) for record in page]
        for user_id, group in groupby(records, key=lambda record: record["user_id"]):
            seen.append(user_id)
            sequences = [record["sequence"] for record in group]
            assert sequences == sorted(sequences)
    assert sorted(seen) == users
