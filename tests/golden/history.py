"""What the golden files record: changes of every kind, and imports that are left half done."""

import json
import unicodedata
from typing import Any, Final

from tests.golden.stage import Stage
from tests.integration import machine
from tests.integration.import_machine import ACTOR, BUCKET

ROLE: Final = {"id": "arn:aws:sts::123456789012:assumed-role/Task", "type": "iam", "session": "i-1@task"}
SMALL, CAPITAL = "\u01f0\u0323", "J\u0323\u030c"
"""Equal names that are held apart under the earlier form (docs/decisions/031)."""
MARK: Final = "ada\ufe0f"
"""A name that no request may give any more (docs/decisions/032)."""


def earlier_form(name: str) -> str:
    """Return the form in which names were held before decision 031."""
    return unicodedata.normalize("NFKC", name).casefold()


def change(action: str, user_id: str, change_id: str = "", **fields: Any) -> dict[str, Any]:
    """Return a request; attributes are given by ``attributes``."""
    named = {"change_id": change_id} if change_id else {}
    return {**named, "action": action, "user_id": user_id, "actor": ACTOR, **fields}


ADA = {
    "username": "Ada",
    "email": "Ada@Example.com",
    "display_name": "Ada Lovelace \U0001f469\u200d\U0001f52c",
    "tags": {"team": "engines", "desk": "7", "site/floor": "2"},
}
APPLIED: Final = {
    "create": change("create", "u-ada", "c-create", attributes=ADA, reason="ticket 4711"),
    "merge patch": change(
        "update",
        "u-ada",
        "c-patch",
        attributes={"display_name": None, "email": "ada@example.org", "tags": {"desk": None, "team": "x"}},
        expected_version=1,
    ),
    "session": change("update", "u-ada", "c-session", attributes={"status": "suspended"}) | {"actor": ROLE},
    "no more tags": change("update", "u-ada", "c-no-tags", attributes={"tags": None, "status": "active"}),
    "nothing changed": change("update", "u-ada", "c-nothing", attributes={"username": "Ada"}),
    "names": change(
        "create",
        "u:x@y.z-1",
        "c-names",
        attributes={
            "username": "Stra\u00dfe\u0391\u03a3",
            "email": "\u9234\u6728@\u4f8b\u3048.jp",
            "display_name": "\u0645\u0631\u062d\u0628\u0627",
            "tags": {"k": "\u00fc\u00df\U0001d518"},
        },
        reason="\u201cgr\u00fc\u00dfe\u201d",
    ),
    "no id": change("create", "u-console", attributes={}),
    "bob": change("create", "u-bob", "c-bob", attributes={"username": "bob", "status": "suspended"}),
    "cy": change("create", "u-cy", "c-cy", attributes={"username": "cy", "email": "cy@example.com"}),
    "delete": change("delete", "u-cy", "c-delete", expected_version=1, reason="left"),
    "new life": change("create", "u-cy", "c-new-life", attributes={"username": "cy2"}, expected_version=2),
    "gone": change("create", "u-gone", "c-gone", attributes={"username": "gone", "tags": {"a": "b"}}),
    "tombstone": change("delete", "u-gone", "c-tombstone"),
    "for an import": change("create", "u-a0", "c-for-import", attributes={"username": "imported"}),
}
REJECTED: Final = {
    "name_taken": change("create", "u-eve", "c-taken", attributes={"username": "ADA", "email": "e@x.yz"}),
    "both names taken": change(
        "update",
        "u-bob",
        "c-taken-2",
        attributes={"username": "STRASSE\u03b1\u03c3", "email": "ADA@example.org"},
    ),
    "version_conflict": change("update", "u-ada", "c-conflict", attributes={}, expected_version=1),
    "user_exists": change("create", "u-ada", "c-exists", attributes={}, expected_version=0) | {"actor": ROLE},
    "user_not_found": change("update", "u-nobody", "c-nobody", attributes={"status": "active"}),
    "deleted": change("delete", "u-gone", "c-deleted", reason="again"),
    "too many tags": change(
        "update", "u-bob", "c-tags", attributes={"tags": {f"t{number}": "" for number in range(21)}}
    ),
    "reused": change("update", "u-bob", "c-create", attributes={"username": "other"}),
    "reused and invalid": change("update", "u-bob", "c-create", attributes={"colour": "red"}),
    "invalid": change(
        "create",
        "u-bad",
        "c-invalid",
        attributes={
            "username": "",
            "email": "nonsense",
            "display_name": "x" * 129,
            "status": "asleep",
            "tags": {"k y": "v", "k": 7},
            "colour": "red",
        },
        expected_version=-1,
        reason=12,
    ),
    "no user_id": change("create", "u 1", "c-no-user", attributes={"username": "a\u200bb", "email": MARK}),
    "delete with attributes": change("delete", "u-ada", "c-delete-with", attributes={"username": "x"}),
    "no attributes": change("update", "u-ada", "c-no-attributes"),
    "bad actor": change("delete", "u-bob", "c-actor") | {"actor": {"id": "a b", "type": "X", "more": 1}},
    "dots": change("create", "..", "c-dots", attributes={}),
    "lone surrogate": change("update", "u-bob", "c-surrogate", attributes={"display_name": "\ud800"}),
    "bad change_id": change("update", "u-ada", "c 1", attributes={}),
    "deep": change("create", "u-deep", "c-deep", attributes={"tags": {"a": [[[[[[{"b": None}]]]]]]}}),
    "more_problems": change(
        "create", "u-many", "c-many", attributes={f"field{n:03d}": n for n in range(100)}
    ),
    "a list": ["create"],
    "a text": "create",
    "null": None,
    "empty": {},
}
REPLAYED: Final = {
    "replay": (APPLIED["create"], "another-execution"),
    "replay under another session": (APPLIED["session"] | {"actor": {**ROLE, "session": "i-2@task"}}, "e-2"),
    "replay of a rejection": (REJECTED["name_taken"], "e-3"),
    "replay of a reused id": (REJECTED["reused"], "e-4"),
    "replay of an invalid one": (REJECTED["invalid"], "e-5"),
    "replay by the execution's name": (REJECTED["empty"], "empty"),
    "a name that is no id": (change("create", "u-spaces", attributes={}), "an execution's name"),
}


