"""Small changes of a spec and its overlays, over real generation: what a reviewer is told of each of them.

``changes.yaml`` has what is expected of each, judged by people: the headline, the part of the version that has to rise
(after 1.0), the changes with their meaning on the wire and in Python, and the overlays.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scripts.diff.__main__ import diff
from scripts.diff.assembly import verdict
from scripts.diff.model.report import Bump, Report, Severity, schema, to_json
from scripts.diff.render import html, markdown
from scripts.specs import documents
from tests.scripts.diff.cases import CHANGES, Files
from tests.scripts.diff.repositories import repository

EXPECTED: dict[str, Any] = documents.load(Path(__file__).with_name("changes.yaml"), keep_comments=False)
IN_ONE_PLACE, EVERYWHERE = 2_000, 6_000
"""Characters that a report on one change may have."""

pytestmark = [pytest.mark.usefixtures("oasdiff"), pytest.mark.xdist_group("changes")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Report:
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


def only(whole: Report, change: str) -> Report:
    """The report as if nothing else had changed, after 1.2.3."""
    changes = tuple(found for found in whole.changes if found.api == shop(change))
    titles = "|".join(re.escape(f"`{one.subject}` {one.text}") for one in changes) or "none"
    return dataclasses.replace(
        whole,
        apis=tuple(api for api in whole.apis if api.name == shop(change)),
        changes=changes,
        verdict=verdict.judge(changes, released="1.2.3", actual="1.2.3"),
        migration=tuple(
            note for note in whole.migration if re.fullmatch(rf"(?:{titles})(?:, and \d+ more like it)?", note.title)
        ),
        changelog="",
        notes=(),
    )


def lines(report: Report) -> Iterator[str]:
    """The changes and overlays of a report as ``changes.yaml`` has them."""
    for change in report.changes:
        subjects = ", ".join(place.subject for place in change.places)
        yield f"{change.wire or '-'}/{change.python or '-'} {subjects}: {change.text} [{', '.join(change.causes)}]"
    for api in report.apis:
        for overlay in api.overlays:
            yield f"overlay {overlay.status}: {overlay.file.rpartition('/')[2]}: {overlay.text}"


@pytest.mark.parametrize("change", CHANGES)
def test_reviewer_is_told_what_happened(whole: Report, change: str) -> None:
    report = only(whole, change)
    expected = EXPECTED[change]

    assert list(lines(report)) == expected["told"]
    assert (report.verdict.bump, report.verdict.headline) == (expected["bump"], expected["headline"])
    assert report.apis[0].status == ("changed" if report.changes else "unchanged")


@pytest.mark.parametrize("change", CHANGES)
def test_report_on_one_change_is_short_and_leads_to_the_spec(whole: Report, change: str) -> None:
    report = only(whole, change)
    is_everywhere = any(len(found.places) > 3 for found in report.changes)

    text = markdown.render(report)
    assert len(text) <= (EVERYWHERE if is_everywhere or len(report.changes) > 2 else IN_ONE_PLACE)
    for found in report.changes:
        assert found.places[0].source is not None
        assert str(found.places[0].source) in text


def test_headline_verdict_and_changes_agree(whole: Report) -> None:
    for change in CHANGES:
        report = only(whole, change)
        breaks = any(found.python is Severity.BREAKING for found in report.changes)
        assert (report.verdict.headline == "breaks users") is breaks
        assert (report.verdict.bump is Bump.MAJOR) is breaks
        is_harmless = bool(report.changes) and all(found.severity is Severity.INFO for found in report.changes)
        assert ("breaks nobody" in report.verdict.headline) is is_harmless


def test_table_has_all_changes() -> None:
    assert list(EXPECTED) == list(CHANGES)
    assert len(CHANGES) >= 120


def test_report_can_be_shown_in_every_form(whole: Report) -> None:
    Draft202012Validator(schema()).validate(json.loads(to_json(whole)))

    assert len(markdown.render(whole)) <= markdown.LIMIT
    page = html.render(whole)
    assert all(change.subject in page for change in whole.changes)


def test_only_breaks_have_notes_and_their_code_differs(whole: Report) -> None:
    for note in whole.migration:
        assert note.before != note.after or note.before is None
    for change in CHANGES:
        report = only(whole, change)
        assert bool(report.migration) is any(found.python is Severity.BREAKING for found in report.changes), change


def test_nullable_field_shows_the_check_for_none(whole: Report) -> None:
    (note,) = only(whole, "field of answers now nullable").migration

    assert note.before == "print(owner.mail)\n"
    assert note.after == "if owner.mail is not None:\n    print(owner.mail)\n"


def test_most_notes_have_code(whole: Report) -> None:
    with_code = [note for note in whole.migration if note.before]
    assert len(with_code) >= 0.8 * len(whole.migration)
