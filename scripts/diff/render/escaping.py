"""Write any text into Markdown so that it stays a text, on GitHub and on any other CommonMark reader.

Texts come from specs, so nobody vouches for them. What is not plainly a word becomes code, in which neither Markdown
nor GitHub looks for anything: markup, HTML, mentions, references to issues and commits, addresses, emoji.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import partial

from scripts.diff.render.words import one_line, spans, visible

# A word may have any letter and the punctuation of prose, and none of the characters that Markdown or GitHub give a
# meaning to within a line; a colon may only end it, since emoji and addresses have theirs inside.
_PLAIN = re.compile(r"(?:[A-Za-z0-9.,;!?()'\"/%-]|[^\x00-\x7f])*:?")
# Words of these characters that still mean something: web addresses, references such as GH-1 or KEY-12, commits.
_MEANT = re.compile(r"(?i)\bwww\.|[a-z]-[0-9]|\b[0-9a-f]{7,40}\b")
_AROUND = re.compile(r"([(\"']*)(.*?)([)\"'.,;:!?]*)", re.DOTALL)
_MARKER = re.compile(r"[0-9]+[.)]|-+")
"""What would begin a list, a rule or a heading, if it were the first word of a line."""
_BACKTICKS = re.compile(r"`+")


def prose(text: str) -> str:
    """A text as Markdown on one line, for any place: a paragraph, a cell of a table, an item of a list."""
    words = _written(text, str, code)
    first, space, rest = words.partition(" ")
    if _MARKER.fullmatch(first):
        first = re.sub(r"[-.)]", r"\\\g<0>", first)
    return first + space + rest


def html_prose(text: str) -> str:
    """The same as HTML on one line, for what stands between tags, where Markdown is not read."""
    return _written(text, partial(html.escape, quote=False), html_code)


def code(text: str) -> str:
    """A text as a code span of Markdown on one line."""
    text = one_line(text)
    if not text:
        return "(empty)"
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def html_code(text: str) -> str:
    """The same as HTML."""
    return f"<code>{html.escape(one_line(text), quote=False)}</code>"


def fenced(text: str, language: str) -> tuple[str, str, str]:
    """A text of many lines as the opening fence, the content and the closing fence of a code block."""
    content = visible(text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n"))
    fence = "`" * max(3, _longest_run(content) + 1)
    return f"{fence}{language}\n", f"{content}\n", f"{fence}\n"


def table_row(*cells: str) -> str:
    """Cells of Markdown on one line each as a row of a table."""
    return f"| {' | '.join(map(_cell, cells))} |\n"


def _cell(cell: str) -> str:
    # A pipe needs a backslash even in code, and readers differ on one that has another before it.
    return re.sub(r"\\(?=\|)", r"\\ ", cell).replace("|", "\\|")


def _longest_run(text: str) -> int:
    return max((len(found) for found in _BACKTICKS.findall(text)), default=0)


def _written(text: str, plain: Callable[[str], str], mark: Callable[[str], str]) -> str:
    return " ".join("".join(mark(part) if is_code else plain(part) for is_code, part in word) for word in _words(text))


def _words(text: str) -> Iterator[list[tuple[bool, str]]]:
    """The words of a text, each as its parts, with whether a part is to be code."""
    word: list[tuple[bool, str]] = []
    for is_span, span in spans(text):
        for position, part in enumerate([span] if is_span else span.split(" ")):
            if position and word:
                yield word
                word = []
            for is_code, piece in [(True, part)] if is_span else _parts(part):
                if is_code and word and word[-1][0]:  # two code spans side by side would be read as another one
                    word[-1] = (True, word[-1][1] + piece)
                else:
                    word.append((is_code, piece))
    if word:
        yield word


def _parts(word: str) -> list[tuple[bool, str]]:
    if not word:
        return []
    if _PLAIN.fullmatch(word) and not _MEANT.search(word):
        return [(False, word)]
    found = _AROUND.fullmatch(word)
    assert found is not None  # it matches anything
    return [(is_code, part) for is_code, part in zip((False, True, False), found.groups(), strict=True) if part]