def execute_all(stage: Stage) -> None:
    """Run an execution of every kind."""
    named = {**APPLIED, **REJECTED}
    runs = {about: (asked, about.replace(" ", "-")) for about, asked in named.items()} | REPLAYED
    for stage.about, (asked, name) in runs.items():
        machine.execute(asked, name, stage.deliver)


def hold_old_names(stage: Stage) -> None:
    """Make users who hold names as they were held before decisions 031 and 032."""

    def hold(user_id: str, name: str) -> None:
        asked = change("create", user_id, f"c-{user_id}", attributes={"username": "x"})
        valid = stage.call("validate_change", {"request": asked, "execution_name": user_id})
        # No request gives the last of these names: what the step before has let through is written.
        written = stage.call("write_change", valid | {"attributes": {"username": name}})
        stage.call("audit_change", written)

    def move(user_id: str, name: str) -> None:
        (held,) = (
            item for item in stage.items("users") if item.get("user_id") == {"S": user_id} and _is_name(item)
        )
        stage.edit({**held, "pk": {"S": f"NAME#username#{earlier_form(name)}"}}, held["pk"]["S"])

    hold("u-old-1", SMALL)
    move("u-old-1", SMALL)
    hold("u-old-3", MARK)
    move("u-old-3", MARK)
    # The other who holds an equal name is refused unless the first lets go meanwhile.
    key = f"NAME#username#{earlier_form(SMALL)}"
    stage.edit(delete=key)
    hold("u-old-2", CAPITAL)
    move("u-old-2", CAPITAL)
    stage.edit({"pk": {"S": key}, "user_id": {"S": "u-old-1"}})


