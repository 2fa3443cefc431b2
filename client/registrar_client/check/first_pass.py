"""The first pass of a check: each table is read once, and tells what must be looked at item by item."""

import threading
from collections.abc import Sequence

from registrar_client.check import rules
from registrar_client.check.difference import Difference
from registrar_client.check.records import met, wrong_in_itself, wrong_place, wrong_receipt
from registrar_client.check.rules import Fold, Item
from registrar_client.check.tables import Tables


class FirstPass:
    """Holds users, names and receipts against what the ledger's records come to.

    What cannot be told from both tables' items as they come (the receipt of a re-used id, the version that a
    rejection met) is looked up. Everything else costs one scan: an item is put on one side by itself, and on
    the other by what makes it necessary.

    Attributes:
        users: users against the folds of their applied records.
        names: held names against the users that hold them.
        receipts: receipts against records, by the change's id.
    """

    def __init__(self, tables: Tables) -> None:
        self.users, self.names, self.receipts = Difference(), Difference(), Difference()
        self._tables = tables
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Tell whether anything must be looked at."""
        return any((self.users, self.names, self.receipts))

    def add_items(self, items: Sequence[Item]) -> None:
        """Note a page of the Users table."""
        users = [item for item in items if item["pk"].startswith("USER#")]
        held = [(item["pk"].partition("#")[2], forms) for item in users for forms in rules.held_names(item)]
        # Hardly a name has two forms, and which of them is held only the table knows.
        keys = [f"NAME#{form}" for _, forms in held if len(set(forms)) > 1 for form in forms]
        names = self._tables.users(keys) if keys else {}
        with self._lock:
            for item in items:
                self._add_item(item)
            for user_id, (normal, first) in held:
                form = first if normal != first and f"NAME#{normal}" not in names else normal
                self.names.subtract(form, {"pk": f"NAME#{form}", "user_id": user_id})

    def add_records(self, records: Sequence[Item], trail: "Trail") -> None:
        """Note a page of the ledger; ``trail`` has what came before it in its segment."""
        with self._lock:
            for record in records:
                self._add_record(record, trail)
        self._look_up(records)

    def end(self, trail: "Trail") -> None:
        """Note that a segment of the ledger is read."""
        with self._lock:
            self._end_of_trail(trail)

    def suspects_item(self, item: Item) -> bool:
        """Tell whether an item of the Users table must be looked at."""
        kind, _, name = item["pk"].partition("#")
        if kind == "USER":
            return name in self.users or any(
                form in self.names for forms in rules.held_names(item) for form in forms
            )
        if kind == "NAME":
            return name in self.names
        return kind != "CHANGE" or name in self.receipts

    def suspects_record(self, record: Item) -> bool:
        """Tell whether a record must be looked at."""
        return record["user_id"] in self.users or str(record.get("change_id")) in self.receipts

    def _add_item(self, item: Item) -> None:
        kind, _, name = item["pk"].partition("#")
        if kind == "USER":
            self.users.add(name, item)
        elif kind == "NAME":
            self.names.add(name, item)
        else:
            # A receipt, or of no kind: no record makes up for that, nor for a receipt under another's id.
            self.receipts.add(name, item)

    def _add_record(self, record: Item, trail: "Trail") -> None:
        if trail.user_id != record["user_id"]:
            self._end_of_trail(trail)
            trail.begin(record["user_id"])
        if record["sequence"].startswith("v#") and trail.fold.add(record):
            self.users.mark(record["user_id"])
        if not rules.is_reuse(record):
            change_id = record.get("change_id")
            self.receipts.subtract(str(change_id), {"pk": f"CHANGE#{change_id}", **record})
        if any(wrong_in_itself(record)):
            self.users.mark(record["user_id"])

    def _end_of_trail(self, trail: "Trail") -> None:
        user = trail.fold.user()
        if user is not None:
            self.users.subtract(trail.user_id, user)

    def _look_up(self, records: Sequence[Item]) -> None:
        """Look at the rejected records that rest on items elsewhere."""
        reuses = [record for record in records if rules.is_reuse(record)]
        receipts = self._tables.users(f"CHANGE#{record.get('change_id')}" for record in reuses)
        rejected = [record for record in records if record.get("outcome") != "APPLIED"]
        versions = self._tables.records(met(record) for record in rejected if record.get("version"))
        wrong = [
            record["user_id"]
            for record in reuses
            if any(wrong_receipt(record, receipts.get(f"CHANGE#{record.get('change_id')}")))
        ]
        wrong += [record["user_id"] for record in rejected if any(wrong_place(record, {}, versions))]
        with self._lock:
            for user_id in wrong:
                self.users.mark(user_id)


class Trail:
    """The user whose records a segment of the ledger is giving, one after the other in order of sequence."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, user_id: str) -> None:
        """Begin with another user."""
        self.user_id = user_id
        self.fold = Fold(user_id)
