import pytest

from registrar.domain.change import Action, Change
from registrar.domain.errors import ChangeRejected
from registrar.domain.reuse import REUSED, check_receipt

CHANGE = Change("c-1", Action.DELETE, "u-1", {}, None, {"id": "a", "type": "user"}, None, "ab" * 32)


@pytest.mark.parametrize("outcome", ["APPLIED", "REJECTED"])
def test_the_same_request_gets_the_recorded_decision_whatever_it_was(outcome):
    receipt = {"request_hash": "ab" * 32, "outcome": outcome}
    assert check_receipt(receipt, CHANGE) is receipt


def test_another_request_under_the_same_id_is_refused_and_says_nothing_of_either():
    with pytest.raises(ChangeRejected) as caught:
        check_receipt({"request_hash": "cd" * 32, "outcome": "APPLIED", "version": 7}, CHANGE)
    assert caught.value.problems == (REUSED,)
    assert (REUSED.code, REUSED.path) == ("change_id_reused", "/change_id")
    assert (caught.value.version, caught.value.head) == (None, None)
