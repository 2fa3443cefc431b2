"""The first pass of a check: reads each table once, and finds which items must be checked one by one."""

import threading
from collections.abc import Sequence

from registrar_client.check import rules
from registrar_client.check.difference import Difference
from registrar_client.check.records import met_version, wrong_fields, wrong_links, wrong_receipt
from registrar_client.check.rules import Fold, Item
from registrar_client.check.tables import Tables


class FirstPass:
    """Compares users, names and receipts with what the ledger's records require.

    One scan is enough for most: an item adds itself to one side of a difference, and the item that requires
    it adds the same to the other. Only the receipt of a reused id and the version that a rejection met are
    looked up.

    Attributes:
        users: users, and what their applied records add up to.
        names: held names, and the users that hold them.
        receipts: receipts, and the records, by change_id.
    """

    def __init__(self, tables: Tables) -> None:
        self.users, self.names, self.receipts = Difference(), Difference(), Difference()
        self._tables = tables
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Return whether anything must be checked."""
        return any((self.users, self.names, self.receipts))

    def add_items(self, items: Sequence[Item]) -> None:
        """Add a page of the Users table."""
        users = [item for item in items if item["pk"].startswith("USER#")]
        held = [(item["pk"].partition("#")[2], forms) for item in users for forms in rules.held_names(item)]
        # For the few names with two forms, only the table shows which one is held.
        keys = [f"NAME#{form}" for _, forms in held if len(set(forms)) > 1 for form in forms]
        names = self._tables.users(keys) if keys else {}
        with self._lock:
            for item in items:
                self._add_item(item)
            for user_id, (normal, first) in held:
                form = first if normal != first and f"NAME#{normal}" not in names else normal
                self.names.subtract(form, {"pk": f"NAME#{form}", "user_id": user_id})

    def add_records(self, records: Sequence[Item], trail: "Trail") -> None:
        """Add a page of the ledger; ``trail`` has what came before it in its segment."""
        with self._lock:
            for record in records:
                self._add_record(record, trail)
        self._look_up(records)

    def end(self, trail: "Trail") -> None:
        """End a segment of the ledger."""
        with self._lock:
            self._end_of_trail(trail)

    def suspects_item(self, item: Item) -> bool:
        """Return whether an item of the Users table must be checked."""
        kind, _, name = item["pk"].partition("#")
        if kind == "USER":
            return name in self.users or any(
                form in self.names for forms in rules.held_names(item) for form in forms
            )
        if kind == "NAME":
            return name in self.names
        return kind != "CHANGE" or name in self.receipts

    def suspects_record(self, record: Item) -> bool:
        """Return whether a record must be checked."""
        return record["user_id"] in self.users or str(record.get("change_id")) in self.receipts

    def _add_item(self, item: Item) -> None:
        kind, _, name = item["pk"].partition("#")
        if kind == "USER":
            self.users.add(name, item)
        elif kind == "NAME":
            self.names.add(name, item)
        else:
            # A receipt, or an unknown kind, which no record cancels out.
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
        if any(wrong_fields(record)):
            self.users.mark(record["user_id"])

    def _end_of_trail(self, trail: "Trail") -> None:
        user = trail.fold.user()
        if user is not None:
            self.users.subtract(trail.user_id, user)

    def _look_up(self, records: Sequence[Item]) -> None:
        """Check the rejected records, which depend on other items."""
        reuses = [record for record in records if rules.is_reuse(record)]
        receipts = self._tables.users(f"CHANGE#{record.get('change_id')}" for record in reuses)
        rejected = [record for record in records if record.get("outcome") != "APPLIED"]
        versions = self._tables.records(met_version(record) for record in rejected if record.get("version"))
        wrong = [
            record["user_id"]
            for record in reuses
            if any(wrong_receipt(record, receipts.get(f"CHANGE#{record.get('change_id')}")))
        ]
        wrong += [record["user_id"] for record in rejected if any(wrong_links(record, {}, versions))]
        with self._lock:
            for user_id in wrong:
                self.users.mark(user_id)


class Trail:
    """The user whose records a segment of the ledger yields at the moment, ordered by sequence."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, user_id: str) -> None:
        """Start with another user."""
        self.user_id = user_id
        self.fold = Fold(user_id)
