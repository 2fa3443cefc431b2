"""Eight clients at once, random changes and random faults: every history is one the promises allow."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.histories.clients import Send, Sent
from tests.histories.engines import fresh_history
from tests.histories.history import BATCHES
from tests.histories.linearizability import explanations
from tests.integration.conftest import point_at
from tests.model import Answering


class Histories(RuleBasedStateMachine):
    """Batches of changes, one after the other."""

    def __init__(self, client, name: str) -> None:
        super().__init__()
        self.client, self.name = client, name

    @initialize()
    def fresh_tables(self) -> None:
        self.fresh = fresh_history(self.client, self.name)
        self.history = self.fresh.__enter__()

    @rule(batch=BATCHES)
    def at_once(self, batch) -> None:
        self.history.send(batch)

    def teardown(self) -> None:
        self.fresh.__exit__(None, None, None)


@pytest.fixture
def alone(endpoint, monkeypatch) -> Iterator[None]:
    """Let the environment be as it was."""
    before = dict(os.environ)
    point_at(endpoint, monkeypatch)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_every_history_has_an_order_and_leaves_tables_that_agree(engine, alone, request):
    name = request.node.callspec.params["endpoint"]
    run_state_machine_as_test(
        lambda: Histories(engine, name),
        # A failure is printed as it happened: with clients at once, a smaller one need not fail again.
        settings=settings(max_examples=5, stateful_step_count=6, deadline=None, database=None,
                          phases=[Phase.generate], suppress_health_check=list(HealthCheck)),
    )  # fmt: skip


CREATE = {"action": "create", "user_id": "u-1", "change_id": "c-1", "attributes": {"username": "ada"}}
OTHER = {"action": "create", "user_id": "u-2", "change_id": "c-2", "attributes": {"username": "ADA"}}
APPLIED, TAKEN = ("APPLIED", 1, ()), ("REJECTED", None, ("name_taken",))


@pytest.mark.parametrize(
    ("sent", "explained"),
    [
        ([Sent(CREATE, 0, 2, APPLIED, "a"), Sent(OTHER, 1, 3, TAKEN, "b")], True),
        ([Sent(CREATE, 0, 2, TAKEN, "a"), Sent(OTHER, 1, 3, ("APPLIED", 2, ()), "b")], False),
        ([Sent(CREATE, 0, 2, APPLIED, "a"), Sent(OTHER, 1, 3, APPLIED, "b")], False),
        ([Sent(OTHER, 0, 1, TAKEN, "b"), Sent(CREATE, 2, 3, APPLIED, "a")], False),
        ([Sent(CREATE, 0, 2, APPLIED, "a"), Sent(CREATE, 1, 3, APPLIED, "a")], True),
    ],
    ids=["one wins", "the wrong version", "both win", "refused before the other began", "a replay"],
)
def test_only_answers_that_an_order_explains_are_accepted(sent, explained):
    assert bool(explanations([Answering()], sent)) is explained


def test_a_send_is_written_as_it_is_read():
    send = Send(CREATE, {1: "lost after"})
    assert eval(repr(send)) == send
