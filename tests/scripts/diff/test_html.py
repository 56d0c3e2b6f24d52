"""The page: valid, safe, whole, and the same each time."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import pytest

from scripts.diff.model.report import Cause, Note, OverlayChange, Place, Severity, Source, State
from scripts.diff.render.html import render
from scripts.diff.render.text import one_line
from scripts.specs.project import ROOT
from tests.scripts.diff import html5, reports
from tests.scripts.diff.html5 import all_of, text_of
from tests.scripts.diff.reports import NASTY, STALE, change, four_changes, report

REPORTS = {
    "empty": reports.empty(),
    "one": report(change()),
    "four_changes": four_changes(),
    "repeated": reports.repeated(),
    "large": reports.large(300),
    "nasty": reports.nasty(),
}


@pytest.fixture(params=REPORTS, scope="module")
def page(request: pytest.FixtureRequest) -> Element:
    """The elements of the page of each report; it is valid HTML."""
    return html5.read(render(REPORTS[request.param]))


def holding(root: Element, name: str, value: str) -> list[Element]:
    """The elements that have a class."""
    return [found for found in all_of(root, name) if value in (found.get("class") or "").split()]


def test_it_holds_all_that_it_needs_and_nothing_that_could_act(page: Element) -> None:
    for found in page.iter():
        assert found.tag not in ("link", "img", "iframe", "object", "embed", "base", "audio", "video"), found
        for name, value in found.attrib.items():
            assert name != "style"
            assert not name.startswith("on")
            if name in ("href", "src", "action", "{http://www.w3.org/1999/xlink}href"):
                assert value.startswith("#"), found.attrib
    for name in ("style", "script"):
        assert len(all_of(page, name)) == 1
        assert not re.search(r"url\(|@import|https?:", text_of(all_of(page, name)[0]))


def test_its_policy_allows_its_own_style_and_script_and_nothing_else(page: Element) -> None:
    (policy,) = (found for found in all_of(page, "meta") if found.get("http-equiv") == "Content-Security-Policy")

    hashes = {}
    for name in ("style", "script"):
        content = all_of(page, name)[0].text or ""
        hashes[name] = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert policy.get("content") == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_it_can_be_read_by_all(page: Element) -> None:
    assert page.get("lang") == "en"
    assert text_of(all_of(page, "title")[0])
    assert len(all_of(page, "main")) == len(all_of(page, "h1")) == 1
    level = 0
    for heading in all_of(page, "h1", "h2", "h3", "h4", "h5", "h6"):
        assert int(heading.tag[1]) <= level + 1, text_of(heading)
        level = int(heading.tag[1])
    for found in all_of(page, "svg"):
        assert found.get("aria-hidden") == "true" or found.get("hidden") is not None
    for found in all_of(page, "pre"):
        assert found.get("tabindex") == "0"
        assert found.get("aria-label")


def test_its_contents_lead_to_all_of_it(page: Element) -> None:
    ids = [name for found in page.iter() if (name := found.get("id"))]
    links = [found.get("href", "").removeprefix("#") for found in all_of(page, "a")]

    assert len(ids) == len(set(ids))
    assert sorted(links) == sorted(str(found.get("id")) for found in all_of(page, "section"))


def shown(value: object) -> Iterator[str]:
    """All texts of a report that a reader could want, as they are to be read."""
    if isinstance(value, tuple):
        for part in value:
            yield from shown(part)
    elif dataclasses.is_dataclass(value) and not isinstance(value, Source):
        for one in dataclasses.fields(value):
            if one.name not in (
                "status",
                "severity",
                "wire",
                "python",
                "causes",
                "base",
                "head",
                "bump",
                "actual",
                "apis",
            ):
                yield from shown(getattr(value, one.name))
    elif isinstance(value, str):
        yield one_line(value)


@pytest.mark.parametrize("name", ["four_changes", "nasty"])
def test_nothing_of_a_report_is_left_out(name: str) -> None:
    made = REPORTS[name]
    page = text_of(all_of(html5.read(render(made)), "body")[0]).replace("`", "")

    # Where a text has code between backticks, these are not shown.
    wanted = (made.verdict.text, made.changes, made.migration, made.changelog, made.notes, made.apis[0].overlays)
    for text in shown(wanted):
        assert text.replace("`", "") in page


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_a_text(text: str) -> None:
    def made(text: str) -> Element:
        place = Place(text, (text, "GET /a"), (text,), Source(text, 1))
        about = change(text=text or "x", places=(place,), before=text, details=(text,), api=text)
        overlay = OverlayChange(text, text, "added", text)
        note = Note(text or "x", text, text, None, (Cause.SPEC,))
        return html5.read(render(report(about, overlays=(overlay,), migration=(note,), notes=(text,))))

    def shape(root: Element) -> list[str]:
        return [found.tag for found in root.iter() if found.tag not in ("code", "span")]

    root = made(text)

    assert shape(root) == shape(made("harmless"))
    assert one_line(text) in [text_of(found) for found in holding(root, "code", "subject")]


def test_the_same_report_always_gives_the_same_page() -> None:
    program = (
        "from scripts.diff.render.html import render\n"
        "from tests.scripts.diff import reports\n"
        "print(render(reports.nasty()))"
    )

    def printed(seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True
        ).stdout

    assert printed("1") == printed("2")


def test_a_change_that_touches_nothing_for_users_says_so() -> None:
    page = html5.read(render(reports.empty()))

    assert text_of(all_of(page, "h1")[0]) == "Nothing changes for users"
    assert [text_of(found) for found in holding(page, "p", "nothing")] == ["Nothing changes for users of the client."]


def test_python_stands_before_the_wire() -> None:
    row = holding(html5.read(render(report(change(wire=Severity.WARNING)))), "li", "row")[0]

    assert [text_of(found) for found in holding(row, "span", "side")] == ["Python: breaking", "Wire: warning"]


def test_what_differs_between_two_values_is_marked() -> None:
    page = html5.read(render(report(change(before="page: int | Unset = UNSET", after="page: str | Unset = UNSET"))))

    assert [text_of(found) for found in all_of(page, "mark")] == ["int", "str"]


def test_values_that_are_too_long_to_compare_are_shown_whole() -> None:
    page = html5.read(render(report(change(before="a " * 5_000, after="b " * 5_000))))

    assert all_of(page, "mark") == []


def test_a_change_in_many_places_is_one_row() -> None:
    page = html5.read(render(reports.repeated()))

    assert len(holding(page, "li", "row")) == 2
    assert "87 places, GET /things/0" in [text_of(found) for found in all_of(page, "summary")]


def test_of_many_changes_the_most_severe_are_unfolded() -> None:
    page = html5.read(render(reports.large(300)))

    (rest,) = holding(page, "details", "rest")
    assert text_of(all_of(rest, "summary")[0]) == "280 more"
    assert len(holding(page, "li", "row")) - len(holding(rest, "li", "row")) == 20


@pytest.mark.parametrize(("number", "is_open"), [(3, True), (4, False)])
def test_notes_are_folded_when_they_are_many(number: int, is_open: bool) -> None:
    notes = tuple(Note(f"a{n} was removed", "Use b.", "a\n", "b\n") for n in range(number))

    page = html5.read(render(report(change(), migration=notes)))

    assert {found.get("open") is not None for found in holding(page, "details", "note")} == {is_open}


def test_where_a_change_is_is_a_link_on_github() -> None:
    url = "https://github.com/owner/abwire/blob/abc"

    page = html5.read(render(dataclasses.replace(report(change()), head=State("HEAD", "abc", "HEAD", url))))

    assert f"{url}/specs/kameleoon.yaml#L42" in [found.get("href") for found in all_of(page, "a")]


def test_overlays_that_no_longer_fit_are_told_at_the_top() -> None:
    page = html5.read(render(report(overlays=(STALE,))))

    assert [text_of(found) for found in holding(page, "p", "stale")] == ["Overlays that no longer fit their specs: 1."]
    assert all_of(page, "header")[0].get("class") == "breaking"
