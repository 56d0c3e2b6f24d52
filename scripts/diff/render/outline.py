"""In which order a report is told, and what is told once for many places; the same in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scripts.diff.model.report import ApiChange, Layer, OverlayChange, Report, Row, Section, Severity

REPEATED = 5
"""In how many places a change has to be the same to be told once for all of them."""

_SEVERITIES = list(Severity)
_LAYERS = list(Layer)


@dataclass(frozen=True)
class Entry:
    """A change, or one that is the same in many places.

    Attributes:
        row: the change; the first of them.
        also: other subjects with the same change.
        operations: the operations that it concerns, where its place does not say it.
        count: how many changes it stands for.
    """

    row: Row
    also: tuple[str, ...]
    operations: tuple[str, ...]
    count: int = 1


@dataclass(frozen=True)
class Place:
    """The changes of one thing, or those that are the same in many.

    Attributes:
        kind: as in a section; ``repeated`` for changes that are the same in many places.
        title: as in a section.
        python: as in a section.
        used_by: as in a section.
        entries: the changes, the most severe first.
    """

    kind: str
    title: str
    python: str | None
    used_by: tuple[str, ...]
    entries: tuple[Entry, ...]

    def count(self, severity: Severity) -> int:
        """How many changes of a severity it tells."""
        return sum(entry.count for entry in self.entries if entry.row.severity is severity)

    @property
    def breaks(self) -> bool:
        """Whether any of its changes breaks users."""
        return any(entry.row.severity is Severity.BREAKING for entry in self.entries)


@dataclass(frozen=True)
class Group:
    """The changes of one API, or of the runtime.

    Attributes:
        name: its name.
        package: its package; None for the runtime.
        status: as in the change of an API.
        summary: one line on its size; empty for the runtime.
        places: the changes, the most severe first, and of these what is the same in many places.
        overlays: what became of its overlays, those that no longer fit first.
    """

    name: str
    package: str | None
    status: str
    summary: str
    places: tuple[Place, ...]
    overlays: tuple[OverlayChange, ...]

    def count(self, severity: Severity) -> int:
        """How many changes of a severity it tells."""
        return sum(place.count(severity) for place in self.places)


def groups(report: Report) -> list[Group]:
    """The APIs of a report in which something changed, in their order, and then the runtime."""
    found = [_of_api(api) for api in report.apis]
    found.append(Group("runtime", None, "changed", "", _places(report.runtime), ()))
    return [group for group in found if group.places or group.overlays or group.status in ("added", "removed")]


def _of_api(api: ApiChange) -> Group:
    overlays = tuple(sorted(api.overlays, key=lambda change: (change.status != "stale", change.file)))
    return Group(api.name, api.package, api.status, api.summary, _places(api.sections), overlays)


def _places(sections: Sequence[Section]) -> tuple[Place, ...]:
    repeats = _repeats(sections)
    places = [_repeated(repeats)] if repeats else []
    for section in sections:
        rows = sorted((row for row in section.rows if _sameness(row) not in repeats), key=_rank)
        if rows:
            entries = tuple(Entry(row, row.also, _unsaid(row, section)) for row in rows)
            places.append(Place(section.kind, section.title, section.python, section.used_by, entries))
    return tuple(sorted(places, key=lambda place: _SEVERITIES.index(place.entries[0].row.severity)))


def _rank(row: Row) -> tuple[int, int]:
    """The most severe first, and of these what goes over the wire before the code that makes it."""
    return _SEVERITIES.index(row.severity), _LAYERS.index(row.layer)


def _unsaid(row: Row, section: Section) -> tuple[str, ...]:
    """The operations that a row concerns, unless they are all that its section is about."""
    return () if set(row.operations) in ({section.title}, set(section.used_by)) else row.operations


def _sameness(row: Row) -> tuple[object, ...]:
    """What rows have in common that say the same of different subjects."""
    return row.severity, row.layer, row.check, row.text, row.causes, row.before, row.after, row.hint


def _repeats(sections: Iterable[Section]) -> dict[tuple[object, ...], list[Row]]:
    """The rows that are the same in many sections."""
    found: dict[tuple[object, ...], list[Row]] = {}
    titles: dict[tuple[object, ...], set[str]] = {}
    for section in sections:
        for row in section.rows:
            found.setdefault(_sameness(row), []).append(row)
            titles.setdefault(_sameness(row), set()).add(section.title)
    return {sameness: rows for sameness, rows in found.items() if len(titles[sameness]) >= REPEATED}


def _repeated(repeats: dict[tuple[object, ...], list[Row]]) -> Place:
    entries = tuple(
        Entry(
            rows[0],
            tuple(dict.fromkeys(_subjects(rows)))[1:],
            tuple(dict.fromkeys(name for row in rows for name in row.operations)),
            len(rows),
        )
        for rows in sorted(repeats.values(), key=lambda rows: _rank(rows[0]))
    )
    return Place("repeated", "The same in many places", None, (), entries)


def _subjects(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield row.subject
        yield from row.also
