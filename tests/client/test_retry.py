"""The pauses between attempts: exponential backoff with full jitter."""

from hypothesis import given
from hypothesis import strategies as st

from registrar_client.retry import Retry


@given(attempt=st.integers(1, 7), at_least=st.floats(0, 100))
def test_a_pause_grows_with_each_attempt_up_to_its_limit(attempt: int, at_least: float):
    pause = Retry(attempts=8, first_seconds=0.05, max_seconds=2).pause(attempt, at_least)
    assert pause is not None
    assert min(at_least, 2) <= pause <= min(at_least, 2) + min(0.05 * 2 ** (attempt - 1), 2)


def test_after_the_last_attempt_there_is_no_pause():
    assert Retry(attempts=1, first_seconds=1, max_seconds=1).pause(1) is None
