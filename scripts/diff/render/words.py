"""The words that reports have for people, in Markdown and in HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scripts.diff.model.report import Bump, Cause, Layer, Report, Row, Severity


class Noun(NamedTuple):
    """What a number of things is called."""

    one: str
    many: str

    def counted(self, number: int) -> str:
        """The number and the noun: ``1 warning``, ``3,000 warnings``."""
        return f"{number:,} {self.one if number == 1 else self.many}"


CHANGES: Mapping[Severity, Noun] = {
    Severity.BREAKING: Noun("breaking change", "breaking changes"),
    Severity.WARNING: Noun("warning", "warnings"),
    Severity.INFO: Noun("addition or other change", "additions and other changes"),
}
CAUSES = {
    Cause.SPEC: "vendor change (spec)",
    Cause.OVERLAY: "our fix (overlay)",
    Cause.NAMING: "naming (sdk overlay)",
    Cause.TEMPLATE: "generator (template)",
    Cause.RUNTIME: "runtime",
}
LAYERS = {Layer.HTTP: "HTTP", Layer.PYTHON: "Python", Layer.BEHAVIOUR: "behaviour"}
BUMPS = {
    Bump.NONE: "no new version needed",
    Bump.PATCH: "patch version",
    Bump.MINOR: "minor version",
    Bump.MAJOR: "major version",
}
OVERLAY_STATUS = {"stale": "no longer fits"}
"""What a status of an overlay is called, where its own name does not say it."""

ICONS = {Severity.BREAKING: "🛑", Severity.WARNING: "⚠️", Severity.INFO: "🔹"}
"""A shape of its own for each, where text is all that there is."""

_SPANS = re.compile(r"`([^`]+)`")


def headline(report: Report) -> str:
    """What a report says, in a few words."""
    if report.verdict.bump is Bump.NONE and is_noticed(report):
        return "breaks no release"
    if report.count(Severity.BREAKING) or removed_apis(report):
        said = "as the version says" if report.verdict.announced else "and the version does not say so"
        return f"breaks users, {said}"
    if report.count(Severity.WARNING):
        return "may break some users"
    if not is_noticed(report):
        return "nothing changes for users"
    return "breaks nobody"


def announcement(report: Report) -> str:
    """Whether the version says what changes; what breaks nobody can wait for the release."""
    if report.verdict.announced:
        return "announced"
    return "not announced" if report.count(Severity.BREAKING) else "to be raised before a release"


def is_noticed(report: Report) -> bool:
    """Whether users of the client can notice anything of what a report tells."""
    return any(api.status in ("added", "removed") for api in report.apis) or any(True for _ in report.rows())


def removed_apis(report: Report) -> list[str]:
    """The names of the APIs that are gone as a whole."""
    return [api.name for api in report.apis if api.status == "removed"]


def stale_overlays(report: Report) -> int:
    """How many overlays no longer fit their specs."""
    return sum(change.status == "stale" for api in report.apis for change in api.overlays)


def one_line(text: str) -> str:
    """A text on one line, in which everything can be seen.

    Control characters, marks that turn the direction of writing, halves of surrogate pairs and the like are written as
    escapes, so that no text can look like another.
    """
    return visible(" ".join(text.split()))


def link(row: Row) -> str:
    """What stands between the subject of a row and its text: a contract's text is a sentence of its own."""
    return ":" if row.layer is Layer.HTTP else ""


def visible(text: str) -> str:
    """A text with escapes for all that is neither printable nor a space of some kind, a tab or the end of a line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _seen(char) for char in text)


def spans(text: str) -> Iterator[tuple[bool, str]]:
    """The parts of a text on one line that stand between backticks (true) and those that do not (false)."""
    for position, part in enumerate(_SPANS.split(one_line(text))):
        if part:
            yield position % 2 == 1, part


def clipped(text: str, length: int) -> str:
    """A text of no more than ``length`` characters, which says how many more there were."""
    if len(text) <= length:
        return text
    return f"{text[:length].rstrip()} … ({len(text) - length:,} more characters)"


def _seen(char: str) -> str:
    code = ord(char)
    return " " if char.isspace() else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
