"""Pages of users by status, read from the index over its shards."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from registrar.adapters.dynamodb import item_of
from registrar.adapters.faults import transient_faults
from registrar.adapters.items import LISTING_SHARDS, user_of
from registrar.domain.times import text_of
from registrar.domain.user import User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


LAG_SECONDS: Final = 60
"""A listing is assumed to include every change sealed this long before it; AWS guarantees only a part.

A user's time is taken when its change is decided, and each try of a commit decides anew, so from there on:

- the commit is given up after 14 seconds: two sends, each with 1 to connect and 3 to be answered, and between
  them less than 1, or 5 more when DynamoDB asks for it (``adapters.dynamodb.make_client``);
- DynamoDB commits what it was sent, and puts it into the index. AWS promises no bound for either; usually
  both are done within a second. The other 46 seconds are for them, for clocks that differ, for the look-up of
  an address, for a process that has to wait for its processor and, for a name with an earlier form
  (``adapters.held_names``), for two look-ups before the commit, which are given up as a commit is.
"""


def complete_until(now: str) -> str:
    """Return the time up to which a listing that begins now is complete, ISO 8601 UTC as users have it.

    Every user whose newest change was sealed at or before it is listed, as far as ``LAG_SECONDS`` holds.
    Later ones may not be in the index yet: a client that polls asks for changes after this time, not after
    the newest user it has seen, and sees some users twice.
    """
    return text_of(datetime.fromisoformat(now) - timedelta(seconds=LAG_SECONDS))


@dataclass(frozen=True)
class ListingPosition:
    """A place in a listing.

    Attributes:
        updated_at: the time of the last user before it, ISO 8601 UTC as users have it.
        seen: ids of the users with exactly this time that earlier pages returned.
    """

    updated_at: str
    seen: tuple[str, ...] = ()


class Listing:
    """Live users of one status in the order of their newest change.

    A user that changes between two pages moves to the end, and may come twice. A change that was sealed in
    the last ``LAG_SECONDS`` may not be there yet, with later ones listed before it: ``complete_until``.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def page(
        self, status: str, after: ListingPosition | None, limit: int
    ) -> tuple[list[User], ListingPosition | None]:
        """Return the next users and the place behind them, None at the end.

        Queries each shard for its share of the page, and again those whose share is used up.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        share = -(-limit // LISTING_SHARDS) + 1
        queries = [self._query(f"{status}#{shard}", after, share) for shard in range(LISTING_SHARDS)]
        with ThreadPoolExecutor(LISTING_SHARDS) as at_once:
            first_pages = list(at_once.map(self._read, queries))
        shards = [self._users(query, page) for query, page in zip(queries, first_pages, strict=True)]
        users = (
            user
            for user in merge(*shards, key=lambda user: user.updated_at)
            if after is None or user.updated_at != after.updated_at or user.user_id not in after.seen
        )
        found = list(islice(users, limit + 1))
        if len(found) <= limit:
            return found, None
        found.pop()
        return found, _behind(found, after)

    def _query(self, listing: str, after: ListingPosition | None, share: int) -> dict[str, Any]:
        condition, values = "listing = :listing", {":listing": listing}
        if after is not None:
            # Users with exactly the final time of the last page may be on either page.
            condition += " AND updated_at >= :after" if after.seen else " AND updated_at > :after"
            values[":after"] = after.updated_at
        return {
            "TableName": self._table,
            "IndexName": "by_status",
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": item_of(values),
            "Limit": share,
        }

    def _read(self, query: dict[str, Any]) -> Any:  # noqa: ANN401 - boto3's own type
        with transient_faults():
            return self._client.query(**query)

    def _users(self, query: dict[str, Any], page: Any) -> Iterator[User]:  # noqa: ANN401 - boto3's own type
        while True:
            yield from filter(None, map(user_of, page["Items"]))
            if "LastEvaluatedKey" not in page:
                return
            page = self._read({**query, "ExclusiveStartKey": page["LastEvaluatedKey"]})


def _behind(users: list[User], before: ListingPosition | None) -> ListingPosition:
    last = users[-1].updated_at
    seen = [user.user_id for user in users if user.updated_at == last]
    if before is not None and before.updated_at == last:
        seen += before.seen
    return ListingPosition(last, tuple(seen))
