from typing import Any

import pytest

from registrar.domain.change import Action, Change, Outcome
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import GENESIS, Record
from registrar.domain.reuse import REUSED, check_receipt

CHANGE = Change("c-1", Action.DELETE, "u-1", {}, None, {"id": "a", "type": "user"}, None, "ab" * 32)


def receipt(outcome: str, **fields: Any) -> Record:
    return Record("u-1", "r#c-1", "c-1", Outcome(outcome), recorded_at="", previous_hash=GENESIS, **fields)


@pytest.mark.parametrize("outcome", ["APPLIED", "REJECTED"])
def test_the_same_request_gets_the_recorded_decision_whatever_it_was(outcome):
    same = receipt(outcome, request_hash="ab" * 32)
    assert check_receipt(same, CHANGE) is same


def test_another_request_under_the_same_id_is_refused_and_says_nothing_of_either():
    with pytest.raises(ChangeRejected) as caught:
        check_receipt(receipt("APPLIED", request_hash="cd" * 32, version=7), CHANGE)
    assert caught.value.problems == (REUSED,)
    assert (REUSED.code, REUSED.path) == ("change_id_reused", "/change_id")
    assert (caught.value.version, caught.value.head) == (None, None)


def test_a_receipt_whose_request_hash_was_erased_is_nobody_s_request():
    with pytest.raises(ChangeRejected):
        check_receipt(receipt("APPLIED", request_hash=None), CHANGE)
