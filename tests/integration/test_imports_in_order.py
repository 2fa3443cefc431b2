"""The rows of a user take effect one after the other, whatever dies, stops or runs twice.

Each step by itself is legal in any order, so no checker of the tables can see this: every answer of an import
is held against a plain sequential model.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from registrar.domain import limits
from registrar.imports.services import chunks
from tests.integration.deaths import Death, Killing, watched
from tests.integration.import_machine import ACTOR, BUCKET, ImportMachine, csv_of, step
from tests.model import Answering

pytestmark = pytest.mark.one_engine

Fields = dict[str, Any]


def rows_of_users(rng: random.Random, users: int, *, named: bool) -> list[Fields]:
    """Return rows in whose order everything rests: first an update that comes too early, then a create.

    Args:
        rng: what varies them.
        users: how many there are.
        named: whether each row has a change_id of its own; else it follows from the file or from its key.
    """
    of_users: list[list[Fields]] = []
    for user in range(users):
        rows: list[Fields] = []
        of_users.append(rows)
        actions = ["update", "create", *rng.choices(["update", "delete", "create"], k=rng.randrange(4))]
        for place, action in enumerate(actions):
            name = {} if action == "delete" else {"display_name": f"n{user}-{place}"}
            own = {"change_id": f"c-{user}-{place}"} if named else {}
            # What is expected of a version tells on which state a row was decided.
            version = {"expected_version": "1"} if rng.random() < 0.2 else {}
            rows.append({"user_id": f"u-{user}", "action": action, **name, **version, **own})
    turns = [user for user, rows in enumerate(of_users) for _ in rows]
    rng.shuffle(turns)
    return [of_users[user].pop(0) for user in turns]


@pytest.mark.parametrize("invalid_first", [False, True])
def test_a_row_that_is_not_valid_keeps_its_place_among_those_of_its_user(imports, invalid_first):
    """It may use up a change_id: so which of two rows has it must not be chance."""
    busy = [{"user_id": "u-1", "action": "create"}]
    busy += [{"user_id": "u-1", "action": "update", "display_name": f"n{n}"} for n in range(20)]
    shared = {"user_id": "u-1", "action": "update", "change_id": "c"}
    valid, invalid = {**shared, "display_name": "x"}, {**shared, "email": "nonsense"}
    rows = [*busy, *((invalid, valid) if invalid_first else (valid, invalid))]
    report = imports.report(imports.run(csv_of(rows)))
    assert {line["outcome"] for line in report[:-2]} == {"APPLIED"}
    codes = [line["codes"] for line in report[-2:]]
    assert codes == (
        ["bad_format", "change_id_reused"] if invalid_first else ["", "change_id_reused; bad_format"]
    )


def modelled(rows: list[Fields]) -> list[tuple[str, str, str]]:
    """Return what the model answers: outcome, version and codes of each row."""
    model, answers = Answering(), []
    for number, row in enumerate(rows):
        asked = {"change_id": row.get("change_id", str(number)), **row}
        if "display_name" in asked:
            asked["attributes"] = {"display_name": asked.pop("display_name")}
        if "expected_version" in asked:
            asked["expected_version"] = int(asked["expected_version"])
        outcome, version, codes = model.answer(asked)
        answers.append((outcome, "" if version is None else str(version), "; ".join(codes)))
    return answers


def answered(imports: ImportMachine, summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what an import answered: outcome, version and codes of each row."""
    return [(line["outcome"], line["version"], line["codes"]) for line in imports.report(summary)]


def surviving(killing: Killing) -> Callable[[Any, Any], Any]:
    """Return how to deliver an event as often as its process is killed."""

    def deliver(handler: Any, event: Any) -> Any:
        while True:
            killing.dead = False
            try:
                return handler(event, None)
            except Death:
                continue

    return deliver


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch) -> None:
    monkeypatch.setattr(limits, "CHUNK_ROWS", 60)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_an_import_whose_processes_are_killed_answers_as_one_row_after_the_other(
    imports, engine, seed, named
):
    rng = random.Random(seed)
    rows = rows_of_users(rng, 40, named=named)
    killing = Killing(rng, chance=0.01, most=12)
    with watched(engine, imports.s3, killing):
        summary = imports.run(csv_of(rows), deliver=surviving(killing))
    assert killing.killed > 4
    assert answered(imports, summary) == modelled(rows)


