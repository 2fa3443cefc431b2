"""A function's resources, from its environment variables."""

from dataclasses import asdict

from registrar.adapters.environment import Environment


def test_each_resource_has_a_variable_of_its_name():
    names = list(asdict(Environment()))
    variables = {name.upper(): f"the {name}" for name in names}
    assert asdict(Environment.read({**variables, "HOME": "/root"})) == {name: f"the {name}" for name in names}


def test_what_a_function_s_role_does_not_allow_is_empty_text():
    assert Environment.read({"USERS_TABLE": "Users"}) == Environment(users_table="Users")
    assert set(asdict(Environment.read({})).values()) == {""}


def test_it_reads_the_process_s_variables_as_they_are_when_it_is_called(monkeypatch):
    for value in ("one", "two"):
        monkeypatch.setenv("LEDGER_TABLE", value)
        assert Environment.read().ledger_table == value
