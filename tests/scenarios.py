"""One change of every kind there is: what happens before it, and the change itself."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A change on users that no other scenario knows.

    Attributes:
        before: what is sent first, without a fault.
        change: what is sent then.
        user_ids: everybody whom it touches.
    """

    before: list[Request]
    change: Request
    user_ids: list[str]


class Cast:
    """Two users with names of their own, and requests about them."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex[:12]
        self.ada, self.bob = f"ada-{self.mark}", f"bob-{self.mark}"

    def request(self, action: str, user_id: str, change_id: str = "", **fields: Any) -> Request:
        actor = {"id": "admin-7", "type": "user"}
        change_id = f"{change_id or uuid.uuid4().hex[:8]}-{self.mark}"
        return {"change_id": change_id, "action": action, "user_id": user_id, "actor": actor, **fields}

    def create(self, user_id: str, change_id: str = "", name: str = "", **fields: Any) -> Request:
        name = name or user_id
        names = {"username": name, "email": f"{name}@example.com"}
        return self.request("create", user_id, change_id, attributes=names, **fields)

    def rename(self, change_id: str = "", **fields: Any) -> Request:
        names = {"username": f"new-{self.mark}", "email": f"new-{self.mark}@example.com"}
        return self.request("update", self.ada, change_id, attributes=names, **fields)

    def update(self, change_id: str = "", **fields: Any) -> Request:
        return self.request("update", self.ada, change_id, attributes={"display_name": "Ada"}, **fields)

    def delete(self, change_id: str = "", **fields: Any) -> Request:
        return self.request("delete", self.ada, change_id, **fields)


def scenario_of(kind: str) -> Scenario:
    """Make a scenario of a kind, with users of its own."""
    cast = Cast()
    *before, change = KINDS[kind](cast)
    return Scenario(before, change, [cast.ada, cast.bob])


KINDS: dict[str, Callable[[Cast], list[Request]]] = {
    "create": lambda c: [c.create(c.ada)],
    "create that expects nobody": lambda c: [c.create(c.ada, expected_version=0)],
    "new life": lambda c: [c.create(c.ada), c.delete(), c.create(c.ada)],
    "update": lambda c: [c.create(c.ada), c.update()],
    "update that expects a version": lambda c: [c.create(c.ada), c.update(expected_version=1)],
    "rename": lambda c: [c.create(c.ada), c.rename()],
    "delete": lambda c: [c.create(c.ada), c.delete()],
    "replay of a create": lambda c: [c.create(c.ada, "same"), c.create(c.ada, "same")],
    "replay of an update": lambda c: [c.create(c.ada), c.update("same"), c.delete(), c.update("same")],
    "replay of a rejection": lambda c: [c.delete("same"), c.create(c.ada), c.delete("same")],
    "invalid": lambda c: [c.request("update", c.ada, attributes={"colour": "red", "username": ""})],
    "invalid without a user": lambda c: [c.request("create", "", attributes={})],
    "user exists": lambda c: [c.create(c.ada), c.create(c.ada, name=c.bob)],
    "user not found": lambda c: [c.update()],
    "stale version": lambda c: [c.create(c.ada), c.update(expected_version=7)],
    "name taken by a create": lambda c: [c.create(c.bob), c.create(c.ada, name=c.bob)],
    "name taken by an update": lambda c: [
        c.create(c.ada),
        c.create(c.bob, name=f"new-{c.mark}"),
        c.rename(),
    ],
    "id reused by a create": lambda c: [c.create(c.bob, "same"), c.create(c.ada, "same")],
    "id reused by an update": lambda c: [c.create(c.ada, "same"), c.update("same")],
}
