"""Which version number announces a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.diff.assembly.verdict import judge, last_release, version_of
from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Bump, Layer, Row, Severity

BREAK = Row(Layer.PYTHON, Severity.BREAKING, "field-removed", "models.Goal.name", "was removed")
WARNING = Row(Layer.BEHAVIOUR, Severity.WARNING, "idempotent-changed", "goals.search", "is not sent again")
ADDITION = Row(Layer.PYTHON, Severity.INFO, "field-added", "models.Goal.name", "was added")
OTHER = Row(Layer.PYTHON, Severity.INFO, "deprecated", "models.Goal.name", "is deprecated now")


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
        ([OTHER], "1.2", Bump.PATCH, "1.2.1"),
    ],
)
def test_the_version_rises_by_what_changes(rows: list[Row], released: str, bump: Bump, required: str) -> None:
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
    ("rows", "actual", "text"),
    [
        ([], "0.1.0", "Nothing changes for users, so 0.1.0 may stay."),
        ([BREAK], "0.2.0", "This breaks users, and 0.2.0 announces it: 0.1.0 was before."),
        (
            [BREAK],
            "0.1.0",
            "This breaks users without announcing it: it needs at least 0.2.0 after 0.1.0, and pyproject.toml says"
            " 0.1.0. Raise the version, or keep what breaks.",
        ),
        ([OTHER], "0.1.1", "This breaks nobody, and 0.1.1 announces it: 0.1.0 was before."),
        (
            [OTHER],
            "0.1.0",
            "This breaks nobody; before it is released, it needs at least 0.1.1 after 0.1.0, and pyproject.toml says"
            " 0.1.0.",
        ),
    ],
)
def test_the_verdict_is_a_sentence_too(rows: list[Row], actual: str, text: str) -> None:
    assert judge(rows, released="0.1.0", actual=actual).text == text


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
