"""The Markdown report: what a reviewer sees first, what is left out of a long one, and that texts stay texts."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.ci.diff_comment import COMMENT_LIMIT, MARKER
from scripts.diff.model.report import Cause, Note, OverlayChange, Place, Report, Severity, Source, State
from scripts.diff.render.markdown import LIMIT, OPEN_ROWS, render
from scripts.diff.render.text import CAUSES, code, fenced, html_prose, prose, table_row
from tests.scripts.diff import gfm, html5, reports
from tests.scripts.diff.reports import NASTY, STALE, change, four_changes, report


def rows(text: str) -> list[list[str]]:
    """The cells of all changes in a report."""
    found = [[html5.text_of(cell) for cell in row] for row in html5.all_of(gfm.read(text), "tr")]
    return [cells for cells in found if cells[0]]


def test_first_screen_says_whether_where_why_and_which_version() -> None:
    text = render(four_changes())

    assert text.splitlines()[:2] == [MARKER, "## API diff: breaks users"]
    summary = text.splitlines()[3]
    assert summary.startswith("❌ Code has to change for `Goal.counts_all`, `Hypothesis.score`, `goals.list(site_id)`.")
    assert "Calls fail already on the vendor's side, whatever the version: `goals.search()`." in summary
    assert "It needs version at least 0.2.0 after 0.1.0; pyproject.toml says 0.1.0." in summary
    assert rows(text)[0] == [
        "🛑",
        "Goal.counts_all was renamed to counts_everygoals.list() · GET /goals",
        "⚠️ warning",
        "🛑 breaking",
        "vendor",
        "specs/kameleoon.yaml:42",
    ]


def test_a_change_that_touches_nothing_for_users_says_so_in_one_sentence() -> None:
    text = render(reports.empty())

    assert text.splitlines()[1:] == [
        "## API diff: nothing changes for users",
        "",
        "Nothing changes for users. 0.1.0 may stay. (`main` → the work tree, with changes that are not committed)",
    ]


def test_vendor_breaks_are_worded_as_what_they_are() -> None:
    text = render(report(change("goals.list()", "moved", wire=Severity.BREAKING, python=None)))

    assert "## API diff: the vendor breaks calls; release soon" in text
    assert "Already so on the vendor's side: release soon" in text
    assert "❌" not in text


def test_five_rows_are_open_and_the_rest_is_folded() -> None:
    text = render(report(*(change(f"Goal.a{n}", f"was removed {n}") for n in range(OPEN_ROWS + 3))))

    assert text.count("<details") == 1
    assert "<summary>And 3 changes that break code or calls</summary>" in text
    assert len(rows(text)) == OPEN_ROWS + 3


def test_the_same_change_in_many_places_is_one_row_that_unfolds() -> None:
    text = render(reports.repeated())

    (row,) = (cells for cells in rows(text) if "429" in cells[1])
    assert row[1].startswith("things0.get() may answer with status 429 now")
    assert "<details><summary>the same in 87 places</summary>" in text


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_name(cause: Cause) -> None:
    assert rows(render(report(change(causes=(cause,)))))[0][4] == CAUSES[cause]


def test_where_a_change_is_is_a_link_on_github_and_a_line_elsewhere() -> None:
    made = report(change())
    url = "https://github.com/owner/abwire/blob/abc"

    assert rows(render(made))[0][5] == "specs/kameleoon.yaml:42"
    linked = render(dataclasses.replace(made, head=State("HEAD", "abc", "HEAD", url)))
    assert f"[`kameleoon.yaml:42`]({url}/specs/kameleoon.yaml#L42)" in linked


def test_overlays_that_no_longer_fit_are_told_at_the_top() -> None:
    text = render(report(overlays=(STALE,)))

    assert "❌" in text.splitlines()[3]
    assert "An overlay no longer fits its spec." in text.splitlines()[3]
    assert "`kameleoon/fix-1.overlay.yaml` ⚠️ no longer fits: no longer fits the spec: gone" in text


def test_notes_show_code_that_is_a_few_lines_only() -> None:
    short = Note("`a` was removed", "Use b.", "a\n", "b\n")
    long = dataclasses.replace(short, before="a\n" * 2_000)

    assert "```python\n# before\na\n# after\nb\n```" in render(report(change(), migration=(short,)))
    assert "```" not in render(report(change(), migration=(long,)))


@pytest.mark.parametrize("made", [reports.large(), reports.nasty(), four_changes()], ids=["large", "nasty", "four"])
def test_a_report_fits_a_comment_and_says_what_it_leaves_out(made: Report) -> None:
    text = render(made)

    assert len(text) <= LIMIT < COMMENT_LIMIT
    assert ("✂️ Left out: " in text) is (len(rows(text)) < len(made.changes))


def test_a_limit_that_nothing_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="limit must be"):
        render(four_changes(), limit=100)


# --- texts stay texts ---


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_a_text(text: str) -> None:
    def shape(text: str) -> list[str]:
        place = Place(text, (text, "GET /a"), (text,), Source(text or "x", 1))
        about = change(text=text, places=(place,), before=text, details=(text,))
        overlay = OverlayChange(text, text, "added", text)
        note = Note(text, text if text.strip() else "x", "x\n", "y\n")
        read = gfm.read(
            render(report(about, overlays=(overlay,), migration=(note,), notes=(text if text.strip() else "x",)))
        )
        return [found.tag for found in read.iter() if found.tag != "code"]

    assert shape(text) == shape("harmless")


def test_a_report_of_nothing_but_such_texts_is_well_formed() -> None:
    gfm.read(render(reports.nasty()))


@given(st.text(max_size=60))
def test_any_text_can_stand_anywhere(text: str) -> None:
    table = table_row("a", "b") + table_row("---", "---") + table_row(prose(text), code(text))
    fold = f"<details>\n<summary>{html_prose(text)}</summary>\n\n</details>\n\n"
    made = f"{MARKER}\n{table}\n{fold}{fenced(text, 'python')}"

    read = gfm.read(made)

    assert len(html5.all_of(read, "td")) == 2
    assert len(html5.all_of(read, "pre")) == 1