@pytest.mark.parametrize("options", [{"import_key": "k"}, {}])
@pytest.mark.parametrize("seed", range(4))
def test_imports_that_die_for_good_or_stop_are_taken_up_by_the_next_as_if_there_had_been_one(
    imports, engine, seed, options
):
    rng = random.Random(seed)
    rows = rows_of_users(rng, 40, named=False)
    content = csv_of(rows)
    for _ in range(4):
        killing = Killing(rng, chance=0.01, most=1)
        with watched(engine, imports.s3, killing), pytest.raises(Death):
            imports.run(content, **options)
        stop = {"fail_fast": rng.randrange(5, 40)}
        imports.run(content, **options, **stop)
    assert answered(imports, imports.run(content, **options)) == modelled(rows)


def planned(imports: ImportMachine, rows: list[Fields], *import_ids: str) -> Callable[[str, str], Any]:
    """Plan imports of one file under one key, of one chunk each; return what delivers it to a step."""
    imports.s3.objects[BUCKET, "uploads/users.csv"] = csv_of(rows).encode()
    request = {"source": {"key": "uploads/users.csv"}, "actor": ACTOR, "import_key": "k"}
    start = "2020-01-31T12:00:00.000Z"
    for import_id in import_ids:
        asked = {"request": request, "import_id": import_id, "started_at": start}
        step("plan_import").handler(asked, None)
    return lambda name, import_id: step(name).handler({"import_id": import_id, "chunk": 1}, None)


@pytest.mark.parametrize("other", ["i-1", "i-2"])
@pytest.mark.parametrize("seed", range(20))
def test_a_run_of_a_chunk_within_another_run_decides_each_row_once_and_in_its_order(
    imports, engine, monkeypatch, seed, other
):
    """While one run waits at a call, a second one runs, to its end or not; then the first goes on.

    The second is of the same import, or of another one under the same key.
    """
    monkeypatch.setattr(chunks, "AT_ONCE", 1)
    rng = random.Random(seed)
    rows = rows_of_users(rng, 6, named=bool(seed % 2))
    run = planned(imports, rows, *{"i-1", other})
    calls = [rng.randrange(2, 40), rng.randrange(2, 40)]
    inside = [False]

    def meanwhile(_side: str, _operation: str) -> None:
        place = int(inside[0])
        calls[place] -= 1
        if calls[place] == 0 and inside[0]:
            raise Death
        if calls[place] == 0:
            inside[0] = True
            try:
                run("write_chunk", other)
            except Death:
                pass
            finally:
                inside[0] = False

    with watched(engine, imports.s3, meanwhile):
        run("write_chunk", "i-1")
    for import_id in {"i-1", other}:
        run("write_chunk", import_id)
        run("audit_chunk", import_id)
        summary = step("finish_import").handler({"import_id": import_id}, None)
        assert answered(imports, summary) == modelled(rows)


@pytest.mark.parametrize("seed", range(3))
def test_runs_of_a_chunk_at_the_same_moment_decide_each_row_once_and_in_its_order(imports, monkeypatch, seed):
    monkeypatch.setattr(limits, "CHUNK_ROWS", 1000)
    rows = rows_of_users(random.Random(seed), 30, named=bool(seed % 2))
    run = planned(imports, rows, "i-1", "i-2")
    for name in ("write_chunk", "audit_chunk"):
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(run, name, import_id) for import_id in ("i-1", "i-2", "i-1")]:
                done.result()
    for import_id in ("i-1", "i-2"):
        summary = step("finish_import").handler({"import_id": import_id}, None)
        assert answered(imports, summary) == modelled(rows)
