"""One change for what users take for one: in a method, its async twin, its operation's functions, and all models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scripts.diff.model.elements import Kind, Surface, split
from scripts.diff.model.findings import Finding
from scripts.diff.model.report import Row
from scripts.diff.model.types import Type, union
from scripts.diff.surface.modules import Names, Place
from scripts.diff.surface.sources import CLIENT

_LISTS = ("abwire_core.pages.Pages", "abwire_core.pages.AsyncPages")
_RAW = "abwire_core.types.Response"
_OF_BASES = ("base-added", "base-removed")


@dataclass(frozen=True)
class Change:
    """A change as users see it.

    Attributes:
        row: how it is reported, but for its causes and operations.
        place: what it belongs to.
        paths: the elements that it was found in, the one of the row's subject first.
        successor: if that one is gone, the path of the one that seems to stand in its place; None if there is none.
    """

    row: Row
    place: Place
    paths: tuple[str, ...]
    successor: str | None = None


def merge(findings: Sequence[Finding], old: Surface, new: Surface, names: Names) -> list[Change]:
    """The changes behind findings.

    Args:
        findings: what changed, element by element.
        old: the surface before.
        new: the surface after.
        names: the names in both.
    """
    everywhere = _everywhere(findings, old, new, names)
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        path = everywhere.get(finding, finding.path)
        groups.setdefault((names.common(path), *_essence(finding)), []).append(finding)
    return [_change(group, everywhere.get(group[0]), names) for group in groups.values()]


def _change(findings: Iterable[Finding], everywhere: str | None, names: Names) -> Change:
    found = sorted(findings, key=lambda finding: names.rank(finding.path))
    first = found[0]
    places = [names.place(finding.path) for finding in found]
    if everywhere:
        subjects, place = [names.subject(everywhere)], Place(places[0].package)
    else:
        subjects = list(dict.fromkeys(subject for finding in found for subject in names.subjects(finding.path)))
        place = places[0]
    row = Row(
        layer=first.layer,
        severity=first.severity,
        check=first.check,
        subject=subjects[0],
        text=first.text,
        before=first.before,
        after=first.after,
        hint=first.hint,
        also=tuple(subjects[1:]),
    )
    return Change(row, place, tuple(finding.path for finding in found), first.successor)


def _essence(finding: Finding) -> tuple[object, ...]:
    """What the findings of one change have in common, besides where they are."""
    if finding.types is not None:
        return finding.severity, finding.text, _difference(*finding.types)
    if finding.path.endswith(")"):
        return finding.severity, finding.text, finding.before, finding.after
    return finding.severity, finding.text  # else twins differ, as their signatures do


def _difference(before: Type, after: Type) -> tuple[frozenset[Type], frozenset[Type]]:
    """What went and what came, however a twin gives it: a list is several pages, and a raw answer has it inside."""
    old, new = (frozenset(_bare(found).members) for found in (before, after))
    return old - new, new - old


def _bare(found: Type) -> Type:
    if found.name == _RAW:
        return _bare(union(found.arguments))
    if found.name in _LISTS:
        return Type("list", found.arguments)
    return found


# --- what is the same in all models ---


def _everywhere(findings: Iterable[Finding], old: Surface, new: Surface, names: Names) -> dict[Finding, str]:
    """The findings of which every model of an API has the same, with one path for all.

    Such are changes of methods and base classes only, which come from the template that makes all models.
    """
    models: dict[str, set[str]] = {}
    for path, element in new.items():
        if element.kind is Kind.MODEL and path in old and path.startswith(f"{CLIENT}."):
            models.setdefault(split(path)[0], set()).add(path)
    of_model = {path: module for module, paths in models.items() for path in paths}
    groups: dict[tuple[object, ...], dict[str, Finding]] = {}
    for finding in findings:
        model = finding.path if finding.check in _OF_BASES else split(names.method(finding.path) or "")[0]
        if model in of_model:
            path = f"{of_model[model]}.*{finding.path.removeprefix(model)}"
            groups.setdefault((path, *_essence(finding), finding.before, finding.after), {})[model] = finding
    return {
        finding: str(path)
        for (path, *_), group in groups.items()
        if len(group) > 1 and group.keys() in models.values()
        for finding in group.values()
    }
