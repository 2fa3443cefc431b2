"""Applies a chunk of an import in two halves, as a change by itself is: write, then audit."""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeVar

from adapters import system
from adapters.dynamodb import READ_MAX
from adapters.ledger import Ledger
from adapters.users import Users
from registrar.bulk.plan import Plan
from registrar.bulk.results import FAILED, FAULT, STOPPED, RowResult
from registrar.change import Outcome
from registrar.errors import ChangeRejected, LedgerMismatch, Problem, TransientFault
from registrar.record import is_sealed
from registrar.request import Identified, identify
from workflow.audit import audit_rejection
from workflow.write import WritableUsers, write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT_ONCE: Final = 32
"""Rows in flight; their answers are mostly waited for."""

PAUSE_MAX_SECONDS: Final = 3.0

OUT_OF_TURN: Final = Problem(
    "out_of_turn", "", "a later row of this user was applied before this one; import it again by itself"
)

logger = logging.getLogger()
T = TypeVar("T")
Row = dict[str, Any]
Written = dict[str, Any]
"""How a row was written: its ``record``, sealed, with ``replayed``; or the text of a ``rejected``; or that it
was ``stopped``; or nothing, when it could not be read."""


def write_rows(  # noqa: PLR0913 - two of them by keyword
    rows: list[Row],
    table: Users,
    users: Callable[[], WritableUsers],
    deadline: float,
    *,
    stopped: bool = False,
    since: str = "",
) -> list[Written]:
    """Write rows, those of a user one after the other and those of many at once; return how each was.

    Receipts are read first, many to a request: what was decided before costs a read, and not a transaction
    that is refused.

    Args:
        rows: as the plan has made them, each user's together.
        table: where the receipts are.
        users: makes the door for the rows of one user.
        deadline: when to give up on what passes by itself (``time.monotonic``).
        stopped: whether what is not decided yet is left alone.
        since: a row that was applied since then is behind those before it: they were decided, too.

    Raises:
        TransientFault: a row was not written by then; the others are, and what was is found again.
    """
    asked = [None if "request" not in row else identify(row["request"], row["id"]) for row in rows]
    ids = [each.change_id for each in asked if each is not None]
    batches = (ids[start : start + READ_MAX] for start in range(0, len(ids), READ_MAX))
    receipts = dict(
        _at_once(lambda batch: _until(deadline, lambda: [*table.receipts(batch).items()]), batches)
    )

    def of_a_user(own: list[tuple[Row, Identified | None]]) -> list[Written]:
        door = None if stopped else users()
        last = _last_applied(own, receipts, since)
        return [
            _until(deadline, partial(_written, *each, receipts, door, is_late=place < last))
            for place, each in enumerate(own)
        ]

    pairs = zip(rows, asked, strict=True)
    return _at_once(of_a_user, (list(own) for _, own in groupby(pairs, key=lambda pair: pair[0]["owner"])))


def _last_applied(
    own: list[tuple[Row, Identified | None]], receipts: dict[str, dict[str, Any]], since: str
) -> int:
    """Return the place of the last of a user's rows that was applied under the file's ids, or -1."""
    applied = [
        place
        for place, (row, asked) in enumerate(own)
        if asked is not None
        and asked.change_id == row["id"]
        and (receipt := receipts.get(row["id"]))
        and receipt["outcome"] == Outcome.APPLIED
        and receipt["recorded_at"] >= since
    ]
    return max(applied, default=-1)


def _written(
    row: Row,
    asked: Identified | None,
    receipts: dict[str, dict[str, Any]],
    users: WritableUsers | None,
    *,
    is_late: bool,
) -> Written:
    if asked is None:
        return {}
    receipt = receipts.get(asked.change_id)
    if receipt is not None and receipt["request_hash"] == asked.request_hash:
        return {"record": receipt, "replayed": True}
    if users is None:
        return {"stopped": True}
    try:
        if asked.change is None:
            # Its problems are found anew where they are recorded.
            raise ChangeRejected
        if is_late:
            # A run that died had said no to it, and went on: the user is another one by now.
            raise ChangeRejected([OUT_OF_TURN])
        if row["lost"]:
            raise ChangeRejected([_lost(kind, winner) for kind, winner in row["lost"].items()])
        record, replayed = write(asked.change, users)
    except ChangeRejected as rejected:
        return {"rejected": str(rejected)}
    return {"record": record, "replayed": replayed}


