"""Pages of users by status on both engines: in order, whole under writes, and no more work than the page."""

import random
from dataclasses import replace
from typing import Any

import pytest

from registrar.adapters.dynamodb import make_client
from registrar.adapters.items import LISTING_SHARDS, user_item
from registrar.adapters.listing import LAG_SECONDS, Listing, ListingPosition, complete_until
from registrar.domain.decide import Applied, decide
from registrar.domain.request import identify
from registrar.domain.user import User
from tests.integration.sample_requests import request
from tests.integration.tables import put_all


def user(number: int, second: int, status: str = "active") -> User:
    moment = f"2030-01-31T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000000Z"
    attributes = {"status": status, "username": f"name-{number}"}
    return User(f"u-{number}", 1, "0" * 64, False, attributes, moment, moment)


@pytest.fixture
def listing(engine, created_tables) -> Listing:
    return Listing(engine, created_tables.users)


def put_users(engine: Any, table: str, users: list[User]) -> None:
    put_all(engine, table, map(user_item, users))


def pages(listing: Listing, status: str, limit: int, after: ListingPosition | None = None) -> list[User]:
    found: list[User] = []
    while True:
        page, after = listing.page(status, after, limit)
        assert len(page) <= limit
        found += page
        if after is None:
            return found
        assert len(page) == limit


@pytest.mark.parametrize("limit", [1, 7, 8, 50])
def test_pages_hold_everybody_of_a_status_once_and_in_order(engine, created_tables, listing, limit):
    rng = random.Random(limit)
    # Few moments for many users: most share theirs with others, of their own shard too.
    active = [user(number, rng.randrange(12)) for number in range(60)]
    suspended = [user(100 + number, rng.randrange(12), "suspended") for number in range(9)]
    deleted = [replace(user(200 + number, 3), deleted=True, attributes={}) for number in range(5)]
    put_users(engine, created_tables.users, [*active, *suspended, *deleted])
    for status, everybody in (("active", active), ("suspended", suspended)):
        found = pages(listing, status, limit)
        assert [each.updated_at for each in found] == sorted(each.updated_at for each in everybody)
        assert sorted(found, key=lambda each: each.user_id) == sorted(
            everybody, key=lambda each: each.user_id
        )


def test_users_may_be_asked_for_from_a_moment_on(engine, created_tables, listing):
    everybody = [user(number, number) for number in range(20)]
    put_users(engine, created_tables.users, everybody)
    assert pages(listing, "active", 4, ListingPosition(everybody[7].updated_at)) == everybody[8:]


def test_whoever_was_there_before_is_listed_while_others_write(engine, created_tables, listing):
    rng = random.Random(7)
    everybody = {number: user(number, number // 3) for number in range(60)}
    put_users(engine, created_tables.users, list(everybody.values()))
    found: list[User] = []
    changed: set[str] = set()
    after, second = None, 1000
    while True:
        page, after = listing.page("active", after, 7)
        found += page
        if after is None:
            break
        if second < 1020:
            for number in rng.sample(sorted(everybody), 3):
                second += 1
                moved = user(number, second)
                changed.add(moved.user_id)
                put_users(engine, created_tables.users, [moved])
    times = [each.updated_at for each in found]
    assert times == sorted(times)
    seen = [each.user_id for each in found]
    assert set(seen) == {each.user_id for each in everybody.values()}
    assert [each for each in seen if seen.count(each) > 1 and each not in changed] == []


def test_a_late_commit_is_found_after_the_time_up_to_which_the_last_listing_was_whole(store, listing):
    def sealed(user_id: str, second: int) -> Applied:
        change = identify(request("create", user_id, attributes={}), user_id).change
        assert change is not None
        return decide(change, None, moment(second), "0" * 32)

    def found(after: str | None) -> list[str]:
        return [
            each.user_id for each in pages(listing, "active", 7, ListingPosition(after) if after else None)
        ]

    def moment(second: int) -> str:
        return f"2030-01-31T12:{second // 60:02d}:{second % 60:02d}.000000Z"

    early, late, newer = sealed("u-early", 0), sealed("u-late", 100), sealed("u-newer", 101)
    for each in (early, newer):
        assert store.commit(each) is None
    assert found(None) == ["u-early", "u-newer"]
    until = complete_until(moment(102))
    assert store.commit(late) is None
    # The newest that was seen is no place to go on from.
    assert found(newer.after.updated_at) == []
    assert found(until) == ["u-late", "u-newer"]


def test_a_commit_is_given_up_long_before_a_listing_says_that_it_is_whole(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config = make_client().meta.config
    sends = config.retries["total_max_attempts"]
    # In its mode `standard` botocore waits less than 1, 2, 4 … seconds before it sends again, and up to
    # 5 more when the service asks for it (botocore.retries.standard.ExponentialBackoff).
    pauses = sum(2**again + 5 for again in range(sends - 1))
    assert config.retries["mode"] == "standard"
    assert sends * (config.connect_timeout + config.read_timeout) + pauses == 14 <= LAG_SECONDS / 2


def test_the_work_for_a_page_does_not_grow_with_the_table(engine, created_tables, listing):
    read: list[int] = []

    def note(parsed, **_kwargs) -> None:
        read.append(parsed["ScannedCount"])

    work = []
    engine.meta.events.register("after-call.dynamodb.Query", note)
    try:
        for size, more in ((200, range(200)), (3000, range(200, 3000))):
            put_users(engine, created_tables.users, [user(number, number) for number in more])
            for after in (None, ListingPosition(user(0, size // 2).updated_at)):
                read.clear()
                page, _ = listing.page("active", after, 50)
                assert len(page) == 50
                work.append((len(read), sum(read)))
    finally:
        engine.meta.events.unregister("after-call.dynamodb.Query", note)
    for requests, items in work:
        assert requests <= 2 * LISTING_SHARDS
        assert items <= 2 * 50 + 2 * LISTING_SHARDS
