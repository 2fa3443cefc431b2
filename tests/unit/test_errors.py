import json

from registrar.domain.errors import ChangeRejected, Problem

PROBLEMS = [
    Problem("name_taken", "/attributes/email", "another user holds this email"),
    Problem("x", "", "é"),
]


def test_a_rejection_survives_the_way_through_an_error_message():
    for rejected in (ChangeRejected(), ChangeRejected(PROBLEMS), ChangeRejected(PROBLEMS, 3, "ab" * 32)):
        again = ChangeRejected.from_message(str(rejected))
        assert (again.problems, again.version, again.head) == (
            rejected.problems,
            rejected.version,
            rejected.head,
        )


def test_its_text_is_json_that_other_programs_can_read():
    assert json.loads(str(ChangeRejected(PROBLEMS[:1], 3, "ab"))) == {
        "problems": [
            {"code": "name_taken", "path": "/attributes/email", "message": "another user holds this email"}
        ],
        "version": 3,
        "head": "ab",
    }