def _lost(kind: str, winner: int) -> Problem:
    message = f"row {winner} of this file asks for the same {kind}, and comes first"
    return Problem("name_taken", f"/attributes/{kind}", message)


def audit_rows(
    rows: list[Row],
    written: list[Written],
    plan: Plan,
    client: "DynamoDBClient",
    deadline: float,
) -> list[RowResult]:
    """Deliver the records of written rows to the ledger, record the rejected ones, and answer each row.

    Raises:
        TransientFault: a row was not recorded by then; what was is found again.
    """
    users, ledger = Users.from_environment(client), Ledger.from_environment(client)

    def answer(pair: tuple[Row, Written]) -> RowResult:
        row, outcome = pair
        if "request" not in row:
            problems = tuple(map(Problem.from_json, row["problems"]))
            return RowResult(row["number"], None, Outcome.REJECTED, None, problems, raw=row["raw"])
        if "stopped" in outcome:
            return _failed(row, STOPPED)
        try:
            return _until(deadline, lambda: _audited(row, outcome, plan, client, users, ledger))
        except LedgerMismatch as fault:
            failed = _failed(row, FAULT)
            # Without its traceback, whose text quotes the record.
            logger.error(  # noqa: TRY400
                "a row failed", extra={"change_id": failed.change_id, "error": type(fault).__name__}
            )
            return failed

    return _at_once(lambda pair: [answer(pair)], zip(rows, written, strict=True))


def _failed(row: Row, problem: Problem) -> RowResult:
    change_id = identify(row["request"], row["id"]).change_id
    return RowResult(row["number"], change_id, FAILED, None, (problem,), raw=row["raw"])


def _audited(  # noqa: PLR0913, PLR0917 - the doors, by name at its only call
    row: Row,
    written: Written,
    plan: Plan,
    client: "DynamoDBClient",
    users: Users,
    ledger: Ledger,
) -> RowResult:
    if "record" in written:
        record, replayed = written["record"], written["replayed"]
        if not is_sealed(record):
            raise LedgerMismatch(f"what was written of row {row['number']} is not sealed")
        if not plan.dry_run:
            ledger.deliver(record)
        return _result(row, record, plan, replayed=replayed)
    request = identify(row["request"], row["id"])
    rejected = ChangeRejected.from_message(written["rejected"])
    if request.problems:
        rejected = ChangeRejected(request.problems)
    if plan.dry_run:
        return _would_be_rejected(row, request, rejected)
    record, replayed = audit_rejection(client, users, ledger, request, rejected)
    return _result(row, record, plan, replayed=replayed)


def _result(row: Row, record: dict[str, Any], plan: Plan, *, replayed: bool) -> RowResult:
    applied = record["outcome"] == Outcome.APPLIED
    return RowResult(
        number=row["number"],
        change_id=record["change_id"],
        outcome=record["outcome"],
        version=record.get("version"),
        problems=tuple(map(Problem.from_json, record.get("errors", []))),
        # Decided by this import, but for a run of the chunk that died: for this a clock is good enough.
        replayed=replayed and record["recorded_at"] < plan.started_at,
        raw=None if applied else row["raw"],
    )


def _would_be_rejected(row: Row, request: Identified, rejected: ChangeRejected) -> RowResult:
    return RowResult(
        row["number"],
        request.change_id,
        Outcome.REJECTED,
        rejected.version,
        rejected.problems,
        raw=row["raw"],
    )


def _until(deadline: float, work: Callable[[], T]) -> T:
    """Try again what passes by itself, until it is time to give up."""
    pause = 0.1
    while True:
        try:
            return work()
        except TransientFault:
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(system.jitter(pause))
        pause = min(2 * pause, PAUSE_MAX_SECONDS)


def _at_once(work: Callable[[Any], list[T]], parts: Iterable[Any]) -> list[T]:
    """Work on parts at once; return their results in order. A fault is raised when all else is done."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for done in [pool.submit(work, part) for part in parts] for each in done.result()]
