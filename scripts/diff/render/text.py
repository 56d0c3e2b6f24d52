"""Texts of a report in Markdown and HTML, so that no text of a spec can become markup.

One rule: what is in backticks, and every word that is not plainly a word, becomes code, in which neither Markdown nor
GitHub looks for anything: markup, HTML, mentions, references to issues and commits, addresses, emoji.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from scripts.diff.model.report import Cause, Severity

CAUSES = {
    Cause.SPEC: "vendor",
    Cause.OVERLAY: "our fix",
    Cause.NAMING: "our naming",
    Cause.TEMPLATE: "generator",
    Cause.RUNTIME: "runtime",
}
ICONS = {Severity.BREAKING: "🛑", Severity.WARNING: "⚠️", Severity.UNJUDGED: "❔", Severity.INFO: "🔹"}
"""A shape of its own for each, where text is all that there is."""
MEANINGS = {
    Severity.BREAKING: "that break code or calls",
    Severity.WARNING: "that may break some users",
    Severity.UNJUDGED: "not judged",
    Severity.INFO: "that break nothing",
}

_SPANS = re.compile(r"`([^`]+)`")
# A word may have letters and the punctuation of prose; a colon may only end it, since emoji and addresses have theirs
# inside. Some such words still mean something: web addresses, references such as GH-1, hashes of commits, and what
# would begin a list or a rule at the start of a line.
_PLAIN = re.compile(r"(?:[A-Za-z0-9.,;!?()'\"/%+-]|[^\x00-\x7f])*:?")
_MEANT = re.compile(r"(?i)\bwww\.|[a-z]-[0-9]|\b[0-9a-f]{7,40}\b|^(?:[0-9]+[.)]|[-+]+)$")
_BACKTICKS = re.compile(r"`+")


def prose(text: str) -> str:
    """Return a text as Markdown on one line, for a cell of a table, an item of a list or a paragraph."""
    return _marked(text, str, code)


def html_prose(text: str) -> str:
    """Return the same as HTML, for what stands between tags, where Markdown is not read."""
    return _marked(text, lambda word: html.escape(word, quote=False), html_code)


def code(text: str) -> str:
    """Return a text as a code span of Markdown on one line."""
    text = one_line(text) or "(empty)"
    fence = "`" * (max(map(len, _BACKTICKS.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def html_code(text: str) -> str:
    """Return the same as HTML."""
    return f"<code>{html.escape(one_line(text), quote=False)}</code>"


def fenced(text: str, language: str) -> str:
    """Return a text of many lines as a code block."""
    content = visible(text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n"))
    fence = "`" * max(3, max(map(len, _BACKTICKS.findall(content)), default=0) + 1)
    return f"{fence}{language}\n{content}\n{fence}\n"


def table_row(*cells: str) -> str:
    """Return cells of Markdown on one line each as a row of a table."""
    # A pipe needs a backslash even in code, and readers differ on one that has another before it.
    return "| " + " | ".join(re.sub(r"\\(?=\|)", r"\\ ", cell).replace("|", "\\|") for cell in cells) + " |\n"


def one_line(text: str) -> str:
    """Return a text on one line, in which everything can be seen."""
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """Return a text with escapes for all that is neither printable nor a space, a tab or the end of a line.

    Control characters, marks that turn the direction of writing and the like can make a text look like another.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _escape(char) for char in text)


def spans(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a text on one line that stand between backticks (true) and those that do not (false)."""
    for position, part in enumerate(_SPANS.split(one_line(text))):
        if part:
            yield position % 2 == 1, part


def clipped(text: str, length: int) -> str:
    """Return a text of no more than ``length`` characters, which says how many more there were."""
    if len(text) <= length:
        return text
    kept = text[:length].rstrip()
    return f"{kept}{'`' * (kept.count('`') % 2)} … ({len(text) - length:,} more characters)"


def _marked(text: str, plain: Callable[[str], str], mark: Callable[[str], str]) -> str:
    parts = []
    for is_code, part in spans(text):
        if is_code:
            parts.append(mark(part))
        else:
            words = (
                plain(word) if _PLAIN.fullmatch(word) and not _MEANT.search(word) else mark(word)
                for word in part.split(" ")
            )
            parts.append(" ".join(words))
    # Two code spans side by side would be read as another one.
    return re.sub(r"`{2,}(?=[^` ])(?<=[^ `]``)", "` `", "".join(parts))


def _escape(char: str) -> str:
    number = ord(char)
    return " " if char.isspace() else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
