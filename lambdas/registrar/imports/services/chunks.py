"""Applies a chunk of an import in two halves, as a change by itself is: write, then audit."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import Any, Final, Protocol, TypeVar

from registrar.adapters import system
from registrar.adapters.dynamodb import READ_MAX
from registrar.adapters.ledger import Ledger
from registrar.adapters.users import Users
from registrar.domain.change import Outcome
from registrar.domain.errors import ChangeRejected, LedgerMismatch, Problem, TransientFault
from registrar.domain.record import is_sealed
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import Identified, identify
from registrar.domain.reuse import REUSED
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.results import FAILED, FAULT, STOPPED, RowResult
from registrar.services.write import WritableUsers, write

AT_ONCE: Final = 32
"""Rows in flight; their answers are mostly waited for."""

WORK_SECONDS: Final = 40
"""So long a function works on a chunk; its timeout is later, so that the last calls can end."""

PAUSE_MAX_SECONDS: Final = 3.0

logger = logging.getLogger()
T = TypeVar("T")
Row = dict[str, Any]
Receipts = dict[str, dict[str, Any]]
Written = dict[str, Any]
"""How a row was written: its ``record``, sealed, with ``replayed`` when it is in a receipt, and without when
the receipt is another request's; or that it was ``stopped``; or nothing, when it could not be read."""


class ChunkUsers(WritableUsers, Protocol):
    """What writing rows asks of the Users table (``registrar.adapters.users.Users``)."""

    def reject(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """Put the receipt of a rejected change, or return the one that was there."""


class Allowance:
    """How many rows may end without being applied before what is not decided is left alone."""

    def __init__(self, rows: int | None = None) -> None:
        """Allow so many; None allows any number."""
        self._left = rows
        self._lock = threading.Lock()

    @property
    def used_up(self) -> bool:
        """Whether what is not decided yet is left alone."""
        return self._left is not None and self._left <= 0

    def note(self, written: Written) -> None:
        """Note how a row was written."""
        if self._left is None or written.get("record", {}).get("outcome") == Outcome.APPLIED:
            return
        with self._lock:
            self._left -= 1


def write_rows(
    rows: list[Row],
    table: Users,
    users: Callable[[], ChunkUsers],
    deadline: float,
    allowance: Allowance,
) -> list[Written]:
    """Write rows, those of a user one after the other and those of many at once; return how each was.

    A row is decided when the decision on each row of its user before it is in its receipt, and not earlier.
    So a run that dies, and others that run at the same moment, keep their order.

    Receipts are read first, many to a request: what was decided before costs a read, and not a transaction
    that is refused.

    Args:
        rows: as the plan has made them, each user's together.
        table: where the receipts are.
        users: makes the adapter for the rows of one user.
        deadline: when to give up (``time.monotonic``).
        allowance: for rows that are not applied.

    Raises:
        TransientFault: a row was not written by then; what was is found again.
    """
    asked = [None if "request" not in row else identify(row["request"], row["id"]) for row in rows]
    ids = [each.change_id for each in asked if each is not None]
    batches = (ids[start : start + READ_MAX] for start in range(0, len(ids), READ_MAX))
    receipts = dict(
        _at_once(lambda batch: _until(deadline, lambda: [*table.receipts(batch).items()]), batches)
    )

    def of_a_user(own: list[tuple[Row, Identified | None]]) -> list[Written]:
        adapter, written = users(), []
        for row, request in own:
            written.append(_until(deadline, partial(_written, row, request, receipts, adapter, allowance)))
            allowance.note(written[-1])
        return written

    pairs = zip(rows, asked, strict=True)
    return _at_once(of_a_user, (list(own) for _, own in groupby(pairs, key=lambda pair: pair[0]["owner"])))


def _written(
    row: Row, asked: Identified | None, receipts: Receipts, users: ChunkUsers, allowance: Allowance
) -> Written:
    if asked is None:
        return {}
    receipt = receipts.get(asked.change_id)
    if receipt is not None and receipt["request_hash"] == asked.request_hash:
        return {"record": receipt, "replayed": True}
    if allowance.used_up:
        return {"stopped": True}
    try:
        if receipt is not None:
            raise ChangeRejected([REUSED])
        record, replayed = _decided(row, asked, users)
    except ChangeRejected as rejected:
        return _rejected(asked, rejected, users)
    return {"record": record, "replayed": replayed}


def _decided(row: Row, asked: Identified, users: ChunkUsers) -> tuple[dict[str, Any], bool]:
    if asked.change is None:
        raise ChangeRejected(asked.problems)
    if row["lost"]:
        raise ChangeRejected([_lost(kind, winner) for kind, winner in row["lost"].items()])
    return write(asked.change, users)


def _rejected(asked: Identified, rejected: ChangeRejected, users: ChunkUsers) -> Written:
    """Put the receipt of a rejection before the next row is decided; its record is delivered later."""
    if REUSED not in rejected.problems:
        record = seal_rejection(asked, rejected, system.now(), system.salt())
        found = users.reject(record)
        if found is None or found["request_hash"] == asked.request_hash:
            return {"record": found or record, "replayed": found is not None}
    # What the tables said no to depends on the moment; that the id is used up does not.
    reused = ChangeRejected((REUSED, *asked.problems))
    return {"record": seal_rejection(asked, reused, system.now(), system.salt())}


def _lost(kind: str, winner: int) -> Problem:
    message = f"row {winner} of this file asks for the same {kind}, and comes first"
    return Problem("name_taken", f"/attributes/{kind}", message)


def audit_rows(
    rows: list[Row], written: list[Written], plan: Plan, ledger: Ledger, deadline: float
) -> list[RowResult]:
    """Deliver the records of written rows to the ledger, and answer each row.

    Raises:
        TransientFault: a row was not recorded by then; what was is found again.
    """

    def answer(pair: tuple[Row, Written]) -> RowResult:
        row, outcome = pair
        if "request" not in row:
            problems = tuple(map(Problem.from_json, row["problems"]))
            return RowResult(row["number"], None, Outcome.REJECTED, None, problems, raw=row["raw"])
        if "stopped" in outcome:
            return _failed(row, STOPPED)
        try:
            return _until(deadline, lambda: _audited(row, outcome, plan, ledger))
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


def _audited(row: Row, written: Written, plan: Plan, ledger: Ledger) -> RowResult:
    record, replayed = written["record"], written.get("replayed", False)
    if not is_sealed(record):
        raise LedgerMismatch(f"what was written of row {row['number']} is not sealed")
    if not plan.dry_run and "replayed" in written:
        ledger.deliver(record)
    elif not plan.dry_run:
        # The receipt is another request's. Refused before, it stands in the same place under another seal.
        found = ledger.add(record)
        record, replayed = found or record, found is not None
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


def _until(deadline: float, work: Callable[[], T]) -> T:
    """Try again what passes by itself, until it is time to give up; begin nothing after that."""
    pause = 0.1
    while True:
        if time.monotonic() > deadline:
            raise TransientFault("no time is left for the rest of the chunk")
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
