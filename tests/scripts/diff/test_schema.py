"""The JSON report is what its schema describes, field by field."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scripts.diff.model import report as data
from scripts.diff.model.report import Report, schema, to_json
from tests.scripts.diff import reports

SCHEMA = schema()
CLASSES = [found for found in vars(data).values() if dataclasses.is_dataclass(found) and isinstance(found, type)]


def test_schema_is_valid_and_describes_every_field() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    for found in CLASSES:
        described: dict[str, Any] = SCHEMA if found is Report else SCHEMA["$defs"][found.__name__]
        names = [field.name for field in dataclasses.fields(found)]
        assert [name for name in described["properties"] if name != "format"] == names
        assert all(described["properties"][name]["description"] for name in names), found


@pytest.mark.parametrize("made", [reports.empty(), reports.four_changes(), reports.repeated(), reports.nasty()])
def test_report_is_valid(made: Report) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(to_json(made)))


def test_unknown_field_is_refused() -> None:
    made = json.loads(to_json(reports.empty()))

    assert not Draft202012Validator(SCHEMA).is_valid({**made, "extra": 1})
    assert not Draft202012Validator(SCHEMA).is_valid({**made, "format": 1})
