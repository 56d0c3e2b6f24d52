"""Read a Markdown report as GitHub would, and refuse what no report may have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from markdown_it import MarkdownIt
from markdown_it.token import Token

from scripts.ci.diff_comment import MARKER
from tests.scripts.diff import html5

_READER = MarkdownIt("gfm-like", {"linkify": False})
# The tags that reports are made with; whatever else looks like HTML has come from a text.
_TAGS = re.compile(r"</?(details|summary|b|code|br)>|<details open>")
# What GitHub makes something of in a text, even where Markdown does not.
_LIVE = re.compile(r"(?i)@|#\d|://|\bwww\.|[a-z]-\d|:[a-z0-9_+-]+:|\b[0-9a-f]{7,40}\b|\$")


def read(text: str) -> Element:
    """The elements of a report.

    Raises:
        AssertionError: it has markup that no report is made with, text that GitHub would make a link, a mention or an
            emoji of, or elements that are not nested as they should be.
    """
    assert text.startswith(f"{MARKER}\n")
    text = text.removeprefix(MARKER)
    for token in _inner(_READER.parse(text)):
        assert token.type not in ("link_open", "image", "s_open", "hr", "blockquote_open"), token
        if token.type in ("html_block", "html_inline"):
            rest = _TAGS.sub("", token.content)
            assert "<" not in rest, token
            _no_life(re.sub(r"<code>.*?</code>", "", token.content))
        elif token.type == "text":
            _no_life(token.content)
        elif token.type == "fence":
            assert token.info in ("python", "markdown"), token
    return html5.read(f"<!doctype html><title>report</title><body>{_READER.render(text)}")


def _inner(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _inner(token.children or [])


def _no_life(text: str) -> None:
    assert not _LIVE.search(text), text
