"""The page in a browser: on a phone, on a desktop, in both schemes, without scripts and on paper.

What it looks like is checked by what the browser made of it: where things are, in which colours, and that the picture
has both text and ground. Pictures are not compared with others that were taken before: they differ from machine to
machine by its fonts, so that such a test would either fail for nothing or see nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.diff.model.report import Report
from scripts.diff.render.html import render
from tests.scripts.diff import browser, reports
from tests.scripts.diff.browser import Browser, Page

PROGRAM = browser.find()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs Chromium: install it, or set CHROMIUM to its path")

REPORTS = {
    "empty": reports.empty(),
    "four_changes": reports.four_changes(),
    "repeated": reports.repeated(),
    "nasty": reports.nasty(),
}
PHONE, DESKTOP = (360, 800), (1280, 900)

# Text that stands out too little from what is behind it: less than 4.5 to 1, as WCAG 2 has it for level AA.
CONTRAST = """(() => {
  const channels = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = (color) => channels(color).slice(0, 3)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if ((channels(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    count += 1;
    const pair = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) found.push([texts.currentNode.data.trim(), ratio]);
  }
  return [count, found];
})()"""
# What reaches out of the page to the right, but for what stands in a box that scrolls.
OVERFLOW = """[...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility() && !one.closest("svg") && !one.parentElement.closest("pre"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 200))"""
# Of a picture: the number of its colours, the share of the most frequent one, and how light it is from 0 to 1.
LOOK = """(async () => {
  const file = await (await fetch("data:image/png;base64,PICTURE")).blob();
  const picture = await createImageBitmap(file);
  const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  context.drawImage(picture, 0, 0);
  const data = context.getImageData(0, 0, picture.width, picture.height).data;
  const colours = new Map();
  let light = 0;
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
    light += data[at] + data[at + 1] + data[at + 2];
  }
  const pixels = data.length / 4;
  return [picture.width, picture.height, colours.size, Math.max(...colours.values()) / pixels, light / pixels / 765];
})()"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests."""
    assert PROGRAM is not None
    with browser.running(PROGRAM, tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in it."""
    with chromium.page() as found:
        yield found


def address(folder: Path, report: Report) -> str:
    """Where the page of a report is."""
    path = folder / "report.html"
    path.write_text(render(report), encoding="utf-8")
    return path.as_uri()


def box(page: Page, selector: str) -> dict[str, float]:
    """Where the first element is that a selector finds, in CSS pixels."""
    found: dict[str, float] = page.evaluate(f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
    return found


def shown(page: Page, selector: str) -> int:
    """How many elements that a selector finds can be seen."""
    found: int = page.evaluate(
        f"[...document.querySelectorAll({selector!r})].filter((one) => one.checkVisibility()).length"
    )
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_it_fits_its_window_stands_out_and_asks_for_nothing(
    page: Page, tmp_path: Path, report: Report, size: tuple[int, int], dark: bool
) -> None:
    page.show(*size, dark=dark)
    page.open(where := address(tmp_path, report))
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")

    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [size[0], size[0]]
    assert page.evaluate(OVERFLOW) == []
    count, faint = page.evaluate(CONTRAST)
    assert count > 5
    assert faint == []
    assert page.requests == [where]
    assert page.messages == []

    picture = base64.b64encode(page.picture()).decode()
    page.open("about:blank")  # where the policy does not forbid to look at it
    width, height, colours, ground, light = page.evaluate(LOOK.replace("PICTURE", picture))
    assert (width, height) == size
    assert colours > 50
    assert 0.2 < ground < 0.95
    assert light < 0.3 if dark else light > 0.75


def test_on_a_phone_python_stands_before_the_wire_and_no_code_is_cut_off(page: Page, tmp_path: Path) -> None:
    page.show(*PHONE)
    page.open(address(tmp_path, reports.four_changes()))

    python, wire = (box(page, f".row .side:nth-child({number})") for number in (1, 2))
    assert (python["top"], python["left"]) < (wire["top"], wire["left"])
    assert box(page, "h1")["bottom"] < PHONE[1]
    assert box(page, "pre")["right"] <= PHONE[0]
    widths = "[...document.querySelectorAll('pre')].map((one) => one.scrollWidth - one.clientWidth)"
    assert set(page.evaluate(widths)) == {0}


def test_without_scripts_all_of_it_is_there(page: Page, tmp_path: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.show(*PHONE)
    page.open(address(tmp_path, reports.four_changes()))

    assert shown(page, "#filters") == 0
    assert shown(page, "#changes .row") == 6
    assert shown(page, "nav li") == 5
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [360, 360]


@pytest.mark.parametrize(
    ("off", "rows"),
    [([], 6), (["breaking"], 2), (["spec"], 1), (["spec", "overlay"], 0), (["breaking", "unjudged"], 1)],
)
def test_changes_can_be_chosen(page: Page, tmp_path: Path, off: list[str], rows: int) -> None:
    page.show(*DESKTOP)
    page.open(address(tmp_path, reports.four_changes()))

    for value in off:
        page.evaluate(f"document.querySelector('#filters [value={value}]').click()")

    assert shown(page, "#changes .row") == rows
    assert page.evaluate("document.getElementById('shown').value") == f"{rows} of 6 changes shown"
    assert page.messages == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("scripts", [False, True], ids=["without_scripts", "with_scripts"])
def test_on_paper_it_is_dark_on_white_and_nothing_is_folded(
    page: Page, tmp_path: Path, dark: bool, scripts: bool
) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
    page.show(794, 1123, dark=dark, media="print")
    page.open(address(tmp_path, reports.large(300)))
    folded = page.evaluate("document.querySelectorAll('details:not([open])').length")
    assert folded > 0

    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRAST)[1] == []
    assert shown(page, ".row") == 300
    assert shown(page, "nav") == shown(page, "#filters") == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") == folded


def test_its_policy_keeps_out_whatever_got_in(page: Page, tmp_path: Path) -> None:
    page.show(*DESKTOP)
    page.open(address(tmp_path, reports.four_changes()))
    before = box(page, "h1")

    def insert(name: str, **members: Any) -> None:
        page.evaluate(f"document.body.append(Object.assign(document.createElement({name!r}), {members!r}))")

    insert("script", textContent="window.touched = true")
    insert("style", textContent="h1 { padding-top: 100px }")
    insert("img", src="http://127.0.0.1:9/x.png")
    insert("iframe", src="http://127.0.0.1:9/")
    page.evaluate("document.querySelector('h1').setAttribute('onclick', 'window.touched = true')")
    page.evaluate("document.querySelector('h1').click()")
    page.evaluate("new Promise((done) => setTimeout(done, 200))")

    assert page.evaluate("window.touched") is None
    assert box(page, "h1") == before
    refused = [message for message in page.messages if "violates the following Content Security Policy" in message]
    assert len(refused) == 5, page.messages
