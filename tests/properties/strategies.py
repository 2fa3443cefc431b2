"""What the properties are tried on: any JSON, requests good and bad, and the trails that changes leave."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from registrar.adapters.items import receipt_item, user_item
from registrar.domain.decide import decide, name_taken
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import Record
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify
from registrar.domain.user import User
from registrar_client.check.tables import plain
from tests.memory_tables import MemoryTables

SALT = "{:032x}"
NOW = "2030-01-31T12:00:{:02d}.000000Z"

# Where the rules have their edges: white space, invisible and control characters, what NFKC makes longer.
EDGES = [
    "",
    " ",
    "a ",
    "\n",
    "a\n",
    "\u200b",
    "\x00",
    "\ue000",
    "é",
    "ﷺ" * 20,
    "a@b",
    "a@b@c",
    "A" * 300,
    "x" * 64,
    "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "a\u200d",
    "\u2764\ufe0f",
    "ada\ufe0f",
    "\u3164",
    "\u115f",
    "\uffa0",
    "\u2800",
    "\U000e0100",
    "a\uff20b@c",
    "\u01f0\u0323",
    "J\u0323\u030c",
    "\u0130",
    "ß",
    "a\u00a8",
]
WORDS = st.one_of(
    st.text(max_size=12), st.sampled_from(EDGES), st.from_regex(r"[a-z0-9@.]{1,9}", fullmatch=True)
)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 10**12, 10**12 - 1, 10**400, 3.0, 1e300]),
    st.floats(allow_nan=False),
)
FIELDS = st.sampled_from(
    [
        "change_id",
        "action",
        "user_id",
        "attributes",
        "expected_version",
        "actor",
        "reason",
        "email",
        "tags",
        "id",
        "session",
    ]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(FIELDS, WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)

# Few names in many guises, so that users meet each other's: normal forms ada, strasse, bob, and a j.
NAMES = st.sampled_from(
    ["ada", "ADA", "\uff41\uff44\uff41", "straße", "STRASSE", "bob", "\u01f0\u0323", "J\u0323\u030c"]
)
# What letters the forms of names have their edges in; without iota and sharp s, whose accents nobody stacks.
TEXT_IN_LETTERS = st.text(
    st.sampled_from(
        "aJj\u01f0Hh\u1e96İi\u0131ΰΪΐ\u03cbÅå\u212b\u0323\u0331\u030c\u0301\u0308\u030a\u0307\uff41각ﬁ"
    ),
    max_size=8,
)
EMAILS = NAMES.map(lambda name: f"{name}@example.com")
TAGS = st.dictionaries(
    st.sampled_from(["team", "a/b", "x"]), st.sampled_from([None, "", "blue", "two words"]), max_size=3
)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def attributes() -> st.SearchStrategy[dict[str, Any]]:
    """Return valid merge patches."""
    return optional(
        username=st.none() | NAMES,
        email=st.none() | EMAILS,
        display_name=st.sampled_from(
            [
                None,
                "Ada",
                "Ada Lovelace",
                "Д",
                "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
                "\u2764\ufe0f\u200dx",
            ]
        ),
        status=st.sampled_from(["active", "suspended"]),
        tags=st.none() | TAGS,
    )


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Return valid requests for one of two users; some expect a version."""
    action = draw(st.sampled_from(["create", "update", "update", "delete"]))
    request = {
        "action": action,
        "user_id": draw(st.sampled_from(["u-1", "u-2"])),
        "actor": draw(
            st.sampled_from(
                [
                    {"id": "admin-7", "type": "user"},
                    {"id": "sync@hr", "type": "service", "session": None},
                    {"id": "arn:aws:sts::123456789012:assumed-role/Admin", "type": "iam", "session": "ada@x"},
                ]
            )
        ),
        **draw(
            optional(
                change_id=st.from_regex(r"[A-Za-z0-9_.-]{1,80}", fullmatch=True),
                reason=st.sampled_from(["ticket 4711", "gone", None]),
                expected_version=st.none() | st.integers(0, 4),
            )
        ),
    }
    if action != "delete":
        request["attributes"] = draw(attributes())
    return request


