"""Write the JSON Schema of a request from its model: ``python docs/schema.py``; ``--check`` only compares."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from registrar.request import ChangeRequest

FILE: Final = Path(__file__).with_name("change-request.schema.json")

MODEL_ONLY: Final = (
    "Text has no control, invisible, private or unassigned characters and no lone surrogates.",
    "A username or e-mail address keeps its length limit in normal form (NFKC, case-folded), too.",
    "An integer is written without fraction and exponent: 3, not 3.0.",
)
"""The rules that JSON Schema cannot say, so that only the model knows them."""


class _Schema(GenerateJsonSchema):
    """Pydantic's schema without what says nothing: a title made from a field's name, a null as default."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - Pydantic's own types
        """Leave every field without a title."""
        return False

    def default_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - Pydantic's own types
        """Leave out defaults: a field that is not given is not changed."""
        return self.generate_inner(schema["schema"])


def generate() -> dict[str, Any]:
    """Return the schema of a change request, JSON Schema 2020-12."""
    schema = ChangeRequest.model_json_schema(schema_generator=_Schema)
    schema["title"] = "User change request"
    schema["$comment"] = " ".join(("Beyond this schema:", *MODEL_ONLY))
    return {"$schema": GenerateJsonSchema.schema_dialect, **dict(sorted(schema.items()))}


def main(arguments: list[str]) -> int:
    """Write the file, or with ``--check`` return 1 when it is not what would be written."""
    text = json.dumps(generate(), indent=2) + "\n"
    if arguments == ["--check"]:
        if FILE.is_file() and FILE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{FILE.name} does not follow the model: run python docs/schema.py", file=sys.stderr)  # noqa: T201
        return 1
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
