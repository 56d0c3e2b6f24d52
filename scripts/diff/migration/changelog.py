"""A draft of the entry in the changelog, for people to finish."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from scripts.diff.model.report import Change, Note, Severity, breaks_code

_NAMES = 12


def draft(version: str, changes: Sequence[Change], notes: Sequence[Note]) -> str:
    """Return the entry of a version, as Markdown; it is empty if users would not notice anything.

    Args:
        version: the version.
        changes: the changes.
        notes: the notes on what breaks.
    """
    lines = [line for note in notes for line in _break(note)]
    others = [change for change in changes if change.python is not None and not breaks_code(change)]
    others = [change for change in others if change.severity is not Severity.UNJUDGED]
    added = [f"`{place.subject}`" for change in others if change.text == "was added" for place in change.places]
    if added:
        more = f" and {len(added) - _NAMES} more" if len(added) > _NAMES else ""
        lines.append(f"* New: {', '.join(added[:_NAMES])}{more}.")
    lines += [f"* `{change.subject}`{_more(change)} {change.text}." for change in others if change.text != "was added"]
    lines += [f"* The API: `{change.subject}`{_more(change)} {change.text}." for change in changes if change.is_vendors]
    return f"## {version} (unreleased)\n\n" + "\n".join(lines) + "\n" if lines else ""


def _more(change: Change) -> str:
    return f" and {len(change.places) - 1} more:" if len(change.places) > 1 else ""


def _break(note: Note) -> Iterator[str]:
    yield f"* **Breaking**: {note.title}. {note.text}"
    for name, code in (("Before", note.before), ("After", note.after)):
        if code:
            fenced = textwrap.indent(f"```python\n{code}```", "  ")
            yield f"\n  {name}:\n\n{fenced}"
