"""The report as Markdown: one comment on a pull request, for a reviewer who has two minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from scripts.ci.diff_comment import COMMENT_LIMIT, MARKER
from scripts.diff.model.report import Change, Note, Report, Severity, State
from scripts.diff.render.text import (
    CAUSES,
    ICONS,
    MEANINGS,
    clipped,
    code,
    fenced,
    html_prose,
    one_line,
    prose,
    table_row,
)

LIMIT = COMMENT_LIMIT - 1_536
"""Characters that a report may have: those that GitHub takes, less the links that a comment has besides."""
OPEN_ROWS = 5
"""Rows that are shown unfolded."""
_LENGTHS = ((400, 40, 60), (150, 15, 40), (60, 8, 20), (25, 4, 10), (OPEN_ROWS, 1, 3))
"""Rows, notes and names of places in a report; the first that fits is taken."""
_TEXT, _SUBJECT, _CODE = 300, 120, 1_500


def render(report: Report, *, limit: int = LIMIT) -> str:
    """Return a report as Markdown; the first line is the marker of its comment.

    Args:
        report: the report.
        limit: characters that it may have. A shorter form is taken until one fits; each says what it leaves out.

    Raises:
        ValueError: not even the shortest form fits.
    """
    text = ""
    for rows, notes, names in _LENGTHS:
        text = _rendered(report, rows, notes, names)
        if len(text) <= limit:
            return text
    raise ValueError(f"limit must be {len(text):,} characters or more for this report, and is {limit:,}")


def _rendered(report: Report, rows: int, notes: int, names: int) -> str:
    parts = [MARKER, f"\n## API diff: {report.verdict.headline}\n\n", _summary(report), "\n\n"]
    shown = report.changes[:rows]
    parts += _table(report, shown[:OPEN_ROWS], names)
    if more := shown[OPEN_ROWS:]:
        parts += _fold(f"And {_counted(more)}", _table(report, more, names))
    if left := report.changes[rows:]:
        parts.append(f"✂️ Left out: {_counted(left)}. The page and the JSON report have all.\n\n")
    parts += _migration(report.migration, notes)
    parts += _overlays(report, rows)
    remarks = [*map(prose, report.notes)]
    if rewordings := sum(api.rewordings for api in report.apis):
        remarks.append(f"{rewordings:,} texts for people differ, such as descriptions; that changes no call.")
    parts.append("".join(f"- {remark}\n" for remark in remarks))
    return "".join(parts).rstrip() + "\n"


def _summary(report: Report) -> str:
    states = f"{_state(report.base)} → {_state(report.head)}"
    sign = "" if report.acceptable else "❌ "
    stale = (
        f" ⚠️ {report.stale} overlays no longer fit their specs."
        if report.stale > 1
        else " ⚠️ An overlay no longer fits its spec."
        if report.stale
        else ""
    )
    return f"{sign}{prose(report.verdict.text)}{stale} ({states})"


def _state(state: State) -> str:
    return prose(state.text)


def _counted(changes: Sequence[Change]) -> str:
    counts = {severity: sum(change.severity is severity for change in changes) for severity in Severity}
    return ", ".join(f"{count:,} changes {MEANINGS[severity]}" for severity, count in counts.items() if count)


# --- changes ---


def _table(report: Report, changes: Sequence[Change], names: int) -> list[str]:
    if not changes:
        return []
    head = table_row("", "Change", "Wire", "Python", "Cause", "Where") + table_row(*["---"] * 6)
    several = len({change.api for change in report.changes}) > 1
    return [head, *(_row(report, change, names, is_named=several) for change in changes), "\n"]


def _row(report: Report, change: Change, names: int, *, is_named: bool) -> str:
    first = change.places[0]
    name = f"{prose(change.api)}: " if is_named else ""
    text = f"{name}**{_name(first.subject)}** {prose(clipped(one_line(change.text), _TEXT))}"
    if change.is_vendors:
        text += ". *Already so on the vendor's side: release soon*"
    behind = _behind(change)
    text += f"<br>{behind}" if behind else ""
    if len(change.places) > 1:
        others = [place.subject for place in change.places[1:]]
        listed = ", ".join(_name(other) for other in others[:names])
        rest = f" and {len(others) - names:,} more" if len(others) > names else ""
        text += f"<br><details><summary>the same in {len(change.places):,} places</summary>{listed}{rest}</details>"
    causes = ", ".join(CAUSES[cause] for cause in change.causes)
    return table_row(
        ICONS[change.severity], text, _severity(change.wire), _severity(change.python), causes, _link(report, change)
    )


def _name(subject: str) -> str:
    return code(clipped(one_line(subject).replace("`", "'"), _SUBJECT))


def _behind(change: Change) -> str:
    """The operations behind a name, or the methods that a model is used in."""
    operations = list(dict.fromkeys(name for place in change.places[:1] for name in place.operations))
    if len(change.places) > 1 or not operations:
        return ""
    calls = list(dict.fromkeys(call for place in change.places for call in place.calls))
    if len(operations) == 1:
        call = (
            f"{_name(calls[0])} · "
            if calls and calls[0].rstrip(")") not in change.subject and calls[0] not in operations
            else ""
        )
        return call + ("" if operations[0] == change.subject else _name(operations[0]))
    more = f" and {len(calls) - 3} more" if len(calls) > 3 else ""
    return f"in {', '.join(map(_name, calls[:3]))}{more}"


def _severity(severity: Severity | None) -> str:
    return f"{ICONS[severity]} {severity.value}" if severity else "-"


def _link(report: Report, change: Change) -> str:
    source = change.places[0].source
    if source is None:
        return ""
    url = (report.base if source.is_old else report.head).url
    name = f"{PurePosixPath(source.file).name}:{source.line}"
    return f"[{code(name)}]({url}/{source.file}#L{source.line})" if url else code(str(source))


# --- what follows ---


def _migration(notes: Sequence[Note], limit: int) -> Iterator[str]:
    for note in notes[:limit]:
        title = html_prose(clipped(one_line(note.title), _TEXT))
        parts = [f"{prose(note.text)}\n\n"]
        if note.before and len(note.before) + len(note.after or "") <= _CODE:
            code_after = f"# after\n{note.after}" if note.after else ""
            parts.append(fenced(f"# before\n{note.before}{code_after}", "python"))
        yield from _fold(f"To do: {title}", parts)
    if left := len(notes) - limit:
        yield f"{left:,} more notes are on the page.\n\n" if left > 0 else ""


def _overlays(report: Report, limit: int) -> list[str]:
    found = [(api, change) for api in report.apis for change in api.overlays]
    found.sort(key=lambda one: one[1].status != "stale")
    if not found:
        return []
    rows = []
    for _, change in found[:limit]:
        status = "⚠️ no longer fits" if change.status == "stale" else prose(change.status)
        text = prose(clipped(one_line(change.text), _TEXT))
        rows.append(f"- {code(change.file.removeprefix('overlays/'))} {status}: {text}\n")
    more = [f"- and {len(found) - limit:,} more\n"] if len(found) > limit else []
    return _fold(f"Overlays: {len(found)}", [*rows, *more, "\n"], is_open=report.stale > 0)


def _fold(summary: str, parts: Sequence[str], *, is_open: bool = False) -> list[str]:
    """Parts that are shown when somebody asks for them; the summary is HTML."""
    return [f"<details{' open' if is_open else ''}>\n<summary>{summary}</summary>\n\n", *parts, "\n</details>\n\n"]
