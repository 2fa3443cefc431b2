"""Cold starts: the import of a function's module with its first client, in a process of its own.

Processor time, not time on the wall: it is what Lambda's share of a processor makes long, and what other
processes disturb least.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Final

from bench.result import Result, ratio
from infra.lambda_function import ENVIRONMENT as LAMBDA_ENVIRONMENT

ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    **LAMBDA_ENVIRONMENT,
    "PYTHONPATH": "lambdas",
    "PATH": os.environ["PATH"],
}
FLOOR: Final = "import boto3; boto3.client('dynamodb')"
TIMED: Final = "import time; began = time.process_time(); {code}; print(time.process_time() - began)"
GOALS: Final = {"write_change": 1.10, "audit_change": 1.10, "audit_rejection": None, "validate_change": 0.60}


def results() -> Iterator[Result]:
    """Measure each step of a change against a function that only makes a DynamoDB client."""
    for step, goal in GOALS.items():
        value, spread = ratio(
            partial(_seconds, f"import registrar.handlers.{step}"), partial(_seconds, FLOOR), rounds=9
        )
        yield Result(f"cold start of {step}", "a bare boto3 DynamoDB client", value, goal, spread=spread)


def _seconds(code: str) -> float:
    command = [sys.executable, "-c", TIMED.format(code=code)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return float(done.stdout)
