"""Retries, by a clock that goes on only when somebody sleeps or works."""

import math
from collections.abc import Callable

import pytest

from registrar.adapters import retry as module
from registrar.adapters.retry import Retry
from registrar.domain.errors import LedgerMismatch, TransientFault


class Clock:
    """The time that the module sees, and the pauses that it makes: each a share of the longest."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.share = 1.0
        self.slept: list[float] = []
        self.asked: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def jitter(self, longest: float) -> float:
        self.asked.append(longest)
        return self.share * longest


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module.system, "jitter", clock.jitter)
    return clock


class Work:
    """Work that fails so many times, and takes its time."""

    def __init__(self, clock: Clock, fails: float, seconds: float = 0) -> None:
        self.clock, self.fails, self.seconds = clock, fails, seconds
        self.began: list[float] = []

    def __call__(self) -> str:
        self.began.append(self.clock.now)
        self.clock.now += self.seconds
        if len(self.began) <= self.fails:
            raise TransientFault(f"fault {len(self.began)}")
        return "done"


def test_what_succeeds_at_once_is_called_once_and_nobody_sleeps(clock):
    work = Work(clock, fails=0)
    assert Retry(first=1, attempts=1).call(work) == "done"
    assert (len(work.began), clock.slept) == (1, [])


def test_pauses_double_up_to_the_longest_and_are_drawn_each_by_itself(clock):
    clock.share = 0.5
    assert Retry(first=1, longest=5, attempts=6).call(Work(clock, fails=5)) == "done"
    assert clock.asked == [1, 2, 4, 5, 5]
    assert clock.slept == [0.5, 1, 2, 2.5, 2.5]


@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_it_gives_up_after_its_attempts_without_a_pause_after_the_last(clock, attempts):
    work = Work(clock, fails=math.inf)
    with pytest.raises(TransientFault) as caught:
        Retry(first=0.02, attempts=attempts).call(work)
    assert (len(work.began), len(clock.slept)) == (attempts, attempts - 1)
    assert str(caught.value) == f"fault {attempts} after {attempts} attempts"
    assert isinstance(caught.value.__cause__, TransientFault)
    assert str(caught.value.__cause__) == f"fault {attempts}"


def test_without_a_number_of_attempts_it_goes_on_until_it_succeeds(clock):
    work = Work(clock, fails=2000)
    assert Retry(first=0.02).call(work) == "done"
    assert len(work.began) == 2001


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_no_call_begins_and_no_pause_ends_after_the_deadline(clock, share):
    clock.share = share
    work = Work(clock, fails=math.inf, seconds=0.7)
    with pytest.raises(TransientFault) as caught:
        Retry(first=1, deadline=1010).call(work)
    assert len(work.began) > 2
    assert max(work.began) <= 1010
    assert clock.now <= 1010 + work.seconds
    assert str(caught.value) == f"fault {len(work.began)} after {len(work.began)} attempts"


def test_a_pause_that_would_end_after_the_deadline_is_not_made(clock):
    work = Work(clock, fails=math.inf)
    with pytest.raises(TransientFault):
        Retry(first=4, deadline=1003).call(work)
    assert (len(work.began), clock.slept) == (1, [])


def test_a_call_may_begin_at_the_deadline(clock):
    assert Retry(first=1, deadline=1000).call(Work(clock, fails=0)) == "done"


def test_what_comes_after_the_deadline_is_never_tried(clock):
    work = Work(clock, fails=0)
    with pytest.raises(TransientFault, match="never tried") as caught:
        Retry(first=1, deadline=999).call(work)
    assert (work.began, caught.value.__cause__) == ([], None)


def test_a_pause_that_lasted_longer_than_it_should_leaves_no_call_after_the_deadline(clock, monkeypatch):
    def oversleep(seconds: float) -> None:
        clock.now += 60

    monkeypatch.setattr(clock, "sleep", oversleep)
    work = Work(clock, fails=math.inf)
    with pytest.raises(TransientFault, match=r"^fault 1 after 1 attempts$"):
        Retry(first=1, deadline=1010).call(work)
    assert len(work.began) == 1


@pytest.mark.parametrize("error", [LedgerMismatch, KeyError, KeyboardInterrupt])
def test_any_other_error_comes_through_at_once(clock, error: Callable[..., BaseException]):
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        raise error("…")

    with pytest.raises(error):
        Retry(first=1).call(work)
    assert (len(calls), clock.slept) == (1, [])


def test_one_retry_serves_many_calls(clock):
    retry = Retry(first=1, attempts=2)
    for _ in range(3):
        assert retry.call(Work(clock, fails=1)) == "done"
    assert clock.asked == [1, 1, 1]


def test_a_real_pause_is_between_nothing_and_the_longest(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    for _ in range(50):
        with pytest.raises(TransientFault):
            Retry(first=0.02, longest=0.05, attempts=4).call(Work(Clock(), fails=math.inf))
    for place, longest in enumerate((0.02, 0.04, 0.05)):
        assert all(0 <= pause <= longest for pause in slept[place::3])
        assert max(slept[place::3]) > longest / 2
    assert len(set(slept)) > 100
