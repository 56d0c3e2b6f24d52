"""Small changes of a spec and its overlays, over real generation: what a report says of each of them.

``changes.yaml`` has what is expected of each: the part of the version that has to rise (after 1.0), the rows with their
severity, layer, check and causes, and what became of overlays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scripts.diff.__main__ import diff
from scripts.diff.assembly import verdict
from scripts.diff.model.report import ApiChange, Report, Row, to_json
from scripts.diff.render import html, markdown
from scripts.specs import documents
from scripts.specs.project import ROOT
from tests.scripts.diff.cases import CHANGES, Files
from tests.scripts.diff.repositories import repository

EXPECTED: dict[str, Any] = documents.load(Path(__file__).with_name("changes.yaml"), keep_comments=False)

pytestmark = pytest.mark.usefixtures("oasdiff")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """All changes at once: a shop for each, in one project."""
    made = repository(tmp_path_factory.mktemp("changes") / "repo", {shop(change): Files() for change in CHANGES})
    for name, change in CHANGES.items():
        files = Files()
        change(files)
        made.write_shop(shop(name), files)
    made.generate()
    made.commit()
    return diff(made.root, "HEAD^", "HEAD")


def shop(change: str) -> str:
    """The name of the API in which a change is made."""
    return re.sub(r"[^a-z]+", "-", change.lower())


def told(row: Row) -> str:
    """A row as ``changes.yaml`` has it."""
    values = f" ({row.before} -> {row.after})" if (row.before, row.after) != (None, None) else ""
    hint = f", {row.hint}" if row.hint and row.layer == "python" else ""
    causes = ", ".join(row.causes)
    return f"{row.severity} {row.layer} {row.check}: {row.subject}: {row.text}{values}{hint} [{causes}]"


def lines(api: ApiChange) -> Iterator[str]:
    """The rows and overlays of an API as ``changes.yaml`` has them."""
    for section in api.sections:
        for row in section.rows:
            yield told(row)
    for overlay in api.overlays:
        yield f"overlay {overlay.status}: {overlay.file.rpartition('/')[2]}: {overlay.text}"


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_as_it_is(report: Report, change: str) -> None:
    (api,) = [found for found in report.apis if found.name == shop(change)]
    expected = EXPECTED[change]

    assert list(lines(api)) == expected["told"]
    assert verdict.judge(list(api.rows()), released="1.2.3", actual=None).bump == expected["bump"]
    assert api.status == ("changed" if api.sections else "unchanged")


def test_the_report_can_be_shown_in_every_form(report: Report) -> None:
    schema = json.loads((ROOT / "scripts" / "diff" / "model" / "report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(to_json(report)))

    assert len(markdown.render(report)) <= markdown.LIMIT
    page = html.render(report)
    assert all(api.name in page for api in report.apis if api.sections)


def test_the_table_has_all_changes() -> None:
    assert list(EXPECTED) == list(CHANGES)
    assert len(CHANGES) >= 60


def test_every_break_of_the_python_surface_has_a_note_with_code(report: Report) -> None:
    """What mypy refuses loses its code, on either side; see the tests of the type check."""
    breaks = [row for row in report.rows() if row.severity == "breaking" and row.layer == "python"]
    notes = [note for note in report.migration if any(note.title == f"`{row.subject}` {row.text}" for row in breaks)]

    assert len(notes) == len(breaks) > 40
    assert [note.title for note in notes if note.before is None] == []
    assert [note.title for note in notes if note.after is None and "drop what needs it" not in note.text] == []
