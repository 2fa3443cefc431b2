"""How a change is written over a store that answers as a script says: what is read, and when again."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from registrar.adapters import retry
from registrar.domain.change import Action, Change
from registrar.domain.decide import Applied, Cancelled, decide
from registrar.domain.errors import ChangeRejected, TransientFault
from registrar.domain.record import Record
from registrar.domain.reuse import REUSED
from registrar.domain.user import User
from registrar.services.write import RETRY, write

NOW, SALT = "2030-01-31T12:00:00.000000Z", "00" * 16
MOVED = Cancelled(receipt=None, user_moved=True, user=None, names_taken=[])


def change(action: str, change_id: str = "c-1", request_hash: str = "ab" * 32, **fields: Any) -> Change:
    fields = {"attributes": {}, "expected_version": None, "reason": None, **fields}
    actor = {"id": "admin-7", "type": "user"}
    return Change(change_id, Action(action), "u-1", actor=actor, request_hash=request_hash, **fields)


FIRST = decide(change("create", "c-0"), None, NOW, SALT)
SECOND = decide(change("update", "c-00"), FIRST.after, NOW, SALT)


@dataclass
class Script:
    """A store whose reads and commits are answered in turn; the last answer stands for all that follow.

    Attributes:
        commits: what each commit is answered; a fault is raised.
        users: what each read finds.
        receipt: what each read finds of the change.
        calls: what was asked, in order.
    """

    commits: list[Cancelled | TransientFault | None] = field(default_factory=lambda: [None])
    users: list[User | None] = field(default_factory=lambda: [None])
    receipt: Record | None = None
    calls: list[str] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)

    def read(self, user_id: str, change_id: str) -> tuple[User | None, Record | None]:
        assert (user_id, change_id) == ("u-1", "c-1")
        self.calls.append("read")
        return (self.users.pop(0) if len(self.users) > 1 else self.users[0]), self.receipt

    def commit(self, applied: Applied) -> Cancelled | None:
        self.calls.append("commit")
        self.applied.append(applied)
        answer = self.commits.pop(0) if len(self.commits) > 1 else self.commits[0]
        if isinstance(answer, TransientFault):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def slept(monkeypatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize("expected_version", [None, 0])
def test_a_create_that_expects_nobody_is_committed_without_a_read(expected_version):
    store = Script()
    written = write(change("create", expected_version=expected_version), store)
    assert store.calls == ["commit"]
    assert (written.record, written.replayed) == (store.applied[0].record, False)
    assert written.record.is_sealed()


@pytest.mark.parametrize("expected_version", [1, None])
@pytest.mark.parametrize("action", ["update", "delete"])
def test_any_other_change_is_decided_on_the_user_as_it_is_read(action, expected_version):
    store = Script(users=[FIRST.after])
    written = write(change(action, expected_version=expected_version), store)
    assert store.calls == ["read", "commit"]
    assert (written.record.version, written.record.previous_hash) == (2, FIRST.after.head)


def test_a_create_that_expects_a_tombstone_reads_it():
    store = Script(users=[FIRST.after])
    with pytest.raises(ChangeRejected):
        write(change("create", expected_version=1), store)
    assert store.calls == ["read"]


def test_a_change_whose_receipt_is_read_is_a_replay_and_commits_nothing():
    receipt = decide(change("update"), FIRST.after, NOW, SALT).record
    store = Script(users=[SECOND.after], receipt=receipt)
    written = write(change("update"), store)
    assert (written.record, written.replayed, store.calls) == (receipt, True, ["read"])


@pytest.mark.parametrize("user", [None, SECOND.after])
def test_a_receipt_that_the_commit_meets_comes_before_all_else_that_it_meets(user):
    receipt = decide(change("create"), None, NOW, SALT).record
    met = Cancelled(receipt, user_moved=True, user=user, names_taken=["email"])
    written = write(change("create"), Script(commits=[met]))
    assert (written.record, written.replayed) == (receipt, True)


@pytest.mark.parametrize("action", ["create", "update"])
def test_a_receipt_of_another_request_refuses_the_change(action):
    receipt = decide(change("create", request_hash="cd" * 32), None, NOW, SALT).record
    met = Cancelled(receipt, user_moved=False, user=None, names_taken=[])
    store = Script(commits=[met], receipt=receipt if action == "update" else None)
    with pytest.raises(ChangeRejected) as caught:
        write(change(action), store)
    assert caught.value.problems == (REUSED,)


def test_a_user_that_the_commit_was_refused_with_is_decided_on_without_a_read():
    tombstone = decide(change("delete", "c-2"), FIRST.after, NOW, SALT).after
    store = Script(commits=[Cancelled(None, user_moved=True, user=tombstone, names_taken=[]), None])
    written = write(change("create"), store)
    assert store.calls == ["commit", "commit"]
    assert (written.record.version, written.record.previous_hash) == (3, tombstone.head)


def test_a_user_that_moved_and_was_not_sent_is_read_again():
    store = Script(commits=[MOVED, None], users=[FIRST.after, SECOND.after])
    assert write(change("update"), store).record.version == 3
    assert store.calls == ["read", "commit", "read", "commit"]


def test_a_name_that_another_holds_refuses_the_change_with_what_was_seen():
    met = Cancelled(None, user_moved=False, user=None, names_taken=["email", "username"])
    with pytest.raises(ChangeRejected) as caught:
        write(change("update"), Script(commits=[met], users=[FIRST.after]))
    assert [problem.path for problem in caught.value.problems] == [
        "/attributes/email",
        "/attributes/username",
    ]
    assert (caught.value.version, caught.value.head) == (1, FIRST.after.head)


def test_each_attempt_is_sealed_anew_and_after_the_last_nobody_waits(slept):
    store = Script(commits=[Cancelled(None, user_moved=True, user=FIRST.after, names_taken=[])])
    store.users = [FIRST.after]
    with pytest.raises(TransientFault, match="another change of this user was faster after 6 attempts"):
        write(change("update"), store)
    assert store.calls == ["read", *["commit"] * 6]
    assert len({each.record.salt for each in store.applied}) == RETRY.attempts == 6
    assert len(slept) == 5
    assert all(0 <= pause <= 0.02 * 2**number for number, pause in enumerate(slept))


def test_a_fault_that_passes_is_met_by_the_same_decision_anew():
    store = Script(commits=[TransientFault("ThrottlingException"), None], users=[FIRST.after])
    assert write(change("update"), store).replayed is False
    assert store.calls == ["read", "commit", "commit"]


def test_a_first_read_that_fails_is_left_to_the_state_machine(monkeypatch, slept):
    store = Script()
    reads: list[str] = []

    def read(*key: str) -> None:
        reads.append("read")
        raise TransientFault("ReadTimeoutError")

    monkeypatch.setattr(store, "read", read)
    with pytest.raises(TransientFault, match="ReadTimeoutError"):
        write(change("update"), store)
    assert (reads, store.calls, slept) == (["read"], [], [])
