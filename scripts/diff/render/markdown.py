"""The report as Markdown: one comment on a pull request, for a reviewer who has two minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from scripts.ci.diff_comment import COMMENT_LIMIT, MARKER
from scripts.diff.model.report import Bump, Cause, MigrationNote, OverlayChange, Report, Severity
from scripts.diff.render import cutting, outline
from scripts.diff.render.cutting import Block, Item
from scripts.diff.render.escaping import code, fenced, html_code, html_prose, prose, table_row
from scripts.diff.render.outline import Entry, Group, Place
from scripts.diff.render.words import (
    BUMPS,
    CAUSES,
    CHANGES,
    ICONS,
    LAYERS,
    OVERLAY_STATUS,
    Noun,
    announcement,
    clipped,
    headline,
    is_noticed,
    link,
    one_line,
    stale_overlays,
)

LIMIT = COMMENT_LIMIT - 1_536
"""How many characters a report may have: what GitHub takes, which counts code points as ``len`` does, less the links
that a comment has besides."""

# Ranks: what is left out last comes first.
_BREAKING, _NOTES, _OVERLAYS, _WARNING, _MIGRATION, _INFO, _CHANGELOG = range(7)
_RANKS = {Severity.BREAKING: _BREAKING, Severity.WARNING: _WARNING, Severity.INFO: _INFO}
_API = Noun("API", "APIs")
_NOTE = Noun("note on the comparison", "notes on the comparison")
_OVERLAY = Noun("overlay", "overlays")
_TO_DO = Noun("migration note", "migration notes")
_DRAFT = Noun("draft for the changelog", "drafts for the changelog")
_NOUNS = (_API, *CHANGES.values(), _TO_DO, _OVERLAY, _NOTE, _DRAFT)
_PLACE = Noun("place", "places")

# How much of it a reviewer gets to see; the page has all.
_TEXT, _SUBJECT, _VALUE, _CODE = 400, 200, 160, 4_000
_NAMES, _MORE_NAMES = 3, 40
_OPEN_ROWS, _OPEN_PLACES, _OPEN_NOTES = 12, 10, 3


def render(report: Report, *, limit: int = LIMIT) -> str:
    """A report as Markdown, with what breaks users first; the first line is the marker of its comment.

    Args:
        report: the report.
        limit: how many characters it may have. What does not fit is left out, the least important first, and counted.

    Raises:
        ValueError: not even the summary fits.
    """
    head = _head(report)
    body = Block("", [part for part in _body(report) if part.parts])
    text, left_out = cutting.cut(body, limit - len(head))
    if left_out:
        total = cutting.counts(body)
        text, left_out = cutting.cut(body, limit - len(head) - len(_notice(total, total)))
        head += _notice(left_out, total)
    if len(head) + len(text) > limit:
        raise ValueError(f"limit must be {len(head):,} characters or more for this report, and is {limit:,}")
    return f"{(head + text).rstrip()}\n"


def _head(report: Report) -> str:
    lines = [MARKER, f"## API diff: {headline(report)}", ""]
    if is_noticed(report):
        lines += [_summary(report), "", f"Compared: {_said(report.base.text)} → {_said(report.head.text)}."]
    else:
        lines += [
            f"Nothing changes for users of the client from {_said(report.base.text)} to {_said(report.head.text)}."
        ]
        if stale := stale_overlays(report):
            lines += ["", f"⚠️ {_stale(stale)}."]
    return "\n".join(lines) + "\n\n"


def _summary(report: Report) -> str:
    verdict = report.verdict
    counts = [f"{ICONS[severity]} {noun.counted(report.count(severity))}" for severity, noun in CHANGES.items()]
    if report.count(Severity.BREAKING):
        counts[0] = f"**{counts[0]}**"
    parts = [*counts, f"**{BUMPS[verdict.bump]}**"]
    if verdict.bump is not Bump.NONE:
        said = announcement(report)
        parts.append(f"✅ {said}" if verdict.announced else said if report.acceptable else f"❌ **{said}**")
    if stale := stale_overlays(report):
        parts.append(f"⚠️ {_stale(stale)}")
    return f"{' · '.join(parts)}. {_said(verdict.text)}"


def _stale(number: int) -> str:
    return f"{_OVERLAY.counted(number)} no longer {'fits its spec' if number == 1 else 'fit their specs'}"


def _notice(left_out: Counter[Noun], total: Counter[Noun]) -> str:
    parts = [f"{left_out[noun]:,} of {noun.counted(total[noun])}" for noun in _NOUNS if left_out[noun]]
    return f"✂️ **Cut to fit a comment.** Left out: {', '.join(parts)}. The page and the JSON report have all.\n\n"


# --- the parts, in their order ---


def _body(report: Report) -> list[Block]:
    groups = outline.groups(report)
    return [
        Block("### What breaks\n\n", [part for group in groups for part in _breaking(group)]),
        Block("### What users have to do\n\n", _migration(report.migration)),
        Block("### What else changes\n\n", [part for group in groups for part in _others(group)]),
        Block("### Overlays\n\n", [_overlays(group) for group in groups if group.overlays]),
        Block("### For the changelog\n\n", _changelog(report.changelog)),
        Block(
            "### About this comparison\n\n", [Item(f"- {_said(note)}\n", _NOTES, _NOTE) for note in report.notes], "\n"
        ),
    ]


def _breaking(group: Group) -> list[Block]:
    parts: list[Item | Block] = []
    if group.status == "removed":
        parts.append(Item(f"All of it is gone: {_said(group.summary)}.\n\n", _BREAKING, _API))
    places = [place for place in group.places if place.breaks]
    parts += map(_place, places[:_OPEN_PLACES])
    if more := places[_OPEN_PLACES:]:
        parts.append(_fold(f"And {_PLACE.counted(len(more))} more: {_counted(more)}", map(_place, more)))
    return [Block(_group_head(group), parts)] if parts else []


def _others(group: Group) -> list[Block]:
    if group.status == "added":
        return [Block(_group_head(group), [Item(f"It is new: {_said(group.summary)}.\n\n", _INFO, _API)])]
    places = [place for place in group.places if not place.breaks]
    if not places:
        return []
    parts = list(map(_place, places))
    if sum(len(place.entries) for place in places) <= _OPEN_ROWS:
        return [Block(_group_head(group), parts)]
    summary = f"<b>{html_code(group.name)}</b>: {_counted(places)}, in {_PLACE.counted(len(places))}"
    return [_fold(summary, parts)]


def _group_head(group: Group) -> str:
    return f"#### {code(group.name)}{f' ({code(group.package)})' if group.package else ''}\n\n"


def _counted(places: Iterable[Place]) -> str:
    found = list(places)
    totals = {noun: sum(place.count(severity) for place in found) for severity, noun in CHANGES.items()}
    return ", ".join(noun.counted(total) for noun, total in totals.items() if total)


def _place(place: Place) -> Block:
    title = code if place.kind in ("operation", "model") else prose
    head = f"##### {title(clipped(one_line(place.title), _SUBJECT))}"
    head += f" · {code(clipped(place.python, _SUBJECT))}\n\n" if place.python else "\n\n"
    if place.used_by:
        head += f"In requests or answers of {_names(place.used_by)}.\n\n"
    shown, folded = list(place.entries), []
    if place.breaks and len(shown) > _OPEN_ROWS:
        shown, folded = ([entry for entry in place.entries if _breaks(entry) is wanted] for wanted in (True, False))
    parts = [_table(shown)]
    if folded:
        more = Noun("more change that breaks nothing", "more changes that break nothing")
        parts.append(_fold(more.counted(sum(entry.count for entry in folded)), [_table(folded)]))
    return Block(head, parts)


def _breaks(entry: Entry) -> bool:
    return entry.row.severity is Severity.BREAKING


def _table(entries: Iterable[Entry]) -> Block:
    head = table_row("", "Where", "Change", "Before → after", "Cause") + table_row(*["---"] * 5)
    return Block(head, [_row(entry) for entry in entries], "\n")


def _row(entry: Entry) -> Item:
    row = entry.row
    change = [f"{code(clipped(one_line(row.subject), _SUBJECT))}{link(row)} {_said(row.text)}"]
    if entry.count > 1:
        change.append(f"**The same {entry.count:,} times.**")
    if row.hint:
        change.append(f"💡 {_said(row.hint)}")
    if entry.also:
        change.append(f"Also: {_all_names(entry.also)}")
    if entry.operations:
        change.append(f"Concerns: {_all_names(entry.operations)}")
    text = table_row(
        f"{ICONS[row.severity]} {row.severity.value}",
        LAYERS[row.layer],
        "<br>".join(change),
        _values(row.before, row.after),
        _causes(row.causes),
    )
    return Item(text, _RANKS[row.severity], CHANGES[row.severity], entry.count)


def _migration(notes: Sequence[MigrationNote]) -> list[Item]:
    opening = "<details open>" if len(notes) <= _OPEN_NOTES else "<details>"
    return [Item(_migration_note(note, opening), _MIGRATION, _TO_DO) for note in notes]


def _migration_note(note: MigrationNote, opening: str) -> str:
    causes = f" · {_causes(note.causes)}" if note.causes else ""
    text = f"{opening}\n<summary>{html_prose(clipped(one_line(note.title), _SUBJECT))}{causes}</summary>\n\n"
    if note.text:
        text += f"{_said(note.text)}\n\n"
    for title, content in (("Before", note.before), ("After", note.after)):
        if content is not None:
            text += f"{title}:\n\n{_code_block(content)}\n"
    return f"{text}</details>\n\n"


def _code_block(content: str) -> str:
    if len(content) > _CODE:
        return f"(code of {len(content.splitlines()):,} lines, which is too long for a comment; the page has it)\n"
    return "".join(fenced(content, "python"))


def _overlays(group: Group) -> Block:
    head = table_row("Overlay", "", "What is wrong in the spec", "What became of it") + table_row(*["---"] * 4)
    table = Block(head, list(map(_overlay, group.overlays)), "\n")
    if len(group.overlays) <= _OPEN_ROWS:
        return Block(_group_head(group), [table])
    return _fold(f"<b>{html_code(group.name)}</b>: {_OVERLAY.counted(len(group.overlays))}", [table])


def _overlay(change: OverlayChange) -> Item:
    is_stale = change.status == "stale"
    status = f"⚠️ **{OVERLAY_STATUS['stale']}**" if is_stale else prose(OVERLAY_STATUS.get(change.status, change.status))
    name = code(PurePosixPath(change.file).name)
    text = table_row(name, status, _said(change.title), _said(change.text))
    return Item(text, _BREAKING if is_stale else _OVERLAYS, _OVERLAY)


def _changelog(draft: str) -> list[Block]:
    if not draft.strip():
        return []
    opening, content, closing = fenced(draft, "markdown")
    return [_fold("A draft", [Block(opening, [Item(content, _CHANGELOG, _DRAFT)], f"{closing}\n")])]


# --- what they are made of ---


def _fold(summary: str, parts: Iterable[Item | Block]) -> Block:
    """Parts that are shown when somebody asks for them; the summary is HTML."""
    return Block(f"<details>\n<summary>{summary}</summary>\n\n", list(parts), "</details>\n\n")


def _said(text: str) -> str:
    return prose(clipped(one_line(text), _TEXT))


def _names(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    shown = ", ".join(code(clipped(one_line(name), _SUBJECT)) for name in names[:_NAMES])
    more = len(names) - _NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _all_names(names: Sequence[str]) -> str:
    """The same for a cell, with most of the others to be unfolded."""
    shown, more = names[:_NAMES], names[_NAMES:]
    text = ", ".join(code(clipped(one_line(name), _SUBJECT)) for name in shown)
    if not more:
        return text
    listed = ", ".join(code(clipped(one_line(name), _SUBJECT)) for name in more[:_MORE_NAMES])
    rest = f" and {len(more) - _MORE_NAMES:,} more" if len(more) > _MORE_NAMES else ""
    return f"{text} <details><summary>and {len(more):,} more</summary>{listed}{rest}</details>"


def _values(before: str | None, after: str | None) -> str:
    old, new = (None if value is None else code(clipped(one_line(value), _VALUE)) for value in (before, after))
    if old is None:
        return "" if new is None else f"now {new}"
    return f"was {old}" if new is None else f"{old} → {new}"


def _causes(causes: Sequence[Cause]) -> str:
    return ", ".join(CAUSES[cause] for cause in causes)
