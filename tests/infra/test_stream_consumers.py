"""What is fed by the tables' streams: the guard by the users', the projection by the ledger's."""

import json
from typing import Any

from tests.infra.synthesized import CONSUMERS, Stage


def mapping_of(stage: Stage, consumer: str) -> dict[str, Any]:
    (mapping,) = (
        stage.named(each["Properties"])
        for each in stage.resources("AWS::Lambda::EventSourceMapping").values()
        if stage.named(each["Properties"])["FunctionName"] == f"{consumer}/Function"
    )
    return mapping


def test_the_guard_sees_all_new_receipts_once_a_minute(stage: Stage):
    mapping = mapping_of(stage, "Guard")
    assert mapping["EventSourceArn"] == "Users/Table.StreamArn"
    # From the stream's beginning: nothing that was written before the mapping stood is passed over.
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["MaximumBatchingWindowInSeconds"] == 60
    (pattern,) = (json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"])
    # Also of rejections: an import may die between the receipt of one and its record.
    assert pattern == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "CHANGE#"}]}}},
    }


def test_a_record_that_fails_on_a_stream_holds_up_no_other_and_ends_in_a_queue(stage: Stage):
    for each in stage.resources("AWS::Lambda::EventSourceMapping").values():
        mapping = stage.named(each["Properties"])
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BisectBatchOnFunctionError"] is True
        assert 0 < mapping["MaximumRetryAttempts"] <= 100
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"] in set(
            stage.resources("AWS::SQS::Queue")
        )


def test_the_projection_sees_every_new_record(stage: Stage):
    mapping = mapping_of(stage, "Projection")
    assert mapping["EventSourceArn"] == "Ledger/Table.StreamArn"
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    (pattern,) = (json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"])
    assert pattern == {"eventName": ["INSERT"]}


def test_what_a_consumer_cannot_do_and_a_consumer_that_lags_raise_alarms(stage: Stage):
    alarms = {
        (stage.named(p["Dimensions"][0]["Value"]), p["MetricName"], p["Statistic"], p["Threshold"])
        for path, alarm in stage.resources("AWS::CloudWatch::Alarm").items()
        if (p := alarm["Properties"]) and path.split("/")[0] in CONSUMERS
    }
    hour = 60 * 60 * 1000
    queues = {f"{name}/{stream}/Failed" for name, stream in CONSUMERS.items()}
    assert alarms == {
        *((f"{queue}.QueueName", "ApproximateNumberOfMessagesVisible", "Maximum", 1) for queue in queues),
        *((f"{name}/Function", "IteratorAge", "Maximum", hour) for name in CONSUMERS),
    }
    for queue in queues:
        assert stage.resources("AWS::SQS::Queue")[queue]["Properties"]["SqsManagedSseEnabled"] is True
