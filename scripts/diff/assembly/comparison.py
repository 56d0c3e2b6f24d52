"""Compare two states of the project, API by API, and judge what was found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.codegen import manifest
from scripts.diff.assembly import causes, verdict
from scripts.diff.assembly.apis import ApiComparison, merge
from scripts.diff.contract import matching
from scripts.diff.contract.catalogue import Catalogue
from scripts.diff.inputs import clients, code, overlay_changes
from scripts.diff.inputs.lines import Lines
from scripts.diff.inputs.states import DiffError, Tree
from scripts.diff.migration import changelog
from scripts.diff.migration.notes import notes_on
from scripts.diff.model.report import ApiSummary, Bump, Cause, Change, Place, Report, Severity, ordered
from scripts.diff.surface import surface_changes
from scripts.diff.surface.surface_changes import SurfaceChange
from scripts.specs import documents
from scripts.specs.project import Api, find_apis

_RUNTIME, _GENERATED = "src/abwire_core", "generated/abwire"


@dataclass(frozen=True)
class _Pair:
    """One API in both states; None in the state that does not have it."""

    name: str
    old: Api | None
    new: Api | None
    before: Catalogue
    after: Catalogue
    keys: Mapping[tuple[str, ...], tuple[str, ...]]

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")


def compare(base: Tree, head: Tree, *, tags: Sequence[str], folder: Path) -> Report:
    """Compare two states.

    Args:
        base: the state before.
        head: the state after; its client is regenerated if it is out of date.
        tags: the tags of releases in the history of the base.
        folder: a folder for clients that have to be generated.

    Raises:
        DiffError: the client of a state cannot be generated or imported, or the contracts cannot be compared.
        NodeToolError: oasdiff is not installed.
        InputError: a spec or an overlay is not valid.
    """
    after = _apis(head.root)
    notes = clients.refresh(head.root, list(after.values()), folder / "refreshed")
    generated = manifest.read(base.root).get("apis", {})
    before = {name: api for name, api in _apis(base.root).items() if name in generated}
    pairs = [_pair(name, base.root, head.root, before.get(name), after.get(name)) for name in sorted({*before, *after})]
    surfaces = surface_changes.load(base.root), surface_changes.load(head.root)
    renames = {
        f"{pair.package}:{old}": f"{pair.package}:{new}"
        for pair in pairs
        for old, new in matching.renames(pair.before, pair.after, pair.keys).items()
    }
    python = surface_changes.compare(*surfaces, renames, _usage(pairs)) if surfaces[0] else []
    others = [kind for kind, is_other in _others(base.root, head.root) if is_other]
    changes: list[Change] = []
    apis = []
    for pair in pairs:
        ours = [_within(change, pair.package) for change in python if change.path.startswith(f"{pair.package}:")]
        api, found = _api(pair, (base.root, head.root), ours, others)
        apis.append(api)
        changes += found
    changes += merge(_shared(python, others))
    changes += _code(base.root, head.root, pairs, others, folder)
    found_changes = ordered(changes)
    judged = verdict.judge(
        found_changes,
        released=_released(base, tags),
        actual=verdict.version_of(head.root),
        is_removed=any(api.status == "removed" for api in apis),
    )
    migration = notes_on(found_changes, python, surfaces, (base.root, head.root), folder / "migration")
    return Report(
        base=base.state,
        head=head.state,
        verdict=judged,
        apis=tuple(apis),
        changes=found_changes,
        migration=migration,
        changelog=changelog.draft(judged.required, found_changes, migration),
        notes=tuple(notes),
    )


def _pair(name: str, base: Path, head: Path, old: Api | None, new: Api | None) -> _Pair:
    before, after = (Catalogue(_effective(root, api) if api else {}, name) for root, api in ((base, old), (head, new)))
    return _Pair(name, old, new, before, after, matching.match(before, after) if old and new else {})


def _effective(root: Path, api: Api) -> dict[str, object]:
    found: dict[str, object] = documents.load(root / "generated" / "specs" / f"{api.name}.yaml", keep_comments=False)
    return found


def _api(
    pair: _Pair, roots: tuple[Path, Path], python: Sequence[SurfaceChange], others: Sequence[Cause]
) -> tuple[ApiSummary, list[Change]]:
    there = pair.new or pair.old
    assert there is not None
    rewordings = 0
    if pair.old and pair.new:
        lines = [
            Lines(api.spec, f"specs/{pair.name}.yaml", is_old=old) for api, old in ((pair.old, True), (pair.new, False))
        ]
        chain = causes.chain(pair.old, pair.new, (pair.before, pair.after), others=others)
        comparison = ApiComparison(pair.name, pair.before, pair.after, pair.keys, (lines[0], lines[1]), chain)
        changes = comparison.changes(python)
        rewordings = comparison.rewordings()
        status = "changed" if changes else "unchanged"
    else:
        status = "added" if pair.new else "removed"
        text = f"is {'new' if pair.new else 'gone'} as a whole: {_size(pair)}"
        severity = Severity.INFO if pair.new else Severity.BREAKING
        change = Change(
            api=pair.name,
            text=text,
            severity=severity,
            wire=None,
            python=severity,
            checks=(f"api-{status}",),
            causes=(Cause.SPEC,),
            places=(Place(f"abwire.{pair.package}"),),
            bump=Bump.MINOR if pair.new else Bump.MAJOR,
        )
        changes = [change]
    api = ApiSummary(
        name=pair.name,
        package=f"abwire.{pair.package}",
        status=status,
        summary=_size(pair),
        overlays=tuple(overlay_changes.compare(pair.old, pair.new)),
        rewordings=rewordings,
    )
    return api, changes


def _size(pair: _Pair) -> str:
    parts = (pair.after if pair.new else pair.before).parts
    counts = {
        what: sum(key[0] == kind for key in parts)
        for kind, what in (("operation", "operations"), ("schema", "schemas"))
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def _within(change: SurfaceChange, package: str) -> SurfaceChange:
    """A change with paths that begin in the package of its API."""
    old = change.old_path.removeprefix(f"{package}:") if change.old_path else None
    return replace(change, path=change.path.removeprefix(f"{package}:"), old_path=old)


def _usage(pairs: Sequence[_Pair]) -> surface_changes.Usage:
    by_package = {pair.package: pair for pair in pairs}

    def usage(package: str, model: str) -> tuple[bool, bool]:
        pair = by_package.get(package)
        found = [one.sent(model) for one in (pair.after, pair.before) if one.key_of(f"models.{model}")] if pair else []
        return (any(sent for sent, _ in found), any(received for _, received in found)) if found else (True, True)

    return usage


# --- what belongs to no API ---


def _others(base: Path, head: Path) -> Iterator[tuple[Cause, bool]]:
    """The kinds of input besides specs and overlays, and whether they differ."""
    yield Cause.TEMPLATE, causes.makers(base) != causes.makers(head)
    sources = [{path.name: path.read_bytes() for path in (root / _RUNTIME).rglob("*.py")} for root in (base, head)]
    yield Cause.RUNTIME, sources[0] != sources[1]


def _shared(python: Sequence[SurfaceChange], others: Sequence[Cause]) -> Iterator[Change]:
    """The changes of the Python surface that all APIs share."""
    for change in python:
        if ":" not in change.path:
            path = change.path.removeprefix("abwire_core.")
            yield Change(
                api="runtime",
                text=f"is `{change.after}`, and was `{change.before}`"
                if change.is_value and change.after
                else change.text,
                severity=change.severity,
                wire=None,
                python=change.severity,
                checks=(f"python-{change.check}",),
                causes=(Cause.RUNTIME,) if Cause.RUNTIME in others else tuple(others),
                places=(Place(path),),
                before=change.before,
                after=change.after,
                bump=Bump.MAJOR
                if change.severity is Severity.BREAKING
                else Bump.MINOR
                if change.check.endswith("-added")
                else Bump.PATCH,
            )


def _code(base: Path, head: Path, pairs: Sequence[_Pair], others: Sequence[Cause], folder: Path) -> Iterator[Change]:
    """The modules whose code differs, and that nothing else tells of."""
    if Cause.RUNTIME in others and (base / _RUNTIME).is_dir():
        yield from _listed("runtime", Cause.RUNTIME, code.changed_modules(base, head, _RUNTIME))
    if Cause.TEMPLATE in others:
        start = base
        if any(pair.before.document != pair.after.document for pair in pairs):
            # The client of the base as the scripts of the head would generate it: what differs comes from these.
            head, start = _regenerated(base, head, folder / "regenerated"), base
        for pair in pairs:
            if pair.old and pair.new:
                found = code.changed_modules(start, head, f"{_GENERATED}/{pair.package}")
                yield from _listed(pair.name, Cause.TEMPLATE, found)


def _regenerated(base: Path, head: Path, root: Path) -> Path:
    for name in ("specs", "overlays"):
        if (base / name).is_dir():
            shutil.copytree(base / name, root / name)
    try:
        clients.make(head, root)
    except DiffError:
        return head  # they cannot any more: all that differs is listed
    return root


def _listed(api: str, cause: Cause, modules: Iterator[tuple[str, object]]) -> Iterator[Change]:
    places = tuple(Place(name, source=source) for name, source in modules)  # type: ignore[arg-type]
    if places:
        yield Change(
            api=api,
            text="code changed, not judged",
            severity=Severity.UNJUDGED,
            wire=None,
            python=Severity.UNJUDGED,
            checks=("code-changed",),
            causes=(cause,),
            places=places,
        )


def _released(base: Tree, tags: Sequence[str]) -> str | None:
    """The version that users have."""
    if not (base.root / "generated").is_dir():
        return None
    return verdict.last_release(tags) or verdict.version_of(base.root)


def _apis(root: Path) -> dict[str, Api]:
    if not (root / "specs").is_dir():
        return {}
    return {api.name: api for api in find_apis(root)}
