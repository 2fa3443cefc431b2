"""What a person sees of a check while it runs."""

from collections import Counter

import pytest

from registrar_client.check.checker import Checker, Phase
from registrar_client.command.check_report import CheckProgress, duration


class Tables:
    """A client that only describes tables."""

    def __init__(self, items: int | None) -> None:
        self.items = items

    def describe_table(self, TableName: str) -> dict:  # noqa: N803 - boto3's name
        return {"Table": {} if self.items is None else {"ItemCount": self.items}}


def checker_at(read: int, of: int | None) -> tuple[Checker, CheckProgress]:
    checker = Checker(Tables(of), "users", "ledger")
    progress = CheckProgress(checker)
    progress.text(0)
    checker.read, checker.counts = read, Counter(records=read)
    return checker, progress


def test_percent_and_time_left_follow_from_what_was_read_since_the_phase_began():
    _, progress = checker_at(50, of=100)  # in each of the two tables
    assert progress.text(30) == (
        "checking (25 %, about 90 s left): 0 users, 0 names, 0 receipts, 50 records"
    ).replace("90 s", duration(90))


@pytest.mark.parametrize(
    ("read", "of"), [(50, None), (50, 0), (50, 20), (0, 100)], ids=["unknown", "nothing", "outdated", "start"]
)
def test_without_an_item_count_no_time_left_is_shown(read, of):
    _, progress = checker_at(read, of)
    assert progress.text(30) == f"checking: 0 users, 0 names, 0 receipts, {read} records"


def test_each_phase_has_a_clock_of_its_own():
    checker, progress = checker_at(200, of=100)
    checker.phase, checker.read = Phase.LOCATING, 0
    assert progress.text(600) == "locating differences: 0 items of 200"
    checker.read = 100
    assert progress.text(610) == "locating differences (50 %, about 10 s left): 100 items of 200"
    checker.phase, checker.suspects = Phase.WAITING, 3
    assert progress.text(700).startswith("checking 3 again that may be in progress: ")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3570, "1 h 00 min"), (3900, "1 h 05 min")],
)
def test_a_time_left_is_no_more_exact_than_it_is_known(seconds, shown):
    assert duration(seconds) == shown
