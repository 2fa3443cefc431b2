"""Plans an import: reads the file once, finds rows that ask for the same names, and cuts it into chunks."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice
from typing import Any, Final

from registrar.domain import limits
from registrar.domain.errors import ImportRefused, Problem
from registrar.domain.names import names_of
from registrar.domain.request import identify
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.spool import Spool
from registrar.imports.domain.objects import FoundObject, ObjectStore
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.reading import Row, rows_of
from registrar.imports.domain.request import ImportRequest
from registrar.imports.domain.rows import PlannedRow, content_of, row_id

UPLOADS_AT_ONCE: Final = 8


def plan_import(request: ImportRequest, imports: ImportStore, started_at: str) -> Plan:
    """Plan an import and write its chunks and their manifest: for the same file the same bytes each time.

    A chunk holds all rows of its users, in their order, so that chunks can be applied in parallel. Chunks
    follow the order of the file, by each user's first row.

    Args:
        request: what to import.
        imports: where the plan and the chunks go.
        started_at: when the execution was started, in the form of records.

    Raises:
        ImportRefused: with every reason why the file as a whole cannot be imported.
        TransientFault: try again.
    """
    form = request.file_format()
    found = _find(request, imports.objects)
    digest = hashlib.sha256()
    header, rows = rows_of(_hashed(imports.objects.blocks(found), digest), form, request.columns)
    with Spool.temporary() as (spool, _):
        number = _spool(rows, request, spool)
        key = request.import_key or digest.hexdigest()
        sizes = _write_chunks(_chunks(_completed(spool, request, key)), imports)
    plan = Plan(
        import_id=imports.import_id,
        import_key=key,
        format=form,
        header=header,
        rows=number,
        chunks=len(sizes),
        dry_run=request.dry_run,
        stop_after=request.stop_after(number),
        started_at=started_at,
    )
    imports.write_plan(plan)
    # Last: where there is a manifest, all else is there.
    imports.write_manifest(sizes)
    return plan


def _find(request: ImportRequest, objects: ObjectStore) -> FoundObject:
    bucket = request.source.bucket or objects.bucket
    found = objects.find(bucket, request.source.key)
    if found is None:
        own = (
            "upload it first"
            if bucket == objects.bucket
            else "deploy with -c import_sources=… to allow others"
        )
        message = f"there is no such object, or it may not be read; {own}"
        raise ImportRefused(Problem("not_found", "/source", message))
    if found.size > limits.IMPORT_BYTES_MAX:
        most = limits.IMPORT_BYTES_MAX // 1024**2
        message = f"has {found.size // 1024**2:,} MiB; an import takes at most {most:,}: split the file"
        raise ImportRefused(Problem("too_long", "/source", message))
    return found


def _hashed(blocks: Iterator[bytes], digest: Any) -> Iterator[bytes]:  # noqa: ANN401 - hashlib's
    for block in blocks:
        digest.update(block)
        yield block


def _spool(rows: Iterator[Row], request: ImportRequest, spool: Spool) -> int:
    """Add each row to the spool, with the earlier rows that ask for its names; return the number of rows."""
    actor = request.actor.as_json()
    number = 0
    for number, row in enumerate(rows, start=1):
        if number > limits.IMPORT_ROWS_MAX:
            message = f"has more than {limits.IMPORT_ROWS_MAX:,} rows; split the file"
            raise ImportRefused(Problem("too_long", "/source", message))
        _spool_row(row, actor, request.import_key, spool)
    if not number:
        raise ImportRefused(Problem("no_rows", "", "the file has no rows"))
    busiest = spool.busiest()
    if busiest > limits.ROWS_OF_A_USER_MAX:
        message = (
            f"has {busiest:,} rows for one user, which are applied one after the other;"
            f" a file may have {limits.ROWS_OF_A_USER_MAX:,}: split it"
        )
        raise ImportRefused(Problem("too_long", "/source", message))
    return number


def _spool_row(row: Row, actor: dict[str, str], key: str | None, spool: Spool) -> None:
    # A "#" is in no user_id.
    alone = f"#{row.number}"
    planned = PlannedRow(row.number, alone, row.raw, row.request, row.problems)
    if row.request is None:
        spool.add(row.number, [planned.as_json(), "", 0])
        return
    content = content_of(row.request)
    occurrence = spool.times_before(content)
    # Without a key the change_id follows from the whole file; whether the row is valid does not.
    made_id = "-" if key is None else row_id(content, key, occurrence)
    asked = identify(planned.completed(made_id, actor, None).request, made_id)
    given = key, row.request.get("user_id"), row.request.get("change_id")
    # A user_id made from such a change_id is in no other row. An invalid row keeps its place among those of
    # its user: it may use up a change_id.
    user_id = None if given == (None, None, None) else asked.user_id
    owner = user_id or alone
    taken = {} if asked.change is None else spool.claim(names_of(asked.change.attributes), owner, row.number)
    planned = replace(planned, owner=owner, names_taken=taken)
    spool.add(row.number, [planned.as_json(), content, occurrence], user_id)


def _completed(spool: Spool, request: ImportRequest, key: str) -> Iterator[tuple[PlannedRow, int]]:
    """Yield the rows with their change_ids, each owner's together, and the bytes of each."""
    actor = request.actor.as_json()
    for (row, content, occurrence), size in spool.by_owner():
        made_id = row_id(content, key, occurrence)
        yield PlannedRow.from_json(row).completed(made_id, actor, request.reason), size


def _chunks(rows: Iterable[tuple[PlannedRow, int]]) -> Iterator[list[PlannedRow]]:
    chunk: list[PlannedRow] = []
    size = 0
    for row, row_size in rows:
        full = len(chunk) >= limits.CHUNK_ROWS or size >= limits.CHUNK_BYTES
        if full and row.owner != chunk[-1].owner:
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += row_size
    yield chunk


def _write_chunks(chunks: Iterator[list[PlannedRow]], imports: ImportStore) -> list[int]:
    """Write the chunks; return the number of rows of each."""
    sizes: list[int] = []
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        # A few at a time, so that no more of the file is in memory.
        while some := list(islice(chunks, UPLOADS_AT_ONCE)):
            list(pool.map(imports.write_rows, count(len(sizes) + 1), some))
            sizes += map(len, some)
    return sizes
