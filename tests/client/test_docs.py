"""The guide to version 2 of the Convert API covers all of version 1, as the effective spec has it."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from scripts.specs.project import ROOT
from tests.client.apis import Operation, api

GUIDE = (ROOT / "docs" / "migrate-convert-v2.md").read_text(encoding="utf-8")
TABLES = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in GUIDE.splitlines() if line.startswith("|")]
ROWS = [[cell.strip() for cell in row] for row in TABLES]
CONVERT = api("convert-v1")
OPERATIONS = list(CONVERT.operations())
SURE = {"sure", "likely", "open"}
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", GUIDE, re.MULTILINE | re.DOTALL))
SECTION_OF = {
    "Projects": ["ListPaging", "Project", "ReportingSettings"],
    "Experiences": ["ExperienceListRequest", "Experience", "ExperienceVariation", "Variation", "SiteArea", "EntityRef"],
    "Goals": ["GoalListRequest", "Goal", "DomInteraction"],
    "Hypotheses": ["HypothesisListRequest", "Hypothesis", "HypothesisWrite", "HypothesisStatusUpdate", "TagObject"],
    "Audiences": ["AudienceListRequest", "Audience"],
    "Reports": ["ReportRange"],
}
IN_PROSE = {
    "Hypotheses": ["PIE_Attributes", "ICE_Attributes"],
    "Rules": ["RuleObject", "RuleOrBlock", "RuleAndBlock", "RuleElement", "RuleMatching"],
}
OUR_OWN = {"ErrorBody"}  # an overlay's, after version 2


def fields(sections: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    """Section, schema and name of each field."""
    schemas = CONVERT.document["components"]["schemas"]
    return [
        (section, schema, field)
        for section in sections
        for schema in sections[section]
        for field in schemas[schema]["properties"]
    ]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_has_a_row_of_its_own(operation: Operation) -> None:
    name = operation.spec["operationId"]
    rows = [row for row in ROWS if row[0] == f"`{name}`"]
    assert len(rows) == 1, f"{name} has {len(rows)} rows"

    _, route, python, grade, successor, sure, _ = rows[0]
    method = f"{operation.spec['x-sdk-group']}.{operation.spec['x-sdk-method']}"
    assert route == f"`{operation.method.upper()} {operation.route}`"
    assert python == f"`{method}`"
    assert grade == operation.spec["x-evidence"]["route"]
    assert re.search(r"`(GET|POST|PUT|DELETE) [AP][/`]", successor)
    assert sure in SURE


def test_no_row_is_of_an_operation_that_is_gone() -> None:
    named = [row[0].strip("`") for row in ROWS if len(row) == 7 and row[0].startswith("`")]
    assert sorted(named) == sorted(operation.spec["operationId"] for operation in OPERATIONS)


def test_every_table_has_rows_of_the_same_length() -> None:
    blocks = re.findall(r"(?:^\|.*\n)+", GUIDE, re.MULTILINE)
    assert len(blocks) > 10
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block


def test_every_schema_with_fields_has_a_section() -> None:
    schemas = CONVERT.document["components"]["schemas"]
    covered = {schema for _, schema, _ in fields(SECTION_OF) + fields(IN_PROSE)}
    assert {name for name, schema in schemas.items() if "properties" in schema} == covered | OUR_OWN


@pytest.mark.parametrize(("section", "schema", "field"), fields(SECTION_OF))
def test_every_field_is_in_the_first_column_of_its_section(section: str, schema: str, field: str) -> None:
    first_cells = [line.split("|")[1] for line in SECTIONS[section].splitlines() if line.startswith("|")]
    assert any(f"`{field}`" in cell for cell in first_cells), f"{schema}.{field}"


@pytest.mark.parametrize(("section", "schema", "field"), fields(IN_PROSE))
def test_every_field_of_attributes_and_rules_is_in_its_section(section: str, schema: str, field: str) -> None:
    assert f"`{field}`" in SECTIONS[section], f"{schema}.{field}"


@pytest.mark.parametrize(
    ("schema", "wire", "python"),
    [
        (schema, wire, python)
        for schema, definition in CONVERT.document["components"]["schemas"].items()
        for wire, python in definition.get("x-sdk-names", {}).items()
    ],
)
def test_names_that_differ_in_python_are_given(schema: str, wire: str, python: str) -> None:
    rows = [row for row in ROWS if f"`{wire}`" in row[0]]
    assert any(f"`{python}`" in row[0] for row in rows), f"{schema}.{wire}"


def test_the_example_reads_every_page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"].startswith("Convert-HMAC-SHA256 Signature=")
        assert request.url.path == "/api/v2/accounts/1001/projects/10010/goals"
        asked.append(json.loads(request.content))
        page = asked[-1]["page"]
        pagination = {"current_page": page, "pages_count": 3}
        return httpx.Response(200, json={"data": [{"id": page, "name": "a"}], "extra": {"pagination": pagination}})

    client = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **options: client(transport=httpx.MockTransport(answer), **options))
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    exec(compile(example, "migrate-convert-v2.md", "exec"), {"__name__": "guide"})  # noqa: S102

    assert asked == [{"page": page, "results_per_page": 50} for page in (1, 2, 3)]
    assert capsys.readouterr().out == "1 a\n2 a\n3 a\n"
