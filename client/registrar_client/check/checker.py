"""The checker: users, names, receipts and ledger, each held against the others."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from registrar_client.check import rules
from registrar_client.check.merge import merged
from registrar_client.check.rules import GENESIS, Fold, Item
from registrar_client.check.tables import Tables
from registrar_client.check.violation import Subject, Violation

SUSPECTS_MAX: Final = 10_000
"""So many things are remembered to be checked again; what is found beyond is reported at once."""

POLL_SECONDS: Final = 2.0

KINDS: Final = {"USER": "users", "NAME": "names", "CHANGE": "receipts"}


class Checker:
    """Checks the tables of one deployment, in memory that does not grow with them.

    Attributes:
        counts: how many ``users``, ``names``, ``receipts`` and ``records`` have been read so far.
    """

    def __init__(self, client: Any, users_table: str, ledger_table: str) -> None:  # noqa: ANN401 - boto3's
        self.counts: Counter[str] = Counter()
        self._tables = Tables(client, users_table, ledger_table)

    def check(self, *, segments: int = 4, grace: float = 0) -> Iterator[Violation]:
        """Check everything.

        While changes run, what is read at two moments may not fit together. So everything suspicious is
        looked at again until it fits or the grace is over.

        Args:
            segments: how many threads read.
            grace: seconds; the guard delivers what an execution left behind within about two minutes.

        Yields:
            Each violation, in no order.

        Raises:
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: a table cannot be read.
            IncompleteRead: a table is too busy.
        """
        suspects: dict[Subject, list[Violation]] = {}
        for violation in merged([self._scanned(n, segments) for n in range(segments)]):
            if not grace or (len(suspects) >= SUSPECTS_MAX and violation.subject not in suspects):
                yield violation
            else:
                suspects.setdefault(violation.subject, []).append(violation)
        deadline = time.monotonic() + grace
        while suspects:
            suspects = {s: found for s in suspects if (found := self.check_again(s))}
            if time.monotonic() > deadline:
                break
            time.sleep(min(POLL_SECONDS, grace) if suspects else 0)
        for found in suspects.values():
            yield from found

    def check_again(self, subject: Subject) -> list[Violation]:
        """Check one thing by itself."""
        kind, *key = subject
        if kind == "user":
            return list(self._check_user(key[0]))
        if kind == "record":
            return list(self._check_records(list(self._tables.records([(key[0], key[1])]).values())))
        return list(self._check_items(list(self._tables.users(key).values())))

    def check_user(self, user_id: str) -> list[Violation]:
        """Check a user with all records of its trail and their receipts."""
        found = list(self._check_user(user_id))
        for page in self._tables.trail(user_id):
            found += self._check_records(page)
        return found

    def check_change(self, change_id: str) -> list[Violation]:
        """Check a change's receipt against the ledger."""
        return self.check_again(("item", f"CHANGE#{change_id}"))

    def _scanned(self, segment: int, segments: int) -> Iterator[Violation]:
        """Scan a segment of both tables."""
        for page in self._tables.scan("Users", segment, segments):
            self.counts.update(KINDS.get(item["pk"].partition("#")[0], "others") for item in page)
            yield from self._check_items(page)
        for page in self._tables.scan("Ledger", segment, segments):
            self.counts["records"] += len(page)
            yield from self._check_records(page)

    def _check_items(self, items: Sequence[Item]) -> Iterator[Violation]:
        """Check items of the Users table, each against where else it must show."""
        by_kind: dict[str, list[Item]] = {"USER": [], "NAME": [], "CHANGE": []}
        for item in items:
            kind = item["pk"].partition("#")[0]
            if kind not in by_kind:
                yield Violation("unknown_item", ("item", item["pk"]), f"Users {item['pk']}", None, item)
            else:
                by_kind[kind].append(item)
        for user in by_kind["USER"]:
            yield from self._check_user(user["pk"].partition("#")[2])
        yield from self._check_names(by_kind["NAME"])
        yield from self._check_receipts(by_kind["CHANGE"])

    def _check_user(self, user_id: str) -> Iterator[Violation]:
        """Check a user against its applied records and the names it holds."""
        subject = ("user", user_id)
        # The user first: what comes later can only add to the trail.
        user = self._tables.users([f"USER#{user_id}"]).get(f"USER#{user_id}")
        fold = Fold(user_id)
        for page in self._tables.trail(user_id, "v#"):
            for record in page:
                for code, (expected, found) in fold.add(record).items():
                    yield Violation(code, subject, f"Ledger {user_id} {record['sequence']}", expected, found)
        expected_user = fold.user()
        if not rules.same(user, expected_user):
            want, have = expected_user or {}, user or {}
            differing = sorted(
                name for name in want.keys() | have.keys() if not rules.same(want.get(name), have.get(name))
            )
            code = (
                "user_differs" if user and expected_user else "user_unexplained" if user else "user_missing"
            )
            yield Violation(
                code, subject, f"Users USER#{user_id}", _some(want, differing), _some(have, differing)
            )
        names = [[f"NAME#{name}" for name in forms] for forms in rules.held_names(user or {})]
        held = self._tables.users(name for forms in names for name in forms)
        for name, first in names:
            own = [key for key in {name, first} if rules.same(held.get(key), {"pk": key, "user_id": user_id})]
            if not own:
                item = {"pk": name, "user_id": user_id}
                yield Violation("name_missing", subject, f"Users {name}", item, held.get(name))
            elif len(own) > 1:
                # Under either form, but not under both.
                yield Violation("name_stray", subject, f"Users {first}", None, held[first])

    def _check_names(self, names: Sequence[Item]) -> Iterator[Violation]:
        """Check held names against the users that hold them."""
        owners = self._tables.users(f"USER#{name.get('user_id')}" for name in names)
        for item in names:
            name = item["pk"].partition("#")[2]
            owner = owners.get(f"USER#{item.get('user_id')}", {})
            own = {form for forms in rules.held_names(owner) for form in forms}
            if name not in own or item.keys() != {"pk", "user_id"}:
                yield Violation("name_stray", ("item", item["pk"]), f"Users {item['pk']}", None, item)

    def _check_receipts(self, receipts: Sequence[Item]) -> Iterator[Violation]:
        """Check receipts against the ledger."""
        records = self._tables.records(_place(receipt) for receipt in receipts)
        for receipt in receipts:
            change_id = receipt["pk"].partition("#")[2]
            subject = ("item", receipt["pk"])
            expected = {name: value for name, value in receipt.items() if name != "pk"}
            found = records.get(_place(receipt))
            key = "Ledger {} {}".format(*_place(receipt))
            if receipt.get("change_id") != change_id or rules.is_reuse(receipt):
                yield Violation("receipt_misplaced", subject, f"Users {receipt['pk']}", change_id, expected)
            if found is None:
                yield Violation("record_missing", subject, key, expected, None)
            elif not rules.same(found, expected):
                yield Violation("record_differs", subject, key, expected, found)

    def _check_records(self, records: Sequence[Item]) -> Iterator[Violation]:
        """Check records by themselves, against their receipts, and against the record each one follows."""
        applied = [record for record in records if record.get("outcome") == "APPLIED"]
        rejected = [record for record in records if record.get("outcome") != "APPLIED"]
        items = self._tables.users(
            [f"CHANGE#{record.get('change_id')}" for record in records]
            + [f"USER#{record['user_id']}" for record in applied]
        )
        met = self._tables.records(_met(record) for record in rejected if record.get("version"))
        for record in records:
            subject = ("record", record["user_id"], record["sequence"])
            key = f"Ledger {record['user_id']} {record['sequence']}"
            receipt = items.get(f"CHANGE#{record.get('change_id')}")
            for code, expected, found in (
                *_wrong_in_itself(record),
                *_wrong_receipt(record, receipt),
                *_wrong_place(record, items, met),
            ):
                yield Violation(code, subject, key, expected, found)


