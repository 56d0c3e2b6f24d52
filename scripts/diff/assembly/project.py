"""Compare two states of the project, API by API, and judge what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.codegen import manifest
from scripts.diff.assembly import apis, verdict
from scripts.diff.assembly.apis import Side
from scripts.diff.assembly.sections import Sections
from scripts.diff.contract.usage import Index
from scripts.diff.inputs import clients
from scripts.diff.inputs.states import Tree
from scripts.diff.migration import changelog, typecheck
from scripts.diff.migration.notes import Writer
from scripts.diff.model.report import Cause, MigrationNote, Report, Section, Severity
from scripts.diff.surface import reading
from scripts.diff.surface.comparing import compare as compare_surfaces
from scripts.diff.surface.rules import Usage, Use
from scripts.diff.surface.twins import Change
from scripts.specs.project import Api, find_apis


def compare(base: Tree, head: Tree, *, tags: Sequence[str], folder: Path) -> Report:
    """Compare two states.

    Args:
        base: the state before.
        head: the state after; its client is made anew if it is out of date.
        tags: the tags of releases in the history of the base.
        folder: a folder for clients that have to be made.

    Raises:
        DiffError: the client of the head cannot be made, or a contract cannot be compared.
        SurfaceError: a client cannot be read.
        NodeToolError: oasdiff is not installed.
        InputError: a spec or an overlay is not valid.
    """
    after = _apis(head)
    notes = clients.refresh(head.root, list(after.values()), folder / "refreshed")
    before = {name: api for name, api in _apis(base).items() if manifest.read(base.root).get("apis", {}).get(name)}
    surfaces = reading.load(base.root), reading.load(head.root)
    sides = {
        name: (Side(base, before.get(name), surfaces[0]), Side(head, after.get(name), surfaces[1]))
        for name in sorted({*before, *after})
    }
    sections = {name: Sections(old.index(), new.index()) for name, (old, new) in sides.items()}
    changes = compare_surfaces(*surfaces, _usage(sections))
    found, migration = [], []
    for name, (old, new) in sides.items():
        python = [change for change in changes if change.place.package == _package(name)]
        api, breaks = apis.compare(old, new, python, sections[name], folder / name)
        found.append(api)
        migration += breaks
    runtime, breaks = _runtime(changes, Writer(*surfaces))
    migration = typecheck.checked([*migration, *breaks], base.root, head.root, folder / "migration")
    rows = [row for part in (*(api.sections for api in found), runtime) for section in part for row in section.rows]
    judged = verdict.judge(rows, released=_released(base, tags), actual=verdict.version_of(head.root))
    return Report(
        base=base.state,
        head=head.state,
        verdict=judged,
        apis=tuple(found),
        runtime=runtime,
        migration=tuple(migration),
        changelog=changelog.draft(judged.required, found, runtime, migration),
        notes=tuple(notes),
    )


def _runtime(changes: Sequence[Change], writer: Writer) -> tuple[tuple[Section, ...], list[MigrationNote]]:
    """The changes that belong to no API, with the notes on what breaks."""
    sections = Sections(Index({}), Index({}))
    rows = [
        (change, sections.add_change(change, (Cause.RUNTIME,))) for change in changes if change.place.package is None
    ]
    notes = [writer.note(change, row, Use()) for change, row in rows if row.severity is Severity.BREAKING]
    return sections.made(), notes


def _released(base: Tree, tags: Sequence[str]) -> str | None:
    """The version that users have."""
    if not (base.root / "generated").is_dir():
        return None
    return verdict.last_release(tags) or verdict.version_of(base.root)


def _usage(sections: Mapping[str, Sections]) -> Usage:
    by_package = {_package(name): found for name, found in sections.items()}

    def usage(package: str, model: str) -> Use:
        return by_package[package].use(model) if package in by_package else Use()

    return usage


def _package(name: str) -> str:
    return Api(name, Path(), ()).package


def _apis(tree: Tree) -> dict[str, Api]:
    if not (tree.root / "specs").is_dir():
        return {}
    return {api.name: api for api in find_apis(tree.root)}
