"""Plans an import: reads the file once, finds its conflicts with itself, cuts it into chunks."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Final

from registrar.domain import limits
from registrar.domain.canonical import canonical_json
from registrar.domain.errors import ImportRefused, Problem
from registrar.domain.names import names_of
from registrar.domain.request import identify
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.objects import Found, Objects
from registrar.imports.adapters.spool import Spool
from registrar.imports.domain.plan import Plan, completed, content_of, row_id
from registrar.imports.domain.reading import Row, rows_of
from registrar.imports.domain.request import ImportRequest

UPLOADS_AT_ONCE: Final = 8


def plan_import(request: ImportRequest, import_id: str, started_at: str, objects: Objects) -> Plan:
    """Plan an import and write its chunks and their manifest: of the same file the same bytes each time.

    A chunk holds all rows of its users, in their order, so that chunks can be applied at once. Chunks follow
    the order of the file, by each user's first row.

    Args:
        request: what is asked for.
        import_id: the import's.
        started_at: when its execution was started, as records hold times.
        objects: the import bucket.

    Raises:
        ImportRefused: with every reason why the file as a whole cannot be worked on.
        TransientFault: try again.
    """
    form = request.file_format()
    found = _find(request, objects)
    digest = hashlib.sha256()
    header, rows = rows_of(_hashed(objects.blocks(found), digest), form, request.columns)
    with Spool.temporary() as (spool, _):
        count = _spool(rows, request, spool)
        key = request.import_key or digest.hexdigest()
        store = ImportStore(objects, import_id)
        chunks = _write_chunks(spool, request, key, store)
        plan = Plan(
            import_id=import_id,
            import_key=key,
            format=form,
            header=header,
            rows=count,
            chunks=len(chunks),
            dry_run=request.dry_run,
            stop_after=request.stop_after(count),
            started_at=started_at,
        )
    store.write_plan(plan)
    # The last of all: whoever finds it finds the rest.
    objects.write(store.manifest_key, chunks)
    return plan


def _find(request: ImportRequest, objects: Objects) -> Found:
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
    """Keep each row by its user, with the rows that come before it for its names; return how many."""
    actor = request.actor.as_json()
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > limits.IMPORT_ROWS_MAX:
            message = f"has more than {limits.IMPORT_ROWS_MAX:,} rows; split the file"
            raise ImportRefused(Problem("too_long", "/source", message))
        kept, owner = _kept(row, actor, request.import_key, spool)
        spool.add(row.number, kept, owner)
    if not count:
        raise ImportRefused(Problem("no_rows", "", "the file has no rows"))
    busiest = spool.busiest()
    if busiest > limits.ROWS_OF_A_USER_MAX:
        message = (
            f"has {busiest:,} rows for one user, which are applied one after the other;"
            f" a file may have {limits.ROWS_OF_A_USER_MAX:,}: split it"
        )
        raise ImportRefused(Problem("too_long", "/source", message))
    return count


def _kept(
    row: Row, actor: dict[str, str], key: str | None, spool: Spool
) -> tuple[dict[str, Any], str | None]:
    """Return what is kept of a row, and the user that it is about, None when that is nobody else's."""
    kept: dict[str, Any] = {"raw": row.raw}
    if row.request is None:
        return {**kept, "problems": [problem.as_json() for problem in row.problems]}, None
    occurrence = spool.times_before(content_of(row.request))
    kept |= {"request": row.request, "occurrence": occurrence}
    # Unless there is a key, a row's change_id follows from the whole file; whether it is valid does not.
    made_id = "-" if key is None else row_id(row.request, key, occurrence)
    asked = identify(completed(row.request, made_id, actor, None), made_id)
    named = key, row.request.get("user_id"), row.request.get("change_id")
    # An id that follows from the whole file is in no other row of it. A row that is not valid keeps its place
    # among those of its user: it may use up a change_id.
    owner = None if named == (None, None, None) else asked.user_id
    if asked.change is not None:
        names = names_of(asked.change.attributes)
        kept["lost"] = spool.claim(names, owner or f"#{row.number}", row.number)
    return kept, owner


def _write_chunks(spool: Spool, request: ImportRequest, key: str, store: ImportStore) -> list[dict[str, int]]:
    """Write the chunks; return the manifest."""
    actor = request.actor.as_json()
    manifest: list[dict[str, int]] = []
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        writing = iter(_chunks(spool))
        # A few at a time, so that no more of the file is in memory.
        while some := list(islice(writing, UPLOADS_AT_ONCE)):
            numbered = list(enumerate(some, start=len(manifest) + 1))
            for _, rows in numbered:
                for row in rows:
                    if "request" in row:
                        row["id"] = row_id(row["request"], key, row.pop("occurrence"))
                        row["request"] = completed(row["request"], row["id"], actor, request.reason)
            list(pool.map(lambda pair: store.write_rows(*pair), numbered))
            manifest += [{"chunk": number, "rows": len(rows)} for number, rows in numbered]
    return manifest


def _chunks(spool: Spool) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    size, before = 0, ""
    for user_id, number, kept in spool.by_owner():
        # A "#" is in no user_id.
        owner = user_id or f"#{number}"
        full = len(chunk) >= limits.CHUNK_ROWS or size >= limits.CHUNK_BYTES
        if full and owner != before:
            yield chunk
            chunk, size = [], 0
        chunk.append({"number": number, "owner": owner, **kept})
        size += len(canonical_json(kept))
        before = owner
    yield chunk
