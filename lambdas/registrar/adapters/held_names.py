"""The names in the Users table: how a change moves them, and who holds one.

A name is held under its normal form. The first version had another one (``domain.names.earlier_form``), and
what it has taken stays held until its user releases it (docs/decisions/031). The few names whose forms differ
cost a read; all others cost nothing more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from registrar.adapters.dynamodb import batch_get, item_of
from registrar.adapters.items import Item, name_key, user_key
from registrar.domain.canonical import Json
from registrar.domain.decide import Applied
from registrar.domain.names import NAME_KINDS, earlier_form, earlier_forms, normal_form

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Name = tuple[str, str]
"""Kind and form, as in the key ``NAME#<kind>#<form>``."""

NOT_HELD: Final = "attribute_not_exists(pk)"


@dataclass(frozen=True)
class Renamed:
    """A name that a change spells anew, takes or releases.

    Attributes:
        kind: ``email`` or ``username``.
        before: as the user had it, None when it had none.
        after: as the user will have it, None when it will have none.
    """

    kind: str
    before: str | None
    after: str | None

    @property
    def wanted(self) -> Name | None:
        """The name to hold afterwards."""
        return None if self.after is None else (self.kind, normal_form(self.after))

    def may_hold(self) -> list[Name]:
        """Return the names under which the user may hold what it had, the normal form first."""
        if self.before is None:
            return []
        forms = dict.fromkeys((normal_form(self.before), earlier_form(self.before)))
        return [(self.kind, form) for form in forms]

    def equals(self) -> list[Name]:
        """Return the earlier forms under which others may hold an equal name."""
        return [(self.kind, form) for form in earlier_forms(self.after or "")]

    def has_earlier_forms(self) -> bool:
        """Return whether the table must be read to know which form is held."""
        return len(self.may_hold()) > 1 or bool(self.equals())


@dataclass(frozen=True)
class Moves:
    """The names that a change takes and releases.

    Attributes:
        taken: to take.
        released: to release.
        of_others: held by other users, equal to those to take.
    """

    taken: list[Name]
    released: list[Name]
    of_others: list[Name]


def _renamed(applied: Applied) -> list[Renamed]:
    before, after = applied.before.attributes if applied.before else {}, applied.after.attributes
    pairs = (Renamed(kind, _text(before.get(kind)), _text(after.get(kind))) for kind in NAME_KINDS)
    return [each for each in pairs if each.before != each.after]


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


class HeldNames:
    """The names in the Users table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def writes(self, applied: Applied) -> list[tuple[str, dict[str, Any]]]:
        """Return the writes of a change's names for its transaction, each with a label.

        ``take <kind>`` and ``refuse <kind> …`` fail when another holds the name, ``release …`` when this user
        does not hold it any more.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        moves, user_id = self._moves(applied), applied.after.user_id
        return [
            *((f"take {name[0]}", self._take(name, user_id)) for name in moves.taken),
            *((f"refuse {' '.join(name)}", self._refuse(name)) for name in moves.of_others),
            *((f"release {' '.join(name)}", self._release(name, user_id)) for name in moves.released),
        ]

    def of_others(self, applied: Applied) -> list[str]:
        """Return the kinds of the names that a change takes and another user holds, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        moves, user_id = self._moves(applied), applied.after.user_id
        taken = [name for name, holder in self._holders(moves.taken).items() if holder != user_id]
        return [kind for kind in NAME_KINDS if any(kind == name[0] for name in (*taken, *moves.of_others))]

    def _moves(self, applied: Applied) -> Moves:
        renamed = _renamed(applied)
        if any(each.has_earlier_forms() for each in renamed):
            return self._looked_up(renamed, applied.after.user_id)
        return Moves([*applied.taken.items()], [*applied.released.items()], [])

    def _looked_up(self, renamed: list[Renamed], user_id: str) -> Moves:
        """Decide the moves on the names as they are held."""
        holders = self._holders(name for each in renamed for name in (*each.may_hold(), *each.equals()))
        own = {name for name, holder in holders.items() if holder == user_id}
        taken: list[Name] = []
        released: list[Name] = []
        for each in renamed:
            held = [name for name in each.may_hold() if name in own]
            # If none is held, the user has changed since it was read, and the release's condition fails.
            released += [name for name in held or each.may_hold()[:1] if name != each.wanted]
            taken += [] if each.wanted is None or each.wanted in held else [each.wanted]
        kinds = {kind for kind, _ in taken}
        equals = [(name, each) for each in renamed if each.kind in kinds for name in each.equals()]
        return Moves(taken, released, self._of_others(equals, holders, user_id))

    def _of_others(
        self, equals: list[tuple[Name, Renamed]], holders: dict[Name, str], user_id: str
    ) -> list[Name]:
        """Return the earlier forms that others hold, and whose names are equal to those to take."""
        held = [(name, each) for name, each in equals if holders.get(name, user_id) != user_id]
        users = self._items(user_key(holders[name]) for name, _ in held)
        texts = {item["user_id"]["S"]: item for item in users}
        return [
            (kind, form)
            for (kind, form), each in held
            if kind in (item := texts.get(holders[kind, form], {}))
            and (kind, normal_form(item[kind]["S"])) == each.wanted
        ]

    def _holders(self, names: Iterable[Name]) -> dict[Name, str]:
        keys = {name_key(*name)["pk"]["S"]: name for name in names}
        items = self._items(name_key(*name) for name in keys.values())
        return {keys[item["pk"]["S"]]: str(item["user_id"]["S"]) for item in items}

    def _items(self, keys: Iterable[Item]) -> list[Item]:
        wanted = [*{key["pk"]["S"]: key for key in keys}.values()]
        return batch_get(self._client, self._table, wanted, ConsistentRead=True) if wanted else []

    def _take(self, name: Name, user_id: str) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": {**name_key(*name), **item_of({"user_id": user_id})},
                "ConditionExpression": NOT_HELD,
            }
        }

    def _refuse(self, name: Name) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": name_key(*name),
                "ConditionExpression": NOT_HELD,
            }
        }

    def _release(self, name: Name, user_id: str) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": name_key(*name),
                "ConditionExpression": "user_id = :owner",
                "ExpressionAttributeValues": item_of({":owner": user_id}),
            }
        }
