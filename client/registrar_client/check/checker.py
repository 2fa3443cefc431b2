"""The checker: compares users, names, receipts and ledger with each other."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from registrar_client.check import rules
from registrar_client.check.first_pass import FirstPass, Trail
from registrar_client.check.merge import merged
from registrar_client.check.records import met_version, wrong_fields, wrong_links, wrong_receipt
from registrar_client.check.rules import Fold, Item
from registrar_client.check.tables import READ_MAX, Tables
from registrar_client.check.violation import Subject, Violation

SUSPECTS_MAX: Final = 10_000
"""How many subjects are checked again at most; violations of others are reported at once."""

POLL_SECONDS: Final = 2.0

KINDS: Final = {"USER": "users", "NAME": "names", "CHANGE": "receipts"}


class Phase(StrEnum):
    """What a check does at the moment."""

    READING = "reading"
    """Each table is read once."""

    LOCATING = "locating"
    """They differ somewhere: both are read again, and the items there are compared one by one."""

    WAITING = "waiting"
    """Suspects are checked again until the grace period is over."""


class Checker:
    """Checks the tables of one deployment, in memory that does not grow with them.

    Attributes:
        counts: how many ``users``, ``names``, ``receipts`` and ``records`` have been read so far.
        phase: what it does at the moment.
        read: how many items have been read in this phase.
        suspects: how many subjects have violations that may come from changes in progress.
    """

    def __init__(self, client: Any, users_table: str, ledger_table: str) -> None:  # noqa: ANN401 - boto3's
        self.counts: Counter[str] = Counter()
        self.phase = Phase.READING
        self.read = 0
        self.suspects = 0
        self._tables = Tables(client, users_table, ledger_table)

    def check(self, *, segments: int = 4, grace: float = 0) -> Iterator[Violation]:
        """Check everything.

        Each table is read once. Only when they differ they are read again, and the items there are compared
        one by one.

        While changes run, two reads may see different states. So every suspect is checked again until it is
        consistent or the grace period is over.

        Args:
            segments: how many threads read.
            grace: seconds; within about two minutes the guard delivers records that an execution has not.

        Yields:
            Each violation, in no order.

        Raises:
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: a table cannot be read.
            IncompleteRead: the reads of a table are throttled.
        """
        suspects: dict[Subject, list[Violation]] = {}
        for violation in self._scanned(segments):
            if not grace or (len(suspects) >= SUSPECTS_MAX and violation.subject not in suspects):
                yield violation
            else:
                suspects.setdefault(violation.subject, []).append(violation)
                self.suspects = len(suspects)
        deadline = time.monotonic() + grace
        self.phase = Phase.WAITING
        while suspects:
            suspects = {s: found for s in suspects if (found := self.check_again(s))}
            self.suspects = len(suspects)
            if time.monotonic() > deadline:
                break
            time.sleep(min(POLL_SECONDS, grace) if suspects else 0)
        for found in suspects.values():
            yield from found

    def check_again(self, subject: Subject) -> list[Violation]:
        """Check one subject."""
        kind, *key = subject
        if kind == "user":
            return list(self._check_users(key))
        if kind == "record":
            return list(self._check_records(list(self._tables.records([(key[0], key[1])]).values())))
        return list(self._check_items(list(self._tables.users(key).values())))

    def check_user(self, user_id: str) -> list[Violation]:
        """Check a user with all of its records and their receipts."""
        found = list(self._check_users([user_id]))
        for page in self._tables.trail(user_id):
            found += self._check_records(page)
        return found

    def check_change(self, change_id: str) -> list[Violation]:
        """Check a change's receipt against the ledger."""
        return self.check_again(("item", f"CHANGE#{change_id}"))

    def item_count(self) -> int | None:
        """Return about how many items both tables have, None when that is not known."""
        return self._tables.item_count()

    def _scanned(self, segments: int) -> Iterator[Violation]:
        """Read both tables once, and again when they differ."""
        self.phase, self.read = Phase.READING, 0
        first = FirstPass(self._tables)
        for read in merged([self._surveyed(first, n, segments) for n in range(segments)]):
            self.counts.update(read)
            self.read += read.total()
        if not first:
            return
        self.phase, self.read = Phase.LOCATING, 0
        for found in merged([self._located(first, n, segments) for n in range(segments)]):
            if isinstance(found, Violation):
                yield found
            else:
                self.read += found

    def _surveyed(self, first: FirstPass, segment: int, segments: int) -> Iterator[Counter[str]]:
        """Read a segment of both tables; yield the counts of each page, so that it can be stopped there."""
        for page in self._tables.scan("Users", segment, segments):
            first.add_items(page)
            yield Counter(KINDS.get(item["pk"].partition("#")[0], "others") for item in page)
        trail = Trail()
        for page in self._tables.scan("Ledger", segment, segments):
            first.add_records(page, trail)
            yield Counter(records=len(page))
        first.end(trail)

    def _located(self, first: FirstPass, segment: int, segments: int) -> Iterator[Violation | int]:
        """Check each suspected item of a segment; yield the size of each page, too."""
        for page in self._tables.scan("Users", segment, segments):
            yield from self._check_items([item for item in page if first.suspects_item(item)])
            yield len(page)
        for page in self._tables.scan("Ledger", segment, segments):
            yield from self._check_records([record for record in page if first.suspects_record(record)])
            yield len(page)

    def _check_items(self, items: Sequence[Item]) -> Iterator[Violation]:
        """Check items of the Users table, each against the items that must match it."""
        by_kind: dict[str, list[Item]] = {"USER": [], "NAME": [], "CHANGE": []}
        for item in items:
            kind = item["pk"].partition("#")[0]
            if kind not in by_kind:
                yield Violation("unknown_item", ("item", item["pk"]), f"Users {item['pk']}", None, item)
            else:
                by_kind[kind].append(item)
        yield from self._check_users([user["pk"].partition("#")[2] for user in by_kind["USER"]])
        yield from self._check_names(by_kind["NAME"])
        yield from self._check_receipts(by_kind["CHANGE"])

    def _check_users(self, user_ids: Sequence[str]) -> Iterator[Violation]:
        """Check users against their applied records and the names they hold."""
        for start in range(0, len(user_ids), READ_MAX):
            some = user_ids[start : start + READ_MAX]
            # Users are read first: later changes only add to their records.
            users = self._tables.users(f"USER#{user_id}" for user_id in some)
            wanted = {}
            for user_id in some:
                user = users.get(f"USER#{user_id}")
                yield from self._check_trail(user_id, user)
                wanted[user_id] = [
                    [f"NAME#{name}" for name in forms] for forms in rules.held_names(user or {})
                ]
            held = self._tables.users(key for names in wanted.values() for forms in names for key in forms)
            for user_id, names in wanted.items():
                for normal, first in names:
                    yield from self._check_name(user_id, normal, first, held)

    @staticmethod
    def _check_name(user_id: str, normal: str, first: str, held: Mapping[str, Item]) -> Iterator[Violation]:
        """Check that a user holds a name under its normal form or its older form, and not under both."""
        subject = ("user", user_id)
        own = [key for key in {normal, first} if rules.same(held.get(key), {"pk": key, "user_id": user_id})]
        if not own:
            item = {"pk": normal, "user_id": user_id}
            yield Violation("name_missing", subject, f"Users {normal}", item, held.get(normal))
        elif len(own) > 1:
            yield Violation("name_stray", subject, f"Users {first}", None, held[first])

    def _check_trail(self, user_id: str, user: Item | None) -> Iterator[Violation]:
        """Check a user against its applied records."""
        subject = ("user", user_id)
        fold = Fold(user_id)
        for page in self._tables.trail(user_id, "v#"):
            for record in page:
                for code, (expected, found) in fold.add(record).items():
                    yield Violation(code, subject, f"Ledger {user_id} {record['sequence']}", expected, found)
        expected_user = fold.user()
        if rules.same(user, expected_user):
            return
        want, have = expected_user or {}, user or {}
        differing = sorted(
            name for name in want.keys() | have.keys() if not rules.same(want.get(name), have.get(name))
        )
        code = "user_differs" if user and expected_user else "user_unexplained" if user else "user_missing"
        yield Violation(
            code, subject, f"Users USER#{user_id}", _some(want, differing), _some(have, differing)
        )

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
        """Check records, their receipts, and the records that they follow."""
        applied = [record for record in records if record.get("outcome") == "APPLIED"]
        rejected = [record for record in records if record.get("outcome") != "APPLIED"]
        items = self._tables.users(
            [f"CHANGE#{record.get('change_id')}" for record in records]
            + [f"USER#{record['user_id']}" for record in applied]
        )
        versions = self._tables.records(met_version(record) for record in rejected if record.get("version"))
        for record in records:
            subject = ("record", record["user_id"], record["sequence"])
            key = f"Ledger {record['user_id']} {record['sequence']}"
            receipt = items.get(f"CHANGE#{record.get('change_id')}")
            for code, expected, found in (
                *wrong_fields(record),
                *wrong_receipt(record, receipt),
                *wrong_links(record, items, versions),
            ):
                yield Violation(code, subject, key, expected, found)


def _place(receipt: Item) -> tuple[str, str]:
    # A forged receipt may lack them, and a key must not be empty.
    return str(receipt.get("user_id") or "?"), str(receipt.get("sequence") or "?")


def _some(item: Item, names: Sequence[str]) -> Item:
    return {name: item[name] for name in names if name in item}
