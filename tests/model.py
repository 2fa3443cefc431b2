"""The plain sequential model: what changes come to, written from the contract, sharing no code with it."""

import json
import unicodedata
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Plain:
    """One user in the plain model: None for the attributes of one who is not there (any more)."""

    version: int = 0
    attributes: dict[str, Any] | None = None


@dataclass
class Model:
    """What the changes should come to, written from the contract."""

    users: dict[str, Plain] = field(default_factory=dict)

    def names(self) -> dict[tuple[str, str], str]:
        return {
            (kind, name_form(user.attributes[kind])): user_id
            for user_id, user in self.users.items()
            if user.attributes
            for kind in ("email", "username")
            if kind in user.attributes
        }

    def send(self, request: dict[str, Any]) -> set[str]:
        """Apply a request, or return the codes of its rejection."""
        user_id, action = request["user_id"], request["action"]
        user = self.users.get(user_id, Plain())
        codes = set()
        if (user.attributes is None) != (action == "create"):
            codes.add("user_exists" if action == "create" else "user_not_found")
        if request.get("expected_version") not in (None, user.version):
            codes.add("version_conflict")
        if codes:
            return codes
        after = None if action == "delete" else patched(user.attributes or {}, request["attributes"])
        if action == "create" and after is not None and "status" not in after:
            after["status"] = "active"
        before, self.users[user_id] = user, Plain(user.version + 1, after)
        if len(self.names()) < sum(
            len({"email", "username"} & set(u.attributes or ())) for u in self.users.values()
        ):
            self.users[user_id] = before
            return {"name_taken"}
        return set()


def name_form(name: str) -> str:
    """Unicode's compatibility caseless matching (D147), twice as it stands there, then composed."""
    for _ in range(3):
        name = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFKC", name)


def patched(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396 for the one shape there is: flat attributes, and tags one level down."""
    after = {name: value for name, value in {**before, **patch}.items() if value is not None}
    if patch.get("tags") is not None:
        merged = {**before.get("tags", {}), **patch["tags"]}
        after["tags"] = {name: value for name, value in merged.items() if value is not None}
    return after


@dataclass
class Answering(Model):
    """The model with its memory of change_ids: it answers as the state machine does."""

    receipts: dict[str, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)

    def answer(self, request: dict[str, Any]) -> tuple[Any, ...]:
        """Apply a request; return outcome, version and sorted codes."""
        content = json.dumps({k: v for k, v in request.items() if k != "change_id"}, sort_keys=True)
        if request["change_id"] in self.receipts:
            recorded, answer = self.receipts[request["change_id"]]
            return answer if recorded == content else ("REJECTED", None, ("change_id_reused",))
        codes = self.send(request)
        version = self.users.get(request["user_id"], Plain()).version or None
        answer = ("REJECTED" if codes else "APPLIED", version, tuple(sorted(codes)))
        self.receipts[request["change_id"]] = (content, answer)
        return answer

    def copy(self) -> "Answering":
        """Return a model that goes its own way; users are replaced and never altered."""
        return Answering(dict(self.users), dict(self.receipts))

    def key(self) -> str:
        """Return what tells two states of the model apart."""
        users = {user_id: (user.version, user.attributes) for user_id, user in self.users.items()}
        return json.dumps([users, self.receipts], sort_keys=True)
