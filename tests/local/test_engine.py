"""The engine alone: its kept data, and how it ends."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from local import kept, ministack, processes
from local.deploy import CHECKOUT, client

NOTE = """
import boto3, time
def handler(event, _context):
    for record in event["Records"]:
        name = record["dynamodb"]["Keys"]["name"]
        boto3.client("dynamodb").put_item(TableName="Seen", Item={"name": name})
        if name == {"S": "busy"}:
            time.sleep(600)
"""
BOOTSTRAP = f'#!/bin/sh\nexec "{sys.executable}" -m awslambdaric "$_HANDLER"\n'
KEY = {
    "KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ASLEEP = """
import sys, time
from pathlib import Path
from local import ministack
print(ministack.start(Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


class Watched:
    """A table whose stream a function reads, and a bucket, on an engine that keeps its data."""

    def __init__(self, directory):
        self.directory = directory

    def start(self):
        self.engine = ministack.start(self.directory, keep=True)
        self.dynamodb, self.lambdas, self.s3 = (
            client(each, self.engine.endpoint) for each in ("dynamodb", "lambda", "s3")
        )

    def make(self):
        self.dynamodb.create_table(TableName="Seen", **KEY)
        stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        source = self.dynamodb.create_table(TableName="Source", StreamSpecification=stream, **KEY)
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as file:
            file.writestr("note.py", NOTE)
            script = zipfile.ZipInfo("bootstrap")
            script.external_attr = 0o755 << 16
            file.writestr(script, BOOTSTRAP)
        self.lambdas.create_function(
            FunctionName="note",
            Runtime="provided.al2023",
            Handler="note.handler",
            Role="arn:aws:iam::000000000000:role/any",
            Code={"ZipFile": code.getvalue()},
            Timeout=30,
        )
        self.mapping = self.lambdas.create_event_source_mapping(
            FunctionName="note",
            EventSourceArn=source["TableDescription"]["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
        )["UUID"]
        self.s3.create_bucket(Bucket="objects")

    def put(self, name):
        self.dynamodb.put_item(TableName="Source", Item={"name": {"S": name}})
        self.s3.put_object(Bucket="objects", Key=name, Body=b"")

    def seen(self, expected):
        """Wait until the function has received what is expected; return what it has received."""
        deadline = time.monotonic() + 60
        while True:
            found = self.dynamodb.scan(TableName="Seen", ConsistentRead=True)["Items"]
            names = {item["name"]["S"] for item in found}
            if names >= set(expected) or time.monotonic() > deadline:
                return names
            time.sleep(0.1)

    def objects(self):
        return {each["Key"] for each in self.s3.list_objects_v2(Bucket="objects").get("Contents", [])}

    def deliver(self, *, enabled):
        self.lambdas.update_event_source_mapping(UUID=self.mapping, Enabled=enabled)

    def stop(self):
        assert ministack.stop(self.engine)
        assert kept.publish(self.directory)


def test_kept_data_keeps_its_streams_over_any_number_of_restarts(tmp_path):
    watched = Watched(tmp_path)
    try:
        watched.start()
        watched.make()
        for name in ("a", "b", "c"):
            watched.put(name)
        assert watched.seen("abc") == set("abc")
        watched.stop()

        watched.start()
        watched.put("d")
        assert watched.seen("abcd") == set("abcd")
        # Records that no consumer has read when the engine stops are read after its next start.
        watched.deliver(enabled=False)
        watched.put("e")
        watched.stop()

        watched.start()
        watched.deliver(enabled=True)
        watched.put("f")
        assert watched.seen("abcdef") == set("abcdef")
        assert watched.objects() == set("abcdef")
        watched.stop()

        # A crash loses everything since the last stop, objects as well as items.
        watched.start()
        watched.put("busy")
        everything = {*"abcdef", "busy"}
        assert watched.seen(everything) == everything
        crash(watched.engine.pid)
        ministack.stop(watched.engine)
        assert not kept.publish(tmp_path)
        watched.start()
        assert watched.seen("abcdef") == set("abcdef")
        assert watched.objects() == set("abcdef")
    finally:
        ministack.stop(watched.engine)


def test_data_that_was_kept_without_its_streams_starts_with_empty_ones(tmp_path):
    watched = Watched(tmp_path)
    try:
        watched.start()
        watched.make()
        watched.put("a")
        assert watched.seen("a") == set("a")
        watched.stop()
        file = tmp_path / kept.KEPT / "state" / "dynamodb.json"
        state = json.loads(file.read_text())
        del state["payload"]["registrar_streams"]
        file.write_text(json.dumps(state))

        watched.start()
        watched.put("b")
        assert watched.seen("ab") == set("ab")
    finally:
        ministack.stop(watched.engine)


@pytest.mark.parametrize("which", ["the starter", "the engine"])
def test_no_process_is_left_when_the_starter_or_the_engine_is_killed(tmp_path, which):
    command = [sys.executable, "-c", ASLEEP, str(tmp_path)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as starter:
        leader = int(starter.stdout.readline())
        try:
            crash(leader, None if which == "the engine" else starter.pid)
        finally:
            starter.kill()


def crash(leader, victim=None):
    """Kill an engine, or `victim`, and wait until no process of the engine's session is left."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,args="], capture_output=True, text=True, check=True)
    lines = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
    members = {int(pid): arguments for pid, group, arguments in lines if int(group) == leader}
    starts = {pid: processes.start_of(pid) for pid in members}
    (engine,) = (pid for pid, arguments in members.items() if arguments.endswith("local.engine serve"))
    os.kill(victim or engine, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while left := [pid for pid, start in starts.items() if start and processes.start_of(pid) == start]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_kept_data_is_replaced_as_a_whole(tmp_path):
    for name in ("first", "second"):
        kept.prepare(tmp_path, keep=True)
        (tmp_path / kept.STATE / "dynamodb.json").write_text(name)
        assert kept.publish(tmp_path)
    kept.prepare(tmp_path, keep=True)
    kept.begin(tmp_path)
    assert not kept.publish(tmp_path)
    (tmp_path / kept.STATE / "dynamodb.json").write_text("third")
    (tmp_path / kept.STATE / "lambda.json.tmp").write_text("hal")
    assert not kept.publish(tmp_path)
    # As after a power failure between the two renames.
    (tmp_path / kept.KEPT).rename(tmp_path / kept.BEFORE)
    assert kept.is_there(tmp_path)
    kept.prepare(tmp_path, keep=True)
    assert (tmp_path / kept.STATE / "dynamodb.json").read_text() == "second"


def test_data_of_the_former_layout_is_found(tmp_path):
    Path(tmp_path, "state").mkdir()
    Path(tmp_path, "state", "dynamodb.json").write_text("old")
    assert kept.is_there(tmp_path)
    kept.prepare(tmp_path, keep=True)
    assert (tmp_path / kept.STATE / "dynamodb.json").read_text() == "old"
