"""Migration notes: one for each kind of break, with code before and after that type-checks on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scripts.diff.migration import typecheck
from scripts.diff.migration.snippets import Snippet, Snippets
from scripts.diff.model.report import Change, Note, Severity, breaks_code
from scripts.diff.surface.surface_changes import Surface, SurfaceChange

_TEXTS = {
    "renamed": "Use the new name.",
    "required-": "Give it wherever you call or construct this.",
    "now-required": "Give it wherever you left it out.",
    "now-optional": "Expect that it is absent: it is UNSET then.",
    "now-keyword": "Give it by its name.",
    "now-positional": "Give it by its position.",
    "arguments-reordered": "Check the order of the arguments that you give by position, or give them by name.",
    "async-changed": "Check where the call is awaited.",
    "base-removed": "Check what catches or tests for the class, or uses members of it.",
    "member-removed": "Should the API still send the value, it is kept; to send it, construct it from its value.",
    "type-changed": "Check the code that reads or passes it.",
    "removed": "Nothing stands in its place: delete the code that uses it.",
}
"""Instruction, by a part of the check's id; the first that fits."""


def notes_on(
    changes: Sequence[Change],
    python: Sequence[SurfaceChange],
    surfaces: tuple[Surface, Surface],
    roots: tuple[Path, Path],
    folder: Path,
) -> tuple[Note, ...]:
    """Return the notes on all changes that break code.

    Args:
        changes: the changes.
        python: the changes of the Python surface behind them, with the packages of their APIs.
        surfaces: the surfaces before and after.
        roots: the projects before and after, for the type check.
        folder: a folder that does not exist yet.

    Raises:
        DiffError: the type checker fails.
    """
    groups: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        if breaks_code(change):
            check = _check(change)
            groups.setdefault((change.api, check, change.text if check == "type-changed" else ""), []).append(change)
    notes, snippets = [], []
    for (api, check, _), found in groups.items():
        first = found[0]
        count = sum(len(change.places) for change in found)
        notes.append(
            Note(
                title=f"`{first.subject}` {first.text}" + (f", and {count - 1} more like it" if count > 1 else ""),
                text=next((text for part, text in _TEXTS.items() if part in check), "Check the code that uses it."),
                before=None,
                after=None,
                causes=tuple(dict.fromkeys(cause for change in found for cause in change.causes)),
                count=count,
            )
        )
        snippets.append(_code(api.replace("-", "_"), check, first, python, surfaces))
    return _checked(notes, snippets, roots, folder)


def _check(change: Change) -> str:
    """The check that decides what to do: for a name that went, that it did."""
    checks = [check.removeprefix("python-") for check in change.checks if check.startswith("python-")]
    return next((check for part in ("renamed", "removed", *_TEXTS) for check in checks if part in check), "")


def _code(
    package: str, check: str, change: Change, python: Sequence[SurfaceChange], surfaces: tuple[Surface, Surface]
) -> tuple[Snippet | None, Snippet | None]:
    wanted = [
        one
        for one in python
        if one.check == check
        and one.severity is Severity.BREAKING
        and one.path.startswith(f"{package}:")
        and (_shown(one) in change.subject or one.text in change.text)
    ]
    exact = [one for one in wanted if _shown(one) == change.subject.replace("()", "")] or wanted
    if not exact:
        return None, None
    one = exact[0]
    before = Snippets(surfaces[0], package, is_new=False).use(one.old_path or one.path, one) if one.old_path else None
    later = Snippets(surfaces[1], package, is_new=True)
    after = later.use(one.path, one)
    if one.old_path is None and one.kind in ("parameter", "field"):
        owner = one.path[: one.path.rindex("(" if one.kind == "parameter" else ".")]
        old = Snippets(surfaces[0], package, is_new=False)
        before = old.use(owner, one) if one.kind == "parameter" else old.build(owner, "")
    if check == "member-removed":
        element = surfaces[0][one.path]
        after = later.value(one.path.rpartition(".")[0], element["value"])
    elif check.endswith("removed") and one.kind == "parameter":
        after = later.use(one.path[: one.path.rindex("(")], one)
    if before and after and before.text == after.text:
        return None, None
    return before, after


def _shown(change: SurfaceChange) -> str:
    """The subject of a change of the surface, as a report has it."""
    path = (change.old_path or change.path).partition(":")[2]
    return path.removeprefix("models.") if path.startswith("models.") else path.partition(".")[2]


def _checked(
    notes: Sequence[Note],
    snippets: Sequence[tuple[Snippet | None, Snippet | None]],
    roots: tuple[Path, Path],
    folder: Path,
) -> tuple[Note, ...]:
    """The notes with the code that type-checks."""
    valid = []
    for side, name in enumerate(("before", "after")):
        codes = {number: one.module for number, pair in enumerate(snippets) if (one := pair[side])}
        valid.append(typecheck.valid(codes, roots[side], folder / name))
    made = []
    for number, (note, pair) in enumerate(zip(notes, snippets, strict=True)):
        texts = [one.text if one and number in valid[side] else None for side, one in enumerate(pair)]
        made.append(replace(note, before=texts[0], after=texts[1] if texts[0] else None))
    return tuple(made)
