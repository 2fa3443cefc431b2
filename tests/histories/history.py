"""A random history: batches of changes sent at once, and after each the proof that all is well."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from registrar_client.check import Checker
from tests.histories.clients import EFFECTS, Clients, Send, Sent
from tests.histories.linearizability import explanations
from tests.integration.tables import Tables, items_of
from tests.model import Answering

USERS = ("u-1", "u-2", "u-3")
PATCHES = (
    {"username": "ada"},
    {"username": "ADA"},
    {"username": "bob"},
    {"username": "eve", "email": "eve@x.org"},
    {"email": "ada@x.org"},
    {"email": "Ada@x.org", "display_name": "Ada"},
    {"username": None},
    {"tags": {"team": "blue"}},
    {},
)
SCRIPT = """# Replays a history that failed: python -m tests.histories.replay FILE
ENGINE = {engine!r}
BATCHES = [
{batches}
]
"""


class HistoryError(AssertionError):
    """A history that the promises do not allow."""


def sends() -> st.SearchStrategy[Send]:
    """Return requests that meet each other, with and without faults."""
    ids = st.sampled_from([None] * 6 + ["c-1", "c-2"])
    expected = st.sampled_from([None] * 4 + [0, 1, 2])
    actions = st.sampled_from(["create", "create", "update", "update", "update", "delete"])
    few = st.dictionaries(st.integers(1, 4), st.sampled_from(EFFECTS), max_size=2)
    # As many as fail an execution, and sometimes the next.
    many = st.sampled_from(EFFECTS).map(lambda effect: dict.fromkeys(range(2, 20), effect))
    faults = st.one_of(st.just({}), few, few, many)
    return st.builds(_send, actions, st.sampled_from(USERS), st.sampled_from(PATCHES), ids, expected, faults)


def _send(
    action: str, user_id: str, patch: Any, change_id: Any, expected_version: Any, faults: dict[int, str]
) -> Send:
    request = {
        "change_id": change_id,
        "action": action,
        "user_id": user_id,
        "attributes": patch if action != "delete" else None,
        "expected_version": expected_version,
        "actor": {"id": "admin-7", "type": "user"},
    }
    return Send({name: value for name, value in request.items() if value is not None}, faults)


# A batch: what is sent, and how many copies of it at once.
BATCHES = st.lists(st.tuples(sends(), st.sampled_from([1, 1, 1, 2])), min_size=1, max_size=6)


class History:
    """Batches sent to one engine, held against the plain model."""

    def __init__(self, engine: Any, tables: Tables, name: str) -> None:
        self._engine = engine
        self._tables = tables
        self._name = name
        self._checker = Checker(engine, tables.users, tables.ledger)
        self._models = [Answering()]
        self._numbers = itertools.count(1)
        self.clients = Clients(engine)
        self.batches: list[list[tuple[Send, int]]] = []
        self.operations = 0

    def send(self, batch: Sequence[tuple[Send, int]]) -> None:
        """Send a batch, at most eight at once, and prove that all is well.

        Raises:
            HistoryError: it is not; the message has the script that replays the history.
        """
        self.batches.append([*batch])
        copies = [named for send, times in batch for named in [self._named(send)] * times][:8]
        self.operations += len(copies)
        try:
            sent = self.clients.send(copies)
            self._prove(sent)
        except Exception as error:
            raise HistoryError(f"{error!r}\n\n{self.script()}") from error

    def script(self) -> str:
        """Return the history as a file for ``tests.histories.replay``."""
        return SCRIPT.format(
            engine=self._name, batches="\n".join(f"    {batch!r}," for batch in self.batches)
        )

    def _named(self, send: Send) -> Send:
        """Give a request without a change_id one that no other has."""
        return Send({"change_id": f"n-{next(self._numbers)}"} | send.request, send.faults)

    def _prove(self, sent: list[Sent]) -> None:
        states = explanations(self._models, sent)
        assert states, f"no order explains {sent}"
        found = self._found()
        self._models = [state for state in states if _users_of(state) == found["USER"]]
        assert self._models, f"the users are {found['USER']}, not {[_users_of(state) for state in states]}"
        names = {f"{kind}#{name}": user_id for (kind, name), user_id in self._models[0].names().items()}
        assert found["NAME"] == names
        for one, other in itertools.combinations(sent, 2):
            if one.request == other.request:
                assert one.record == other.record, (one, other)
        violations = list(self._checker.check(segments=1))
        assert not violations, violations

    def _found(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {"USER": {}, "NAME": {}, "CHANGE": {}}
        for item in items_of(self._engine, self._tables.users):
            kind, _, key = item["pk"].partition("#")
            found[kind][key] = _state(item) if kind == "USER" else item["user_id"]
        return found


def _state(user: dict[str, Any]) -> tuple[int, str]:
    names = ("username", "email", "display_name", "status", "tags")
    attributes = {name: user[name] for name in names if name in user}
    return user["version"], json.dumps(None if user["status"] == "deleted" else attributes, sort_keys=True)


def _users_of(model: Answering) -> dict[str, tuple[int, str]]:
    return {
        user_id: (user.version, json.dumps(user.attributes, sort_keys=True))
        for user_id, user in model.users.items()
        if user.version
    }
