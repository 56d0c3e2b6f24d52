"""The report as one HTML page that needs nothing else: no other file, no network, and no script to be read.

The page says so itself, to the browser: its content security policy allows the one style and the one script that are in
it, by their hashes, and nothing besides.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from scripts.diff.model.report import Report, Severity, Source
from scripts.diff.render import text

FOLDER = Path(__file__).with_name("page")

_TOKENS = re.compile(r"\w+|\s+|.", re.DOTALL)
_OPEN_ROWS = 20
"""Changes of an API that are shown unfolded."""
_NAMES = 10
"""Operations that are named at a place."""
_COMPARED = 2_000
"""Characters that values may have to be compared word by word."""


def render(report: Report) -> str:
    """Return a report as a page.

    Args:
        report: the report.
    """
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def address(source: Source) -> str | None:
        url = (report.base if source.is_old else report.head).url
        return f"{url}/{source.file}#L{source.line}" if url else None

    environment.filters.update(spans=text.spans, python=_python, compared=_compared, address=address)
    overlays = [change for api in report.apis for change in api.overlays]
    rewordings = sum(api.rewordings for api in report.apis)
    remark = f"{rewordings:,} texts for people differ, such as descriptions; that changes no call."
    return environment.get_template("page.html.jinja").render(
        report=report,
        overlays=sorted(overlays, key=lambda change: change.status != "stale"),
        remarks=[*report.notes, *([remark] if rewordings else [])],
        filters=_filters(report),
        causes=text.CAUSES,
        open_rows=_OPEN_ROWS,
        many=_NAMES,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=(
            f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def _source(content: str) -> str:
    """The name of an inline style or script in a content security policy."""
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _filters(report: Report) -> list[tuple[str, str, list[tuple[StrEnum, str, int]]]]:
    """The choices of changes: a heading, a name, and the values that there are with their words and numbers."""
    severities = [(one, one.value, sum(change.severity is one for change in report.changes)) for one in Severity]
    causes = [(one, word, sum(one in change.causes for change in report.changes)) for one, word in text.CAUSES.items()]
    found: list[tuple[str, str, list[Any]]] = [("Severity", "severity", severities), ("Cause", "causes", causes)]
    return [(legend, name, [choice for choice in choices if choice[2]]) for legend, name, choices in found]


def _shown(value: Any) -> Any:
    """A value as it is written: of a text, all characters that cannot be seen as escapes."""
    value = str(value) if isinstance(value, Source) else value
    return text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _python(code: str) -> Markup:
    """Python code with its parts marked."""
    return Markup(highlight(text.visible(code), PythonLexer(), HtmlFormatter(nowrap=True)))  # noqa: S704 - it escapes


def _compared(before: str | None, after: str | None) -> list[tuple[str, list[tuple[bool, str]]]]:
    """Split the values into parts, and flag those that differ in the other value."""
    values = {"before": before, "after": after}
    if before is None or after is None or max(len(before), len(after)) > _COMPARED:
        return [(name, [(False, value)]) for name, value in values.items() if value is not None]
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        ("before", list(_parts((tag != "equal", old[start:end]) for tag, start, end, _, _ in codes))),
        ("after", list(_parts((tag != "equal", new[start:end]) for tag, _, _, start, end in codes))),
    ]


def _parts(found: Iterable[tuple[bool, list[str]]]) -> Iterator[tuple[bool, str]]:
    return ((is_other, "".join(tokens)) for is_other, tokens in found if tokens)