@st.composite
def mutated_requests(draw: st.DrawFn) -> Any:
    """Return valid requests in which up to three places were replaced, removed or added to."""
    request = json.loads(json.dumps(draw(requests())))
    for _ in range(draw(st.integers(0, 3))):
        place, name = draw(st.sampled_from(list(places(request))))
        kind = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if kind == "remove":
            del place[name]
        elif kind == "replace":
            place[name] = draw(st.one_of(JSON, WORDS, NUMBERS))
        elif isinstance(place, dict):
            place[draw(st.one_of(FIELDS, WORDS))] = draw(JSON)
        if not request:
            break
    return request


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every (container, key) in a JSON value."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield value, name
            yield from places(inner)


@dataclass
class Tables:
    """The two tables as plain dicts: what the adapters do with a decision, done by hand."""

    users: dict[str, User] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    ledger: list[Record] = field(default_factory=list)

    def send(self, request: dict[str, Any]) -> Record:
        """Decide a valid request, commit what comes of it and return its record."""
        number = len(self.ledger)
        identified = identify(request, f"execution-{number}")
        assert identified.change is not None
        user = self.users.get(identified.change.user_id)
        try:
            applied = decide(identified.change, user, NOW.format(number), SALT.format(number))
            taken = [kind for kind, name in applied.taken.items() if (kind, name) in self.names]
            if taken:
                raise name_taken(taken, user)
        except ChangeRejected as rejected:
            record = seal_rejection(identified, rejected, NOW.format(number), SALT.format(number))
        else:
            record = applied.record
            self.users[applied.after.user_id] = applied.after
            for kind, name in applied.released.items():
                assert self.names.pop((kind, name)) == applied.after.user_id
            self.names |= dict.fromkeys(applied.taken.items(), applied.after.user_id)
        self.ledger.append(record)
        return record

    def trail(self, user_id: str) -> list[Record]:
        """Return one user's records."""
        return [record for record in self.ledger if record.user_id == user_id]

    def stored(self) -> MemoryTables:
        """Return the tables as DynamoDB holds them."""
        receipts = [plain(receipt_item(record)) for record in self.ledger]
        names = [
            {"pk": f"NAME#{kind}#{form}", "user_id": user_id} for (kind, form), user_id in self.names.items()
        ]
        users = [plain(user_item(user)) for user in self.users.values()]
        # Each item by itself, so that it can be altered alone.
        records = [json.loads(json.dumps(record.as_json())) for record in self.ledger]
        return MemoryTables([*users, *names, *receipts], records)


STEPS = [
    *(("create", patch) for patch in ({}, {"username": "ada"}, {"username": "STRASSE", "email": "ADA@x"})),
    *(("create", {"username": None, "tags": tags}) for tags in (None, {}, {"team": "blue", "a/b": None})),
    *(("update", {"username": name}) for name in ("ada", "ADA", "\uff41\uff44\uff41", "straße", "bob", None)),
    *(("update", {"username": name}) for name in ("\u01f0\u0323", "J\u0323\u030c")),
    *(("update", {"email": name}) for name in ("ada@x", "Ada@X", "bob@x", None)),
    *(("update", {"tags": tags}) for tags in (None, {}, {"team": None}, {"team": "red", "a/b": ""})),
    *(("update", {"status": status, "display_name": "Ada"}) for status in ("active", "suspended")),
    ("update", {}),
    ("update", {"display_name": None, "username": "bob", "email": "bob@x", "tags": {"team": None, "x": "y"}}),
    *[("delete", None)] * 4,
]
"""Changes that meet each other, drawn at one stroke: free requests take long to draw and seldom collide."""


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    """Return a step of a history: a valid request that sometimes expects a version."""
    action, patch = draw(st.sampled_from(STEPS))
    expected_version, reason = draw(
        st.sampled_from([(None, None)] * 4 + [(version, "ticket 4711") for version in (None, 0, 1, 2, 3)])
    )
    request = {
        "action": action,
        "user_id": draw(st.sampled_from(["u-1", "u-2"])),
        "attributes": patch,
        "expected_version": expected_version,
        "actor": {"id": "admin-7", "type": "user"},
        "reason": reason,
    }
    return {name: value for name, value in request.items() if value is not None}


HISTORIES = st.lists(steps(), min_size=1, max_size=20)
