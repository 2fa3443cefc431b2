"""The import in this process: its four handlers, called in the order of the deployed definition."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final
from uuid import uuid4

from registrar.domain.errors import ImportRefused
from registrar.imports.adapters.objects import Objects
from tests.memory_s3 import MemoryS3

BUCKET: Final = "imports"
ACTOR: Final = {"id": "admin-7", "type": "user"}
Handler = Callable[[Any, object], Any]


def once(handler: Handler, event: Any) -> Any:
    """Deliver an event to its function."""
    return handler(event, None)


def step(name: str) -> Any:
    """Return the module of a step; it makes its clients as it is imported."""
    return import_module(f"registrar.imports.handlers.{name}")


def use(monkeypatch: Any, objects: Objects, store: Any) -> None:
    """Set the steps to work on a bucket and on tables."""
    for name in ("plan_import", "write_chunk", "audit_chunk", "finish_import"):
        monkeypatch.setattr(step(name), "objects", objects)
    for name in ("write_chunk", "audit_chunk"):
        monkeypatch.setattr(step(name), "store", store)


class ImportMachine:
    """Imports files that are in memory."""

    def __init__(self, s3: MemoryS3) -> None:
        self.s3 = s3

    def run(
        self,
        content: bytes | str,
        *,
        name: str = "users.csv",
        import_id: str = "",
        actor: dict[str, str] = ACTOR,
        deliver: Callable[[Handler, Any], Any] = once,
        **options: Any,
    ) -> dict[str, Any]:
        """Run one import and return its summary; ``deliver`` calls each handler with its event."""
        import_id = import_id or uuid4().hex
        key = f"uploads/{name}"
        self.s3.objects[BUCKET, key] = content.encode() if isinstance(content, str) else content
        request = {"source": {"key": key}, "actor": actor, **options}
        try:
            asked = {"request": request, "import_id": import_id, "started_at": started_at()}
            planned = _json(deliver(step("plan_import").handler, asked))
        except ImportRefused as refused:
            cause = json.dumps({"errorMessage": str(refused), "errorType": type(refused).__name__})
            return _json(deliver(step("finish_import").handler, {"import_id": import_id, "cause": cause}))
        for item in json.loads(self.s3.objects[planned["bucket"], planned["manifest"]]):
            event = {"import_id": planned["import_id"], "chunk": item["chunk"]}
            deliver(step("audit_chunk").handler, _json(deliver(step("write_chunk").handler, event)))
        return _json(deliver(step("finish_import").handler, {"import_id": import_id}))

    def report(self, summary: dict[str, Any]) -> list[dict[str, str]]:
        """Read the report of an import."""
        return list(csv.DictReader(io.StringIO(self.text(summary, "report.csv"), newline="")))

    def text(self, summary: dict[str, Any], name: str) -> str:
        """Read an object of an import."""
        return self.s3.objects[BUCKET, f"imports/{summary['import_id']}/{name}"].decode()


def started_at() -> str:
    """Return the time as Step Functions writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def csv_of(rows: Iterable[dict[str, Any]]) -> str:
    """Write rows as people do."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO(newline="")
    lines = csv.DictWriter(file, names)
    lines.writeheader()
    lines.writerows(rows)
    return file.getvalue()


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value))
