"""The JSON report is what its schema describes, field by field."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scripts.diff.model import report as data
from scripts.diff.model.report import Report, to_json
from tests.scripts.diff import reports

SCHEMA: dict[str, Any] = json.loads(Path(data.__file__).with_name("report.schema.json").read_text(encoding="utf-8"))
CLASSES = [found for found in vars(data).values() if dataclasses.is_dataclass(found) and isinstance(found, type)]


def described(kind: type) -> dict[str, Any]:
    """The schema of a class."""
    found: dict[str, Any] = SCHEMA if kind is Report else SCHEMA["$defs"][kind.__name__]
    return found


def bare(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without what it says for people, with what it refers to."""
    schema = {**schema, **SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]} if "$ref" in schema else schema
    return {key: value for key, value in schema.items() if key not in ("description", "$ref")}


def wanted(kind: Any) -> dict[str, Any]:
    """The schema that a type of a field asks for."""
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": wanted(typing.get_args(kind)[0])}
    if isinstance(kind, types.UnionType):
        assert typing.get_args(kind) == (str, types.NoneType)
        return {"type": ["string", "null"]}
    if dataclasses.is_dataclass(kind):
        return bare(described(typing.cast("type", kind)))
    if issubclass(kind, enum.Enum):
        return {"type": "string", "enum": [member.value for member in kind]}
    return {"type": {str: "string", bool: "boolean"}[kind]}


@pytest.mark.parametrize(
    "made",
    [reports.empty(), reports.four_changes(), reports.nasty(), reports.repeated()],
    ids=["empty", "four_changes", "nasty", "repeated"],
)
def test_a_report_is_as_the_schema_says(made: Report) -> None:
    Draft202012Validator.check_schema(SCHEMA)

    Draft202012Validator(SCHEMA).validate(json.loads(to_json(made)))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_schema_has_every_field_of_every_class_and_no_other(kind: type) -> None:
    schema = described(kind)
    hints = typing.get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind)]
    fields = ["format", *fields] if kind is Report else fields

    assert list(schema["properties"]) == schema["required"] == fields
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    for name in fields:
        found = bare(schema["properties"][name])
        if "items" in found:
            found["items"] = bare(found["items"])
        if name == "format":
            assert found == {"const": data.FORMAT}
        elif hints[name] is str and "enum" in found:
            assert (kind.__name__, name) in CHOICES
        else:
            assert found == wanted(hints[name]), name


CHOICES = [("ApiChange", "status"), ("Section", "kind"), ("OverlayChange", "kind"), ("OverlayChange", "status")]
"""Fields that are strings, of which only some are meant."""


@pytest.mark.parametrize(("kind", "field"), CHOICES)
def test_the_schema_has_the_values_that_the_docstring_has(kind: str, field: str) -> None:
    lines = (getattr(data, kind).__doc__ or "").splitlines()
    line = next(found for found in lines if found.strip().startswith(f"{field}:"))

    assert line.split("``")[1::2] == SCHEMA["$defs"][kind]["properties"][field]["enum"]


def test_every_field_and_every_value_is_described() -> None:
    def places(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield schema
        for inner in (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()):
            yield from places(inner)

    for found in places(SCHEMA):
        assert "$ref" in found or found["description"].endswith("."), found
        for value in found.get("enum", []):
            assert f"`{value}`: " in found["description"]


def test_the_same_report_always_gives_the_same_json() -> None:
    assert to_json(reports.four_changes()) == to_json(reports.four_changes())
    assert json.loads(to_json(reports.four_changes()))["apis"][0]["sections"][0]["rows"][0]["causes"] == ["overlay"]
