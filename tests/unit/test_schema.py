"""The published JSON Schema and the command that writes it; its agreement with the model is a property."""

import json

import pytest
from jsonschema import Draft202012Validator

from docs import schema


def test_the_published_schema_is_the_models():
    assert json.loads(schema.FILE.read_text(encoding="utf-8")) == schema.generate()
    assert schema.main(["--check"]) == 0


def test_it_is_a_valid_schema_that_names_its_rules_and_no_address():
    written = schema.generate()
    Draft202012Validator.check_schema(written)
    assert written["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert "$id" not in written
    assert written["title"]
    assert all(rule in written["$comment"] for rule in schema.MODEL_ONLY)


@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_a_check_fails_until_the_schema_is_written_again(content, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(schema, "FILE", tmp_path / "change-request.schema.json")
    if content is not None:
        schema.FILE.write_text(content)
    assert schema.main(["--check"]) == 1
    assert "change-request.schema.json does not follow the model" in capsys.readouterr().err
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