def _is_name(item: dict[str, Any]) -> bool:
    return str(item["pk"]["S"]).startswith("NAME#")


def project_some(stage: Stage) -> None:
    """Publish and count a part of the ledger: in order, again, and ahead of a predecessor."""
    ledger = stage.items("ledger")
    rejected = [item for item in ledger if item["outcome"]["S"] == "REJECTED"]
    applied = [item for item in ledger if item["outcome"]["S"] == "APPLIED"]
    ada = [item for item in applied if item["user_id"]["S"] == "u-ada"]
    for batch in (
        ada[:2],
        [*ada[:3], *rejected[:5]],
        [item for item in applied if item["user_id"]["S"] in ("u-bob", "u-cy")],
        [ada[4]],
        rejected[3:-6],
    ):
        stage.stream("project_ledger", "ledger", batch)
    broken = {**ada[0], "user_id": {"S": "u-other"}}
    stage.stream("project_ledger", "ledger", [broken, *applied[-1:]])


def leave_records_behind(stage: Stage) -> None:
    """Let executions die between write and audit; the guard delivers the record of the first of them."""
    for user_id in ("u-late", "u-left-behind"):
        asked = change("create", user_id, f"c-{user_id}", attributes={"username": user_id})
        valid = stage.call("validate_change", {"request": asked, "execution_name": user_id})
        stage.call("write_change", valid)
        if user_id == "u-late":
            broken = {**receipts(stage)[0], "reason": {"S": "forged"}}
            stage.stream("guard_ledger", "users", [broken, *receipts(stage)])
    predecessor = change("update", "u-left-behind", "c-follows", attributes={"username": "follows"})
    machine.execute(predecessor, "c-follows", stage.deliver)
    follows = [item for item in stage.items("ledger") if item["change_id"]["S"] == "c-follows"]
    # Ahead of its predecessor, which is not in the ledger.
    stage.stream("project_ledger", "ledger", follows)


def receipts(stage: Stage) -> list[dict[str, Any]]:
    return [item for item in stage.items("users") if item["pk"]["S"].startswith("CHANGE#")]


WHOLE: Final = "whole"
"""A way to apply a chunk: written and audited, to its end."""
AUDIT_DIES: Final = "its progress is not shown"
WRITTEN: Final = "not audited"
WRITE_DIES: Final = "half written"
NOT_BEGUN: Final = "not begun"

