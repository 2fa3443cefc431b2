"""The clock's form: of one length in every year, so that texts sort as moments do."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from registrar.adapters.system import now
from registrar.domain.times import in_utc, text_of

MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the zone is drawn
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - the zone is drawn
    timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
)


@given(MOMENTS, MOMENTS)
def test_texts_have_one_length_and_sort_as_moments_do(one, other):
    assert len(text_of(one)) == len(now()) == 27
    assert datetime.fromisoformat(text_of(one)) == one
    assert (text_of(one) < text_of(other)) == (one < other)


def test_a_year_has_four_digits():
    assert text_of(datetime(999, 1, 2, 3, 4, 5, tzinfo=UTC)) == "0999-01-02T03:04:05.000000Z"


def test_a_time_of_step_functions_is_written_as_records_write_theirs():
    assert in_utc("2030-01-31T13:00:00.123+01:00") == "2030-01-31T12:00:00.123000Z"
    assert in_utc("2030-01-31T12:00:00Z") == "2030-01-31T12:00:00.000000Z"
