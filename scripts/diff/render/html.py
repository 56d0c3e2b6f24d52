"""The report as one HTML page that needs nothing else: no other file, no network, and no script to be read.

The page says so itself, to the browser: its content security policy allows the one style and the one script that are in
it, by their hashes, and nothing besides.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from scripts.diff.model.report import Layer, Report, Severity
from scripts.diff.render import outline, words
from scripts.diff.render.outline import Entry

FOLDER = Path(__file__).with_name("page")

_TOKENS = re.compile(r"\w+|\s+|.", re.DOTALL)
_OPEN_PLACES = 20
"""How many places of an API are shown unfolded; beyond, those only that break users."""
_COMPARED = 2_000
"""How long values may be to be compared word by word."""


def render(report: Report) -> str:
    """A report as a page.

    Args:
        report: the report.
    """
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return _template().render(
        report=report,
        groups=outline.groups(report),
        filters=_filters(report),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=(
            f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def _source(content: str) -> str:
    """What a content security policy calls an inline style or script."""
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(words=words, severities=list(Severity), causes=words.CAUSES, open_places=_OPEN_PLACES)
    environment.filters.update(spans=words.spans, sides=_sides, python=_python, compared=_compared)
    return environment.get_template("page.html.jinja")


def _filters(report: Report) -> list[tuple[str, str, list[tuple[StrEnum, str]]]]:
    """What changes can be chosen by: a heading, a name, and the values that there are, each with its word."""
    rows = list(report.rows())
    found: list[tuple[str, str, Mapping[Any, str], set[Any]]] = [
        ("Severity", "severity", {severity: severity.value for severity in Severity}, {row.severity for row in rows}),
        ("Where", "layer", words.LAYERS, {row.layer for row in rows}),
        ("Cause", "causes", words.CAUSES, {cause for row in rows for cause in row.causes}),
    ]
    chosen = [
        (legend, name, [(value, word) for value, word in all_of.items() if value in used])
        for legend, name, all_of, used in found
    ]
    return [(legend, name, choices) for legend, name, choices in chosen if choices]


def _shown(value: Any) -> Any:
    """What is written for a value: of a text, all characters that cannot be seen as escapes."""
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _sides(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Changes by where they show, as far as there are any: on the wire, and in the client."""
    found = list(entries)
    wire = [entry for entry in found if entry.row.layer is Layer.HTTP]
    client = [entry for entry in found if entry.row.layer is not Layer.HTTP]
    return [(title, side) for title, side in (("On the wire", wire), ("In the client", client)) if side]


def _python(code: str) -> Markup:
    """Python code with its parts marked."""
    return Markup(highlight(words.visible(code), PythonLexer(), HtmlFormatter(nowrap=True)))  # noqa: S704 - it escapes


def _compared(before: str | None, after: str | None) -> list[tuple[str, list[tuple[bool, str]]]]:
    """The values that there are, each as its parts, with whether a part is other in the other value."""
    values = {"before": before, "after": after}
    if before is None or after is None or max(len(before), len(after)) > _COMPARED:
        return [(name, [(False, value)]) for name, value in values.items() if value is not None]
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    codes = matcher.get_opcodes()
    return [
        ("before", list(_parts((tag != "equal", old[start:end]) for tag, start, end, _, _ in codes))),
        ("after", list(_parts((tag != "equal", new[start:end]) for tag, _, _, start, end in codes))),
    ]


def _parts(found: Iterable[tuple[bool, list[str]]]) -> Iterator[tuple[bool, str]]:
    return ((is_other, "".join(tokens)) for is_other, tokens in found if tokens)
