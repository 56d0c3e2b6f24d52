"""The Markdown report: what a reviewer sees first, what is left out of a long one, and that texts stay texts."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.ci import diff_comment
from scripts.ci.diff_comment import COMMENT_LIMIT, MARKER, Artifact, Run
from scripts.diff.model.report import Bump, Cause, Layer, MigrationNote, OverlayChange, Report, Severity, Verdict
from scripts.diff.render.escaping import code, fenced, html_prose, prose, table_row
from scripts.diff.render.markdown import LIMIT, render
from scripts.specs.project import ROOT
from tests.scripts.diff import gfm, html5, reports
from tests.scripts.diff.reports import NASTY, four_changes, report, row, section

GOLDEN = Path(__file__).with_name("four_changes.md")
STALE = OverlayChange(
    "overlays/kameleoon/fix-1.overlay.yaml", "A defect", "fix", "stale", "no longer fits the spec: gone"
)


def headings(text: str) -> list[str]:
    """The headings of a report, in their order."""
    return [html5.text_of(found) for found in html5.all_of(gfm.read(text), "h2", "h3", "h4", "h5")]


def table_rows(text: str) -> list[list[str]]:
    """The cells of all rows of changes in a report."""
    rows = [[html5.text_of(cell) for cell in found] for found in html5.all_of(gfm.read(text), "tr")]
    return [cells for cells in rows if len(cells) == 5 and cells[0]]


# --- what it says ---


def test_the_report_of_four_changes_is_as_a_person_has_read_it() -> None:
    wanted = GOLDEN.read_text(encoding="utf-8")

    assert render(four_changes()) == wanted, "if it is right, renew it: python -m tests.scripts.diff.reports"


def test_it_begins_with_a_marker_so_that_the_comment_can_be_found() -> None:
    for made in (reports.empty(), four_changes()):
        assert render(made).splitlines()[0] == MARKER


def test_a_change_that_touches_nothing_for_users_says_so_in_one_sentence() -> None:
    text = render(reports.empty())

    assert headings(text) == ["API diff: nothing changes for users"]
    assert text.splitlines()[3:] == [
        "Nothing changes for users of the client from main (`4e29d43`) "
        "to the work tree, with changes that are not committed."
    ]


def test_before_the_first_release_nothing_has_to_be_announced() -> None:
    verdict = Verdict(Bump.NONE, "none", "0.1.0", "0.1.0", True, "Nothing was released before, so nothing can break.")

    text = render(report(section("models.Goal", row(), kind="model"), verdict=verdict))

    assert headings(text)[0] == "API diff: breaks no release"
    assert "🔹 0 additions and other changes · **no new version needed**. Nothing was released before" in text


def test_a_break_that_the_version_announces_is_said_to_be() -> None:
    verdict = Verdict(Bump.MINOR, "0.1.0", "0.2.0", "0.2.0", True, "This breaks users, and 0.2.0 announces it.")

    text = render(report(section("models.Goal", row(), kind="model"), verdict=verdict))

    assert headings(text)[0] == "API diff: breaks users, as the version says"
    assert "**minor version** · ✅ announced. This breaks users, and 0.2.0 announces it." in text


def test_one_row_is_shown_without_folds() -> None:
    text = render(report(section("models.Goal", row(causes=(Cause.SPEC,), before="str"), kind="model")))

    assert "<details" not in text
    assert table_rows(text) == [
        ["🛑 breaking", "Python", "models.Goal.name was removed", "was str", "vendor change (spec)"]
    ]


def test_what_breaks_comes_first_and_along_with_the_rest_of_its_place() -> None:
    news = row("models.A.b", "was added", severity=Severity.INFO)
    made = report(
        section("models.A", news, kind="model"),
        section("models.Goal", news, row("Goal.name", layer=Layer.HTTP), row(), kind="model"),
    )

    text = render(made)

    assert headings(text)[1:] == [
        "What breaks",
        "kameleoon (abwire.kameleoon)",
        "models.Goal",
        "What else changes",
        "kameleoon (abwire.kameleoon)",
        "models.A",
    ]
    assert [cells[:2] for cells in table_rows(text)][:3] == [
        ["🛑 breaking", "HTTP"],
        ["🛑 breaking", "Python"],
        ["🔹 info", "Python"],
    ]


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.SPEC, "vendor change (spec)"),
        (Cause.OVERLAY, "our fix (overlay)"),
        (Cause.NAMING, "naming (sdk overlay)"),
        (Cause.TEMPLATE, "generator (template)"),
        (Cause.RUNTIME, "runtime"),
    ],
)
def test_causes_are_told_in_words(cause: Cause, words: str) -> None:
    assert table_rows(render(report(section("models.Goal", row(causes=(cause,))))))[0][4] == words


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [("int", "str", "int → str"), ("int", None, "was int"), (None, "str", "now str"), (None, None, "")],
)
def test_values_are_told_as_far_as_there_are_any(before: str | None, after: str | None, shown: str) -> None:
    assert table_rows(render(report(section("models.Goal", row(before=before, after=after)))))[0][3] == shown


def test_a_row_that_is_the_same_in_many_operations_is_told_once() -> None:
    text = render(reports.repeated())

    rows = table_rows(text)
    assert len(rows) == 3
    assert "**🛑 1 breaking change** · ⚠️ 174 warnings" in text
    assert "GET /things/0: has the new response 429The same 87 times.Also: GET /things/1, " in rows[1][2]
    assert rows[1][2].endswith("and 43 more")


def test_what_is_the_same_in_few_places_is_told_in_each() -> None:
    assert len(table_rows(render(reports.repeated(4)))) == 9


def test_a_place_with_many_changes_has_those_that_break_nothing_folded() -> None:
    news = [row(f"models.Goal.f{number}", "was added", severity=Severity.INFO) for number in range(12)]

    text = render(report(section("models.Goal", row(), *news, kind="model")))

    assert "<summary>12 more changes that break nothing</summary>" in text
    assert len(table_rows(text)) == 13


def test_many_places_are_folded() -> None:
    text = render(
        report(*(section(f"models.M{n}", row(f"models.M{n}.a", f"changed {n}"), kind="model") for n in range(42)))
    )

    assert "<summary>And 32 places more: 32 breaking changes</summary>" in text
    assert len(table_rows(text)) == 42


def test_operations_are_told_where_the_place_does_not_say_them() -> None:
    about = ("GET /goals", "POST /goals")
    made = [
        section("models.Goal", row(operations=about[:1]), kind="model", used_by=about),
        section("models.Goal", row(operations=about), kind="model", used_by=about),
        section("GET /goals", row(operations=about[:1])),
    ]

    assert ["Concerns: GET /goals" in render(report(part)).replace("`", "") for part in made] == [True, False, False]


def test_overlays_that_no_longer_fit_are_told_at_once_and_come_first() -> None:
    renamed = dataclasses.replace(
        STALE, file="overlays/kameleoon/fix-0.overlay.yaml", status="renamed", text="is the same"
    )

    text = render(report(overlays=[renamed, STALE]))

    assert text.splitlines()[5] == "⚠️ 1 overlay no longer fits its spec."
    assert [found.split()[1] for found in text.splitlines() if found.startswith("| `")] == [
        "`fix-1.overlay.yaml`",
        "`fix-0.overlay.yaml`",
    ]


def test_an_api_may_come_or_go_as_a_whole() -> None:
    assert "It is new: 87 operations, 192 models and enums." in render(report(status="added"))
    gone = render(report(status="removed"))
    assert headings(gone)[1] == "What breaks"
    assert "All of it is gone: 87 operations, 192 models and enums." in gone


def test_code_of_migration_notes_is_as_it_was() -> None:
    text = render(four_changes())

    blocks = [found for found in html5.all_of(gfm.read(text), "code") if found.get("class") == "language-python"]
    assert ["".join(found.itertext()) for found in blocks][:2] == [reports.GOALS_BEFORE, reports.GOALS_AFTER]


def test_code_that_is_too_long_for_a_comment_is_left_to_the_page() -> None:
    text = render(dataclasses.replace(four_changes(), migration=(MigrationNote("A", "", "x = 1\n" * 5_000, None),)))

    assert "(code of 5,000 lines, which is too long for a comment; the page has it)" in text


def test_the_same_report_always_gives_the_same_text() -> None:
    command = [sys.executable, "-m", "tests.scripts.diff.reports"]

    def printed(seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout

    assert printed("1") == printed("2") == GOLDEN.read_bytes()


# --- what is left out ---


def left_out(text: str) -> dict[str, tuple[int, int]]:
    """What a report says that it has not: of each kind, how many of how many."""
    found = re.search(r"Left out: (.*?)\. The page", text)
    parts = re.findall(r"([0-9,]+) of ([0-9,]+) ([a-z ]+)", found[1]) if found else []
    return {kind: (int(missing.replace(",", "")), int(total.replace(",", ""))) for missing, total, kind in parts}


@pytest.mark.parametrize("made", [reports.large(), reports.nasty()], ids=["large", "nasty"])
def test_a_long_report_fits_a_comment(made: Report) -> None:
    text = render(made)

    assert LIMIT * 0.9 < len(text) <= LIMIT
    gfm.read(text)


def test_a_long_report_is_not_cut_again_when_it_becomes_a_comment() -> None:
    run = Run(2**33, f"https://github.com/an-organisation/its-repository/actions/runs/{2**33}", "4" * 40, None)
    artifacts = {diff_comment.ARTIFACT: Artifact(2**33, 2**20), diff_comment.PAGE: Artifact(2**33, 2**20)}
    text = render(reports.large())

    comment = diff_comment.body(text, run, artifacts)

    assert len(comment) <= COMMENT_LIMIT
    assert comment.endswith(text.removeprefix(MARKER))


@pytest.mark.parametrize("limit", [3_000, 20_000, 40_000, 65_536, 80_000, 100_000, 150_000])
def test_what_is_left_out_is_told_with_numbers_and_what_breaks_goes_last(limit: int) -> None:
    text = render(reports.large(600), limit=limit)

    assert len(text) <= limit
    missing = left_out(text)
    shown = [cells[0].split()[1] for cells in table_rows(text)]
    kinds = {"breaking": "breaking changes", "warning": "warnings", "info": "additions and other changes"}
    for kind, noun in kinds.items():
        assert shown.count(kind) + missing.get(noun, (0, 0))[0] == 200, noun
    assert text.count("<summary>Thing") + missing.get("migration notes", (0, 0))[0] == 99
    if "breaking changes" in missing:
        assert set(shown) <= {"breaking"}
        assert "```" not in text
    if "warnings" in missing:
        assert "info" not in shown
    assert bool(missing) is (limit < 150_000)


def test_a_change_that_stands_for_many_is_counted_as_many_when_it_is_left_out() -> None:
    text = render(reports.repeated(), limit=1_900)

    assert left_out(text) == {"warnings": (87, 174)}


def test_a_limit_that_not_even_the_summary_fits_is_refused() -> None:
    with pytest.raises(ValueError, match=r"limit must be [0-9,]+ characters or more for this report, and is 100"):
        render(reports.large(), limit=100)


@pytest.mark.parametrize("made", [four_changes(), reports.nasty()], ids=["four_changes", "nasty"])
def test_no_cut_breaks_the_nesting(made: Report) -> None:
    for limit in range(4_000, 16_000, 1_009):
        text = render(made, limit=limit)
        assert len(text) <= limit
        gfm.read(text)


# --- texts stay texts ---


@pytest.mark.parametrize("text", NASTY)
def test_a_text_in_any_place_stays_a_text(text: str) -> None:
    made = dataclasses.replace(
        report(
            section(
                text, row(text, text, hint=text, before=text, after=text, also=(text,), operations=(text, "GET /a"))
            ),
            section(text, row(text, "x"), kind="client", python=text, used_by=(text,)),
            overlays=[OverlayChange(text, text, text, text, text)],
        ),
        migration=(MigrationNote(text, text, text, text),),
        changelog=text,
        notes=(text,),
    )

    rendered = render(made)

    gfm.read(rendered)
    assert len(table_rows(rendered)) == 2


pieces = st.sampled_from(
    [
        *"`|\\*_[]()<>@#&!~$:.-+=\n \t",
        "``",
        "```",
        "</details>",
        "<b>",
        "@user",
        "#1",
        "http://a.b",
        "www.a.b",
        "a",
        "é",
    ]
)
texts = st.lists(pieces, max_size=12).map("".join) | st.text(max_size=12)


@given(texts)
def test_prose_and_code_keep_to_their_cells_and_show_what_they_are_given(text: str) -> None:
    table = table_row("a", "b", "c") + table_row("---", "---", "---") + table_row(prose(text), code(text), "end")

    rows = html5.all_of(gfm.read(f"{MARKER}\n{table}"), "tr")

    cells = [html5.text_of(cell) for cell in rows[1]]
    assert len(rows) == 2
    assert cells[2] == "end"
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable() and "\\|" not in text:
        assert cells[1] == (" ".join(text.split()) or "(empty)")
        if "`" not in text:
            assert cells[0] == " ".join(text.split())


@given(texts)
def test_prose_stays_prose_at_the_beginning_of_a_line(text: str) -> None:
    for beginning in ("", "- "):
        root = gfm.read(f"{MARKER}\n{beginning}x\n\n{beginning}{prose(text)}\n")
        assert {found.tag for found in root.iter()} <= {"html", "head", "title", "body", "p", "ul", "li", "code"}
        assert len(html5.all_of(root, "ul")) <= 1


@given(texts)
def test_prose_in_html_stays_prose(text: str) -> None:
    root = gfm.read(f"{MARKER}\n<details>\n<summary>{html_prose(text)}</summary>\n\nx\n\n</details>\n")

    assert {found.tag for found in html5.all_of(root, "details")[0].iter()} <= {"details", "summary", "code", "p"}


@given(st.lists(pieces | st.just("`" * 5), max_size=12).map("".join))
def test_no_code_closes_its_fence(text: str) -> None:
    root = gfm.read(f"{MARKER}\n{''.join(fenced(text, 'python'))}")

    assert {found.tag for found in html5.all_of(root, "body")[0].iter()} <= {"body", "pre", "code"}
    assert "".join(html5.all_of(root, "code")[0].itertext()) == text.removesuffix("\n") + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "see @user",
        "see #1",
        "see http://a.b",
        "[a](b)",
        "![a](b)",
        "~~a~~",
        "<b onclick=x>",
        "</details>",
        "<details>",
        "> a",
    ],
)
def test_the_reader_of_these_tests_sees_what_no_report_may_have(text: str) -> None:
    with pytest.raises(AssertionError):
        gfm.read(f"{render(reports.empty())}\n{text}\n")


def test_words_stay_words() -> None:
    text = "the query parameter `page` (a number, 1/2 of those) isn't optional: see the docs; 100% required, at last!"

    assert prose(text) == text


def test_characters_that_cannot_be_seen_can() -> None:
    assert prose("a \u202eb\u200b c\x00") == r"a `\u202eb\u200b` `c\u0000`"
    assert code("\ud800") == r"`\ud800`"


def test_a_report_can_always_be_written_as_utf_8() -> None:
    render(reports.nasty(), limit=10_000_000).encode()
