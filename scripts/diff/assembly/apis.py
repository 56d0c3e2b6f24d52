"""Compare one API in two states: contract, behaviour, Python surface and overlays, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.codegen import manifest
from scripts.diff.assembly.sections import Sections
from scripts.diff.contract import handling, oasdiff
from scripts.diff.contract.usage import Index
from scripts.diff.inputs import overlay_changes, steps
from scripts.diff.inputs.causes import Causes, Stretch
from scripts.diff.inputs.states import Tree
from scripts.diff.migration.notes import Writer, notes_on_contract
from scripts.diff.model.elements import Surface
from scripts.diff.model.report import ApiChange, Cause, MigrationNote, Severity
from scripts.diff.surface import reading
from scripts.diff.surface.twins import Change
from scripts.specs import documents
from scripts.specs.project import Api


@dataclass(frozen=True)
class Side:
    """One API in one state.

    Attributes:
        tree: the state.
        api: the API; None if it is not there, or has no client yet.
        surface: the Python surface of the state.
    """

    tree: Tree
    api: Api | None
    surface: Surface

    def index(self) -> Index:
        """The names of the API."""
        return Index(documents.load(_spec(self.tree.root, self.api), keep_comments=False) if self.api else {})


def compare(
    old: Side, new: Side, python: Sequence[Change], sections: Sections, folder: Path
) -> tuple[ApiChange, list[MigrationNote]]:
    """The changes of an API that at least one of two states has, with the notes on what breaks.

    Args:
        old: the API before.
        new: the API after.
        python: what has changed in its Python surface.
        sections: puts the changes together; without any yet.
        folder: a folder that does not exist yet, for the clients in between.

    Raises:
        NodeToolError: oasdiff is not installed.
        DiffError: the contract cannot be compared.
        InputError: a spec or an overlay is not valid.
    """
    there = new if new.api else old
    assert there.api is not None
    status = "changed"
    if old.api is None or new.api is None:
        # What it consists of is not told: users see that all of it is new, or gone.
        status = "added" if new.api else "removed"
        causes = Causes((Cause.SPEC,), [])
    else:
        whole = _stretch(there.api, (), (old.tree.root, new.tree.root), (old.surface, new.surface))
        changes = bool(python or whole.findings or whole.handlings)
        causes = _causes(old, new, old.api, new.api, folder) if changes else Causes((), [])
        rules = oasdiff.rules()
        for finding in whole.findings:
            rule = rules.get(finding.check)
            sections.add_finding(finding, causes.of_finding(finding), rule.reason if rule else None)
        for handling in whole.handlings:
            sections.add_handling(handling, causes.of_handling(handling))
    writer = Writer(old.surface, new.surface)
    notes = []
    for change in python:
        row = sections.add_change(change, causes.of_elements(change.paths))
        if row.severity is Severity.BREAKING:
            notes.append(writer.note(change, row, sections.use(change.place.model)))
    made = sections.made()
    found = ApiChange(
        name=there.api.name,
        package=f"abwire.{there.api.package}",
        status="unchanged" if status == "changed" and not made else status,
        summary=_size(there.tree.root, there.api),
        sections=made,
        overlays=tuple(overlay_changes.compare(old.api, new.api)),
    )
    return found, [*notes, *notes_on_contract(made)]


def _causes(old: Side, new: Side, before: Api, after: Api, folder: Path) -> Causes:
    kinds = steps.changed_kinds(old.tree, new.tree, before, after) or [Cause.TEMPLATE]
    stretches = []
    if len(kinds) > 1:
        root, seen = old.tree.root, old.surface
        for step in steps.steps(kinds, new.tree, before, after, folder):
            now = new.surface if step.root == new.tree.root else reading.load(step.root)
            stretches.append(_stretch(after, step.causes, (root, step.root), (seen, now)))
            root, seen = step.root, now
    return Causes(tuple(kinds), stretches)


def _stretch(
    api: Api, causes: tuple[Cause, ...], roots: tuple[Path, Path], surfaces: tuple[Surface, Surface]
) -> Stretch:
    base, head = (_spec(root, api) for root in roots)
    if base.read_bytes() == head.read_bytes():
        return Stretch(causes, [], [], *surfaces)
    before, after = (documents.load(path, keep_comments=False) for path in (base, head))
    return Stretch(causes, oasdiff.compare(base, head), handling.compare(before, after), *surfaces)


def _spec(root: Path, api: Api) -> Path:
    return root / "generated" / "specs" / f"{api.name}.yaml"


def _size(root: Path, api: Api) -> str:
    counts = manifest.read(root).get("apis", {}).get(api.name, {})
    return ", ".join(f"{counts.get(what, 0)} {what}" for what in ("operations", "models", "enums"))
