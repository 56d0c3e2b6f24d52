"""A draft of what the changelog should say, for people to finish."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from scripts.diff.model.report import ApiChange, Layer, MigrationNote, Row, Section, Severity

_ADDED = "-added"


def draft(version: str, apis: Sequence[ApiChange], runtime: Sequence[Section], notes: Sequence[MigrationNote]) -> str:
    """The entry of a version, as Markdown; empty if users would not notice anything.

    Args:
        version: the version.
        apis: what changed in the APIs.
        runtime: what changed in the runtime.
        notes: the notes on what breaks.
    """
    sections = [(api.package, api.sections) for api in apis] + [("", tuple(runtime))]
    lines = [line for note in notes for line in _break(note)]
    for package, found in sections:
        rows = [row for section in found for row in section.rows if row.layer is not Layer.HTTP]
        lines += _others(package, [row for row in rows if row.severity is not Severity.BREAKING])
    return f"## {version} (unreleased)\n\n" + "\n".join(lines) + "\n" if lines else ""


def _break(note: MigrationNote) -> Iterator[str]:
    yield f"* **Breaking**: {note.title}. {note.text}"
    for name, code in (("Before", note.before), ("After", note.after)):
        if code:
            fenced = textwrap.indent(f"```python\n{code}```", "  ")
            yield f"\n  {name}:\n\n{fenced}"


def _others(package: str, rows: Sequence[Row]) -> Iterator[str]:
    added = [f"`{row.subject}`" for row in rows if row.check.endswith(_ADDED) and row.severity is Severity.INFO]
    if added:
        where = f" in `{package}`" if package else ""
        yield f"* New{where}: {', '.join(added)}."
    for row in rows:
        if f"`{row.subject}`" not in added or not row.check.endswith(_ADDED):
            change = f" ({row.before} -> {row.after})" if row.before and row.after else ""
            yield f"* `{row.subject}` {row.text}{change}."
