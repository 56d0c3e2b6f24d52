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

from scripts.diff.model.report import OverlayChange, Report, Severity
from scripts.diff.render.html import render
from scripts.diff.render.words import one_line
from scripts.specs.project import ROOT
from tests.scripts.diff import html5, reports
from tests.scripts.diff.html5 import all_of, text_of
from tests.scripts.diff.reports import NASTY, four_changes, report, row, section

REPORTS = {
    "empty": reports.empty(),
    "one": report(section("models.Goal", row(), kind="model")),
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


# --- safe and whole ---


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
    assert set(links) <= set(ids)
    places = [found.get("id") for found in holding(page, "details", "place") + all_of(page, "section")]
    assert set(places) == set(links)


def shown(value: object) -> Iterator[str]:
    """All texts of a report that a reader could want, as they are to be read."""
    if isinstance(value, Report | tuple | list):
        parts = (
            value
            if isinstance(value, tuple | list)
            else [getattr(value, one.name) for one in dataclasses.fields(value)]
        )
        for part in parts:
            yield from shown(part)
    elif dataclasses.is_dataclass(value):
        for one in dataclasses.fields(value):
            if one.name not in ("kind", "status", "layer", "severity", "causes", "base", "head", "bump", "actual"):
                yield from shown(getattr(value, one.name))
    elif isinstance(value, str):
        yield one_line(value)


@pytest.mark.parametrize("name", ["four_changes", "nasty"])
def test_nothing_of_a_report_is_left_out(name: str) -> None:
    made = dataclasses.replace(REPORTS[name], base=reports.BASE, head=reports.HEAD)

    page = text_of(all_of(html5.read(render(made)), "body")[0])

    # Where a text has code between backticks, these are not shown.
    bare = page.replace("`", "")
    for text in shown(
        tuple(getattr(made, one.name) for one in dataclasses.fields(made) if one.name not in ("base", "head"))
    ):
        assert text.replace("`", "") in bare


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_a_text(text: str) -> None:
    def made(text: str) -> Element:
        about = row(text, text, hint=text or "x", before=text, also=(text,), operations=(text, "GET /a"), pointer=text)
        used = section("models.A", row("models.A.b", "x"), kind="model", python=text or "x", used_by=(text,))
        overlay = OverlayChange(text, text, text, "added", text)
        return html5.read(render(report(section(text, about), used, overlays=[overlay])))

    def shape(root: Element) -> list[str]:
        return [found.tag for found in root.iter() if found.tag != "code"]

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


# --- what it says ---


def test_a_change_that_touches_nothing_for_users_says_so() -> None:
    page = html5.read(render(reports.empty()))

    assert text_of(all_of(page, "h1")[0]) == "Nothing changes for users"
    assert text_of(all_of(page, "main")[0]) == "Nothing changes for users of the client."
    assert [text_of(found) for found in holding(page, "div", "version")] == ["no new version needed0.1.0"]
    assert all_of(page, "nav") == []


def test_wire_and_client_stand_side_by_side() -> None:
    place = holding(html5.read(render(four_changes())), "details", "place")[2]

    assert text_of(all_of(place, "summary")[0]) == "GET /goals Kameleoon.goals.list 2 breaking 1 warning"
    wire, client = holding(place, "div", "side")
    assert [text_of(found) for found in all_of(wire, "h4") + all_of(client, "h4")] == ["On the wire", "In the client"]
    assert [text_of(found) for found in holding(wire, "code", "subject")] == ["GET /goals"]
    assert [text_of(found) for found in holding(client, "code", "subject")] == ["goals.list(site_id)", "goals.list"]


def test_what_differs_between_two_values_is_marked() -> None:
    page = html5.read(
        render(report(section("GET /a", row(before="page: int | Unset = UNSET", after="page: str | Unset = UNSET"))))
    )

    assert [text_of(found) for found in all_of(page, "mark")] == ["int", "str"]


def test_values_that_are_too_long_to_compare_are_shown_as_they_are() -> None:
    page = html5.read(render(report(section("GET /a", row(before="a " * 5_000, after="b " * 5_000)))))

    assert all_of(page, "mark") == []


def test_a_row_that_is_the_same_in_many_operations_is_told_once() -> None:
    page = html5.read(render(reports.repeated()))

    assert len(holding(page, "li", "row")) == 3
    assert [text_of(found) for found in holding(page, "p", "times")] == ["The same 87 times."] * 2
    assert [found.get("data-count") for found in holding(page, "li", "row")] == ["1", "87", "87"]


@pytest.mark.parametrize(("number", "unfolded"), [(20, 20), (21, 1)])
def test_of_many_places_only_those_that_break_users_are_unfolded(number: int, unfolded: int) -> None:
    news = [
        section(f"models.A{n}", row(f"models.A{n}.b", f"was added {n}", severity=Severity.INFO), kind="model")
        for n in range(number - 1)
    ]

    places = holding(html5.read(render(report(*news, section("models.B", row(), kind="model")))), "details", "place")

    assert [place.get("open") is not None for place in places] == [True] * unfolded + [False] * (number - unfolded)


def test_only_what_there_is_can_be_chosen() -> None:
    page = html5.read(render(report(section("models.Goal", row(), kind="model"))))

    assert [(found.get("name"), found.get("value")) for found in all_of(page, "input")] == [
        ("severity", "breaking"),
        ("layer", "python"),
    ]


@pytest.mark.parametrize(("status", "text"), [("added", "It is new: "), ("removed", "All of it is gone: ")])
def test_an_api_may_come_or_go_as_a_whole(status: str, text: str) -> None:
    page = html5.read(render(report(status=status)))

    assert [text_of(found) for found in holding(page, "p", "whole")] == [f"{text}{reports.SIZE}."]


def test_overlays_that_no_longer_fit_are_told_at_the_top() -> None:
    stale = OverlayChange("overlays/kameleoon/fix-1.overlay.yaml", "A defect", "fix", "stale", "no longer fits: gone")

    page = html5.read(render(report(overlays=[stale])))

    assert [text_of(found) for found in holding(page, "p", "stale")] == ["Overlays that no longer fit their specs: 1."]
    assert all_of(page, "header")[0].get("class") == "breaking"
