"""Randomness that no two processes share, though they were restored from one snapshot."""

import ast
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from registrar.adapters import system

LAMBDAS = Path(__file__).parents[2] / "lambdas"

PAUSES = """
import random, time
random.seed(7)
from registrar.adapters import counters, system
from registrar.adapters.retry import Retry
from registrar.domain.change import Action, Change
from registrar.domain.errors import TransientFault
from registrar.services import write

def busy(*_):
    raise TransientFault("busy")

class Store:
    commit = busy

pauses = [system.one_of(10**6)]
time.sleep = pauses.append
change = Change("c", Action.CREATE, "u", {}, None, {"id": "a", "type": "user"}, None, "0")
in_time = Retry(first=0.02, deadline=time.monotonic() + 0.3)
for attempt in (lambda: write.write(change, Store()), lambda: in_time.call(busy)):
    try:
        attempt()
    except TransientFault:
        pass
print(pauses)
"""


def test_processes_with_the_same_state_pause_differently():
    environment = {**os.environ, "PYTHONPATH": str(LAMBDAS), "AWS_DEFAULT_REGION": "us-east-1"}
    said = [
        subprocess.run(
            [sys.executable, "-c", PAUSES], env=environment, check=True, capture_output=True, text=True
        ).stdout
        for _ in range(2)
    ]
    assert all(len(ast.literal_eval(pauses)) > 7 for pauses in said)
    assert not set(ast.literal_eval(said[0])) & set(ast.literal_eval(said[1]))


def test_a_pause_is_between_nothing_and_the_longest():
    assert all(0 <= system.jitter(0.5) <= 0.5 for _ in range(100))
    assert {system.one_of(3) for _ in range(200)} == {0, 1, 2}


def test_no_lambda_draws_from_the_generator_that_a_snapshot_shares():
    allowed = {"SystemRandom", "seed"}
    for file in LAMBDAS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "random" or {name.name for name in node.names} <= allowed, file
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert node.value.id != "random" or node.attr in allowed, file


@pytest.mark.parametrize("kind", ["snap-start", "on-demand"])
def test_a_restored_process_seeds_anew_what_botocore_draws_from(kind):
    code = (
        "import random, registrar.adapters.aws; from snapshot_restore_py import get_after_restore\n"
        "hooks = get_after_restore(); random.seed(7)\n"
        "for function, args, kwargs in hooks: function(*args, **kwargs)\n"
        "print(random.random())"
    )
    environment = {**os.environ, "PYTHONPATH": str(LAMBDAS), "AWS_LAMBDA_INITIALIZATION_TYPE": kind}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert (float(said.stdout) == random.Random(7).random()) == (kind == "on-demand")