CSV = """\
user_id,action,username,email,display_name,status,tags,expected_version,reason,change_id
u-a1,,Zo\u00eb,zoe@example.com,Zo\u00eb,,"{""team"": ""a""}",,,
u-a2,,a2,nonsense,,asleep,,,,
u-a0,,imported,,,,,,,c-for-import
u-a3,,ragged
u-a4,,\u00d8rsted,,'=1+1,suspended,,,because,
u-a5,,BOB,,,,,,,
u-a6,,a6,,,,,,,c-create
too,,many,cells,here,,,,,,,,
u-a7,,a7,,,,,,,
u-a8,,A7,,,,,,,
u-bob,update,,,Bob,,,1,,
u-console,delete,,,,,,,,
u-a9,,a9,,,,,,,
u-a9,update,a9b,,,,,,,
u-a9,update,,,,suspended,,9,,
u-a9,delete,,,,,,,,
u-a10,,a10,,,,,,,
u-a11,update,a11,,,,,,,
,,a12,,,,,,,
u-a13,,a13,a13@example.com,\\N,,,,,
"""
DRY = """\
user_id,action,username
u-b1,create,b1
u-b2,create,ada
u-b1,update,b1b
u-b3,delete,
u-bob,update,B1
u-b4,create,b4
"""
STOPPING = """\
{"user_id": "u-c1", "attributes": {"username": "c1"}}
{"user_id": "u-c1", "action": "update", "attributes": {"username": "c1b"}}
{"user_id": "u-c2", "action": "update", "attributes": {}}
{"user_id": "u-c3", "attributes": {"colour": "\\ud800"}}
no JSON
{"user_id": "u-c4", "attributes": {"username": "c4"}}
{"user_id": "u-c5", "attributes": {"username": "c5"}}
"""
"""Both rows of its second chunk are refused, so that the third stops, whichever row is decided first."""
ENDED = """\
Id,username,import_errors,tags
u-d1,d1,,
u-d2,ada,it was taken before,"{""a"": ""b""}"
"""
IMPORTS: Final[dict[str, dict[str, Any]]] = {
    "i-half": {
        "file": ("half.csv", CSV),
        "chunk_rows": 4,
        "chunks": [WHOLE, WRITTEN, NOT_BEGUN, WRITE_DIES, AUDIT_DIES],
    },
    "i-dry": {
        "file": ("dry.csv", DRY),
        "chunk_rows": 2,
        "chunks": [WHOLE, WRITTEN, NOT_BEGUN],
        "options": {"dry_run": True, "reason": "rehearsal", "actor": ROLE},
    },
    "i-stopping": {
        "file": ("stopping.jsonl", STOPPING),
        "chunk_rows": 2,
        "chunks": [WHOLE, WHOLE, WRITTEN, NOT_BEGUN],
        "options": {"fail_fast": 2, "import_key": "nightly", "actor": ROLE},
    },
    "i-ended": {
        "file": ("ended.csv", ENDED),
        "chunk_rows": 4,
        "chunks": [WHOLE],
        "options": {
            "columns": {"Id": "user_id", "tags": None},
            "tolerated_failure_percentage": 50,
        },
    },
    "i-refused": {"file": ("refused.csv", "user_id,colour\nu-1,red\n"), "chunk_rows": 4, "chunks": []},
}


def plan(stage: Stage, import_id: str, set_chunk_rows: Any, *, again: str = "") -> list[int]:
    """Upload and plan an import, under another id when it comes again; return the numbers of its chunks."""
    asked = IMPORTS[import_id]
    name, content = asked["file"]
    key = f"uploads/{name}"
    stage.s3.objects[BUCKET, key] = content.encode()
    request = {"source": {"key": key}, "actor": ACTOR, **asked.get("options", {})}
    started_at = stage.clock.now().replace("000Z", "Z")
    import_id = again or import_id
    event = {"request": request, "import_id": import_id, "started_at": started_at}
    set_chunk_rows(asked["chunk_rows"])
    try:
        stage.call("plan_import", event, chunk_rows=asked["chunk_rows"])
    except Exception as refused:  # noqa: BLE001 - ImportRefused, as Step Functions catches it
        cause = json.dumps({"errorMessage": str(refused), "errorType": type(refused).__name__})
        stage.call("finish_import", {"import_id": import_id, "cause": cause})
        return []
    numbers = list(range(1, len(asked["chunks"]) + 1))
    assert f"imports/{import_id}/chunks/{len(numbers):06d}.json" in keys(stage)
    assert f"imports/{import_id}/chunks/{len(numbers) + 1:06d}.json" not in keys(stage)
    return numbers


def keys(stage: Stage) -> set[str]:
    return {key for _, key in stage.s3.objects}


def apply(stage: Stage, import_id: str, chunk: int, way: str = WHOLE) -> None:
    """Apply a chunk as far as it comes in a way."""
    event = {"import_id": import_id, "chunk": chunk}
    if way == NOT_BEGUN:
        return
    if way == WRITE_DIES:
        stage.call("write_chunk", event, dies={"before": "TransactWriteItems", "calls": 2})
        return
    stage.call("write_chunk", event)
    if way == AUDIT_DIES:
        stage.call("audit_chunk", event, dies={"before": "PutObject", "calls": 1})
    elif way == WHOLE:
        stage.call("audit_chunk", event)
