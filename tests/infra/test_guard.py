"""The guard's place on the Users stream."""

import json

from tests.infra.synthesized import Stage

QUEUE = "Guard/NewReceipts/Failed"


def test_the_guard_sees_new_receipts_of_applied_changes_once_a_minute(stage: Stage):
    (mapping,) = (
        stage.named(each["Properties"])
        for each in stage.resources("AWS::Lambda::EventSourceMapping").values()
        if stage.named(each["Properties"])["FunctionName"] == "Guard/Function"
    )
    assert mapping["EventSourceArn"] == "Users/Table.StreamArn"
    # From the stream's beginning: nothing that was written before the mapping stood is passed over.
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["MaximumBatchingWindowInSeconds"] == 60
    (pattern,) = (json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"])
    assert pattern == {
        "eventName": ["INSERT"],
        "dynamodb": {
            "Keys": {"pk": {"S": [{"prefix": "CHANGE#"}]}},
            "NewImage": {"outcome": {"S": ["APPLIED"]}},
        },
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


def test_what_the_guard_cannot_deliver_and_a_guard_that_lags_raise_alarms(stage: Stage):
    alarms = {
        (stage.named(p["Dimensions"][0]["Value"]), p["MetricName"], p["Statistic"], p["Threshold"])
        for alarm in stage.resources("AWS::CloudWatch::Alarm").values()
        if (p := alarm["Properties"])["Namespace"] != "AWS/States"
    }
    hour = 60 * 60 * 1000
    assert alarms == {
        (f"{QUEUE}.QueueName", "ApproximateNumberOfMessagesVisible", "Maximum", 1),
        ("Guard/Function", "IteratorAge", "Maximum", hour),
    }
    assert stage.resources("AWS::SQS::Queue")[QUEUE]["Properties"]["SqsManagedSseEnabled"] is True
