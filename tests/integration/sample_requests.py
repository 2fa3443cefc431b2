"""Requests as people send them."""

import secrets
from typing import Any

from registrar.domain.decide import Applied, decide
from registrar.domain.request import identify
from registrar.domain.user import User

NOW = "2030-01-31T12:00:00.000000Z"


def request(action: str, user_id: str = "u-1", **fields: Any) -> dict[str, Any]:
    """Return a request; attributes are given by ``attributes``, an id by ``change_id``."""
    return {"action": action, "user_id": user_id, "actor": {"id": "admin-7", "type": "user"}, **fields}


def decided(before: User | None, change_id: str, action: str, user_id: str = "u-1", **fields: Any) -> Applied:
    """Return what a request's change makes of a user, sealed at ``NOW``.

    The salt is random, as it is in the steps.
    """
    change = identify(request(action, user_id, change_id=change_id, **fields), change_id).change
    assert change is not None
    return decide(change, before, NOW, secrets.token_hex(16))