Wrong = Iterator[tuple[str, Any, Any]]


def _wrong_in_itself(record: Item) -> Wrong:
    if record.get("commitment") != rules.commitment(record):
        yield "commitment_broken", rules.commitment(record), record.get("commitment")
    if record.get("hash") != rules.record_hash(record):
        yield "hash_broken", rules.record_hash(record), record.get("hash")
    if record["sequence"] not in rules.sequences(record):
        yield "record_misplaced", sorted(rules.sequences(record)), record["sequence"]


def _wrong_receipt(record: Item, receipt: Item | None) -> Wrong:
    if rules.is_reuse(record):
        if receipt is None or receipt.get("request_hash") == record.get("request_hash"):
            yield "reuse_unexplained", "the receipt of another request", receipt
    else:
        expected = {"pk": f"CHANGE#{record.get('change_id')}", **record}
        if receipt is None:
            yield "receipt_missing", expected, None
        elif not rules.same(receipt, expected):
            yield "receipt_differs", expected, receipt


def _wrong_place(record: Item, items: dict[str, Item], met: dict[tuple[str, str], Item]) -> Wrong:
    if record.get("outcome") == "APPLIED":
        if f"USER#{record['user_id']}" not in items:
            yield "user_missing", f"USER#{record['user_id']}", None
        return
    expected = met.get(_met(record), {}).get("hash") if record.get("version") else GENESIS
    if record.get("previous_hash") != expected:
        yield "chain_broken", expected, record.get("previous_hash")


def _met(record: Item) -> tuple[str, str]:
    """Return the place of the record that a rejection followed: the version that it met."""
    version = record["version"] if isinstance(record.get("version"), int) else 0
    return record["user_id"], f"v#{version:012d}"


def _place(receipt: Item) -> tuple[str, str]:
    # A forged receipt may lack them; a key may not be empty.
    return str(receipt.get("user_id") or "?"), str(receipt.get("sequence") or "?")


def _some(item: Item, names: Sequence[str]) -> Item:
    return {name: item[name] for name in names if name in item}
