"""The published contracts, and the command that writes them; whether they agree with models is a property."""

import importlib
import json
import re

import pytest
from jsonschema import Draft202012Validator

from tools import contracts, openapi, schema
from tools.generated import write_or_check


def test_the_published_contracts_follow_their_models():
    assert write_or_check(contracts.contracts(), ["--check"]) == 0


def test_the_request_s_schema_is_valid_and_names_its_rules_and_no_address():
    written = schema.change_request()
    Draft202012Validator.check_schema(written)
    assert written["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert "$id" not in written
    assert written["title"]
    Draft202012Validator.check_schema(schema.import_request())
    assert all(rule in written["$comment"] for rule in schema.MODEL_ONLY)


def test_the_event_s_schema_is_valid_and_holds_no_values_of_attributes():
    written = schema.user_changed()
    Draft202012Validator.check_schema(written)
    assert not {"username", "email", "display_name", "tags", "changes", "reason"} & set(written["properties"])


def test_the_openapi_document_has_the_routes_that_the_api_answers(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    routes = importlib.import_module("registrar.api.app").ROUTES
    answered = {(re.sub(r"<(\w+)>", r"{\1}", route.path), route.method.lower()) for route in routes}
    document = openapi.document()
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == answered


def test_the_openapi_document_leaves_the_actor_to_the_gateway():
    assert '"actor"' not in json.dumps(openapi.document()["components"]["schemas"]["ChangeRequest"])


@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_a_check_fails_until_the_contracts_are_written_again(content, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(contracts, "FOLDER", tmp_path)
    files = contracts.contracts()
    for file in files:
        if content is not None:
            file.write_text(content)
    assert write_or_check(files, ["--check"]) == 1
    said = capsys.readouterr().err
    assert all(f"{file.name} is out of date: run `make docs`" in said for file in files)
    assert write_or_check(files, []) == 0
    assert write_or_check(files, ["--check"]) == 0
