"""`python -m local.engine`: MiniStack, ended with its parent process, and saving streams with its tables.

MiniStack 1.5 does neither (decision 022). It saves each consumer's position in a table's stream, but not the
stream's records: after a restart it would skip as many new records, and unread ones would be missing.
"""

import copy
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Final

STREAMS: Final = "registrar_streams"
"""The field for the streams in MiniStack's saved state of DynamoDB."""
END_SECONDS: Final = 10
SERVE: Final = "serve"


def supervise() -> None:
    """Run MiniStack as a child process; when it has ended for any reason, kill the functions it has left.

    This process leads the session, and does so little that only a kill can end it early.
    """
    # SIGTERM goes to the whole group: MiniStack saves its data, and this process waits for that.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with subprocess.Popen([sys.executable, "-m", "local.engine", SERVE], stdin=subprocess.PIPE) as child:
        threading.Thread(target=end_with_starter, daemon=True).start()
        child.wait()
        os.killpg(0, signal.SIGKILL)


def end_with_starter() -> None:
    """End this process's group when standard input closes, since then the parent process has ended.

    A byte on standard input before that releases the group: it goes on alone.
    """
    if os.read(0, 1) == b"":
        os.killpg(0, signal.SIGTERM)
        time.sleep(END_SECONDS)
        os.killpg(0, signal.SIGKILL)


def keep_streams() -> None:
    """Make MiniStack save and restore, with its tables, the stream records that consumers have not read.

    The positions are saved before the tables, so records that a consumer reads in between are delivered
    again, as can happen on AWS. Kept data without streams starts with empty ones.
    """
    # These modules read their settings from the environment when they are imported.
    from ministack import app  # type: ignore[import-untyped]  # noqa: PLC0415
    from ministack.services import dynamodb, lambda_svc  # type: ignore[import-untyped]  # noqa: PLC0415

    positions, records, trimmed = (
        lambda_svc._dynamodb_stream_positions,  # noqa: SLF001 - there is no public way; the version is pinned
        dynamodb._stream_records,  # noqa: SLF001
        dynamodb._stream_trimmed,  # noqa: SLF001
    )
    tables, restore_tables, restore_all = (
        dynamodb.get_state,
        dynamodb.load_persisted_state,
        app._load_persisted_state,  # noqa: SLF001
    )
    kept: dict[str, Any] = {}

    def save() -> dict[str, Any]:
        streams = unread(positions, lambda_svc._esms, records, trimmed)  # noqa: SLF001
        return {**tables(), STREAMS: streams}

    def restore(data: dict[str, Any]) -> None:
        kept.update(data.get(STREAMS) or {})
        restore_tables(data)

    def restore_everything() -> None:
        restore_all()
        # The poller is running already: it must see the consumers' positions before any record.
        for name, store in (("positions", positions), ("trimmed", trimmed), ("records", records)):
            store._data.clear()  # noqa: SLF001
            if name in kept:
                store._data.update(kept[name]._data)  # noqa: SLF001

    dynamodb.get_state = save
    dynamodb.load_persisted_state = restore
    app._load_persisted_state = restore_everything  # noqa: SLF001


def unread(positions: Any, mappings: Any, records: Any, trimmed: Any) -> dict[str, Any]:  # noqa: ANN401 - MiniStack's
    """Return copies of MiniStack's stream stores, without the records that every consumer has read.

    Args:
        positions: by consumer, how many records it has read since the stream began.
        mappings: by consumer, its event source mapping.
        records: by table, the stream's records.
        trimmed: by table, how many earlier records have been removed.
    """
    read: dict[tuple[str, str, str], int] = {}
    for (account, region, consumer), mapping in list(mappings._data.items()):  # noqa: SLF001
        table = (account, region, mapping["EventSourceArn"].partition(":table/")[2].partition("/")[0])
        position = positions.get_scoped(account, region, consumer, 0)
        read[table] = min(position, read.get(table, position))
    kept = {"positions": copy.deepcopy(positions), "records": type(records)(), "trimmed": type(trimmed)()}
    for key, left in list(records._data.items()):  # noqa: SLF001
        before = trimmed.get_scoped(*key, 0)
        passed = max(0, min(read.get(key, before + len(left)) - before, len(left)))
        kept["records"].set_scoped(*key, copy.deepcopy(left[passed:]))
        kept["trimmed"].set_scoped(*key, before + passed)
    return kept


def serve() -> None:
    """Run MiniStack; its settings come from the environment."""
    threading.Thread(target=end_with_starter, daemon=True).start()
    if os.environ.get("PERSIST_STATE") == "1":
        keep_streams()
    from ministack.app import main as ministack  # type: ignore[import-untyped]  # noqa: PLC0415

    del sys.argv[1:]
    ministack()


if __name__ == "__main__":
    serve() if SERVE in sys.argv else supervise()
