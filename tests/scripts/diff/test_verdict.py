"""Which version number announces a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.diff.assembly.verdict import judge, last_release, version_of
from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Bump, Change, Severity
from tests.scripts.diff.reports import change

BREAK = change()
WIRE = change(wire=Severity.BREAKING, python=None)
WARNING = change(text="has another default", python=Severity.WARNING)
ADDITION = change(text="was added", python=Severity.INFO, bump=Bump.MINOR)
OTHER = change(text="is deprecated now", wire=Severity.INFO, python=None)
LOOK = change(text="code changed, not judged", python=Severity.UNJUDGED)


@pytest.mark.parametrize(
    ("rows", "released", "bump", "required"),
    [
        ([], "0.1.0", Bump.NONE, "0.1.0"),
        ([OTHER], "0.1.0", Bump.PATCH, "0.1.1"),
        ([ADDITION], "0.1.0", Bump.PATCH, "0.1.1"),
        ([WARNING], "0.1.0", Bump.PATCH, "0.1.1"),
        ([ADDITION, BREAK, WARNING], "0.1.7", Bump.MINOR, "0.2.0"),
        ([], "1.2.3", Bump.NONE, "1.2.3"),
        ([OTHER], "1.2.3", Bump.PATCH, "1.2.4"),
        ([WARNING], "1.2.3", Bump.PATCH, "1.2.4"),
        ([OTHER, ADDITION], "1.2.3", Bump.MINOR, "1.3.0"),
        ([ADDITION, BREAK], "1.2.3", Bump.MAJOR, "2.0.0"),
        ([BREAK], "1.2", Bump.MAJOR, "2.0.0"),
        ([WIRE], "1.2.3", Bump.PATCH, "1.2.4"),
        ([LOOK], "1.2.3", Bump.PATCH, "1.2.4"),
        ([OTHER], "1.2", Bump.PATCH, "1.2.1"),
    ],
)
def test_the_version_rises_by_what_changes(rows: list[Change], released: str, bump: Bump, required: str) -> None:
    verdict = judge(rows, released=released, actual=released)

    assert (verdict.bump, verdict.required, verdict.released) == (bump, required, released)
    assert verdict.announced is (bump is Bump.NONE)


@pytest.mark.parametrize(
    ("actual", "announced"),
    [("0.1.0", False), ("0.1.9", False), ("0.2.0", True), ("0.2.0.dev1", True), ("0.3.0", True), ("1.0.0", True)],
)
def test_a_break_is_announced_by_a_version_that_is_high_enough(actual: str, announced: bool) -> None:
    assert judge([BREAK], released="0.1.0", actual=actual).announced is announced


def test_a_project_without_a_version_announces_nothing() -> None:
    verdict = judge([BREAK], released="0.1.0", actual=None)

    assert (verdict.announced, verdict.actual) == (False, "none")


def test_where_nothing_was_released_nothing_breaks() -> None:
    verdict = judge([BREAK], released=None, actual="0.1.0")

    assert (verdict.bump, verdict.announced) == (Bump.NONE, True)
    assert verdict.text == "Nothing was released before, so nothing can break."


@pytest.mark.parametrize(
    ("rows", "actual", "headline", "text"),
    [
        ([], "0.1.0", "nothing changes for users", "Nothing changes for users. 0.1.0 may stay."),
        ([BREAK], "0.2.0", "breaks users", "Code has to change for `Goal.name`. 0.2.0 announces it, after 0.1.0."),
        (
            [BREAK, WARNING],
            "0.1.0",
            "breaks users",
            "Code has to change for `Goal.name`. 1 change may break some users: `Goal.name`. It needs version at least "
            "0.2.0 after 0.1.0; pyproject.toml says 0.1.0.",
        ),
        (
            [OTHER],
            "0.1.0",
            "breaks nobody",
            "1 change, and none breaks anybody. Before a release it needs version at least 0.1.1 after 0.1.0; "
            "pyproject.toml says 0.1.0.",
        ),
        (
            [WIRE],
            "0.1.1",
            "the vendor breaks calls; release soon",
            "Calls fail already on the vendor's side, whatever the version: `Goal.name`. Release soon. 0.1.1 announces "
            "it, after 0.1.0.",
        ),
        (
            [LOOK],
            "0.1.1",
            "nothing known to break, something to look at",
            "1 change nobody has judged: look at `Goal.name`. 0.1.1 announces it, after 0.1.0.",
        ),
    ],
)
def test_the_verdict_is_a_sentence_too(rows: list[Change], actual: str, headline: str, text: str) -> None:
    verdict = judge(rows, released="0.1.0", actual=actual)

    assert (verdict.headline, verdict.text) == (headline, text)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [([], None), (["v0.1.0"], "0.1.0"), (["v0.9.0", "v0.10.0", "vault", "v0.2.0"], "0.10.0"), (["vault"], None)],
)
def test_the_last_release_is_the_highest_of_the_tags(tags: list[str], expected: str | None) -> None:
    assert last_release(tags) == expected


def test_a_project_has_the_version_of_its_pyproject(tmp_path: Path) -> None:
    assert version_of(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', encoding="utf-8")
    assert version_of(tmp_path) == "1.2.3"


@pytest.mark.parametrize("content", ["[project", "[project]\n", '[project]\nversion = "next"\n'])
def test_a_version_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content, encoding="utf-8")

    with pytest.raises(DiffError, match=r"pyproject.toml has no version that can be read: "):
        version_of(tmp_path)
