"""The JSON Schemas of requests and of the event, made from their models."""

from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from registrar.domain.events import UserChanged
from registrar.domain.request import ChangeRequest
from registrar.imports.domain.request import ImportRequest

MODEL_ONLY: Final = (
    "Text has no control, private or unassigned characters and no lone surrogates.",
    "Invisible characters stand only where letters and emoji need them, in usernames and addresses nowhere.",
    "A username or e-mail address keeps its form and its length limit in normal form, too.",
    "An integer is written without fraction and exponent: 3, not 3.0.",
)
"""The rules that JSON Schema cannot say, so that only the model knows them."""


class SchemaWithoutNoise(GenerateJsonSchema):
    """Pydantic's schema without what says nothing: a title made from a field's name, a null as default."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - Pydantic's own types
        """Leave every field without a title."""
        return False

    def default_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - Pydantic's own types
        """Leave out defaults: a field that is not given is not changed."""
        return self.generate_inner(schema["schema"])


def change_request() -> dict[str, Any]:
    """Return the schema of a change request, JSON Schema 2020-12."""
    schema = ChangeRequest.model_json_schema(schema_generator=SchemaWithoutNoise)
    schema["title"] = "User change request"
    schema["$comment"] = " ".join(("Beyond this schema:", *MODEL_ONLY))
    return {"$schema": GenerateJsonSchema.schema_dialect, **dict(sorted(schema.items()))}


def import_request() -> dict[str, Any]:
    """Return the schema of the input of an import's execution, JSON Schema 2020-12."""
    schema = ImportRequest.model_json_schema(schema_generator=SchemaWithoutNoise)
    schema["title"] = "Import request"
    return {"$schema": GenerateJsonSchema.schema_dialect, **dict(sorted(schema.items()))}


def user_changed() -> dict[str, Any]:
    """Return the schema of a ``UserChanged`` event's detail, JSON Schema 2020-12."""
    schema = TypeAdapter(UserChanged).json_schema(schema_generator=SchemaWithoutNoise)
    schema["additionalProperties"] = True
    schema["$comment"] = "A later version may add fields: ignore those that you do not know."
    return {"$schema": GenerateJsonSchema.schema_dialect, **dict(sorted(schema.items()))}
