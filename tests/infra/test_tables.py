"""The tables and their key."""

import pytest

from tests.infra.synthesized import Stage

TABLES = ("Users/Table", "Ledger/Table", "Counters/Table")
PROTECTED = {"local": False, "dev": False, "prod": True}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_on_demand_recoverable_and_encrypted_with_the_project_s_key(stage: Stage, table: str):
    assert set(stage.resources("AWS::DynamoDB::Table")) == set(TABLES)
    properties = stage.named(stage.resources("AWS::DynamoDB::Table")[table]["Properties"])
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {
        "KMSMasterKeyId": "Key",
        "SSEEnabled": True,
        "SSEType": "KMS",
    }
    (key,) = stage.resources("AWS::KMS::Key").values()
    assert key["Properties"]["EnableKeyRotation"] is True


def test_a_stage_protects_its_data_from_deletion_or_lets_it_go(stage: Stage):
    protected = PROTECTED[stage.settings.name]
    kept = [*stage.resources("AWS::DynamoDB::Table").values(), *stage.resources("AWS::KMS::Key").values()]
    for resource in kept:
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"]
        assert resource["DeletionPolicy"] == ("Retain" if protected else "Delete")
    for table in stage.resources("AWS::DynamoDB::Table").values():
        assert table["Properties"].get("DeletionProtectionEnabled", False) is protected
    stack = stage.manifest()["artifacts"][stage.stack("Data")]
    assert stack["properties"].get("terminationProtection", False) is protected


def test_the_keys_are_the_ones_that_outsiders_read_by(stage: Stage):
    schemas = {
        name: {key["KeyType"]: key["AttributeName"] for key in table["Properties"]["KeySchema"]}
        for name, table in stage.resources("AWS::DynamoDB::Table").items()
    }
    assert schemas == {
        "Users/Table": {"HASH": "pk"},
        "Ledger/Table": {"HASH": "user_id", "RANGE": "sequence"},
        "Counters/Table": {"HASH": "pk", "RANGE": "sk"},
    }


def test_users_are_listed_by_status_and_time(stage: Stage):
    users = stage.resources("AWS::DynamoDB::Table")["Users/Table"]["Properties"]
    assert users["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "by_status",
            "KeySchema": [
                {"AttributeName": "listing", "KeyType": "HASH"},
                {"AttributeName": "updated_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ]
    assert (
        "GlobalSecondaryIndexes" not in stage.resources("AWS::DynamoDB::Table")["Ledger/Table"]["Properties"]
    )


def test_users_and_ledger_have_a_stream(stage: Stage):
    streams = {
        name: table["Properties"]["StreamSpecification"]["StreamViewType"]
        for name, table in stage.resources("AWS::DynamoDB::Table").items()
        if "StreamSpecification" in table["Properties"]
    }
    assert streams == {"Users/Table": "NEW_AND_OLD_IMAGES", "Ledger/Table": "NEW_IMAGE"}
