"""What became of the overlays of an API, and which of them no longer fit its spec."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.diff.model.report import Cause, OverlayChange
from scripts.specs import documents, overlays
from scripts.specs.project import Api

NAMING_PREFIX = "sdk-"
"""What the file name of an overlay begins with that names things; any other mends a defect."""


def kind_of(path: Path) -> Cause:
    """Return what an overlay is for."""
    return Cause.NAMING if path.name.startswith(NAMING_PREFIX) else Cause.OVERLAY


def compare(old: Api | None, new: Api | None) -> list[OverlayChange]:
    """The overlays that were added, removed, changed or renamed, or that are stale, in the order of their names.

    Args:
        old: the API in the base; None if it is not there.
        new: the API in the head; None likewise.

    Raises:
        errors.DocumentError: a spec or an overlay cannot be read.
        overlays.OverlayError: an overlay is invalid, or cannot be applied at all.
    """
    before = {path.name: path for path in old.overlays} if old else {}
    after = {path.name: path for path in new.overlays} if new else {}
    removed = {name: before[name] for name in sorted(before.keys() - after.keys())}
    renamed = {}
    for name in sorted(after.keys() - before.keys()):
        same = [gone for gone, path in removed.items() if path.read_bytes() == after[name].read_bytes()]
        if same:
            renamed[name] = same[0]
            del removed[same[0]]
    faults = _faults(new, list(removed.values())) if new else {}
    changes = [_removed(path, faults.get(name), new is not None) for name, path in removed.items()]
    for name, path in after.items():
        if name in faults:
            changes.append(_change(path, "stale", f"no longer fits the spec: {faults[name]}"))
        elif name in renamed:
            changes.append(_change(path, "renamed", f"was {renamed[name]}, and is the same"))
        elif name not in before:
            changes.append(_change(path, "added", _description(path)))
        elif text := _difference(before[name], path):
            changes.append(_change(path, "changed", text))
    return sorted(changes, key=lambda change: change.file)


def stale(api: Api) -> dict[str, str]:
    """The overlays of an API that no longer fit its spec, with the reason.

    Raises:
        errors.DocumentError: a spec or an overlay cannot be read.
        overlays.OverlayError: an overlay is invalid, or cannot be applied at all.
    """
    return _faults(api, [])


def _faults(api: Api, removed: list[Path]) -> dict[str, str]:
    """Why overlays do not fit: those of an API, and those that it no longer has, in the place that they would have."""
    faults = {}
    document = documents.load(api.spec, keep_comments=False)
    for path in sorted([*api.overlays, *removed], key=lambda path: path.name):
        target = copy.deepcopy(document) if path in removed else document
        before = json.dumps(target, sort_keys=True)
        try:
            applied = overlays.apply(target, overlays.read(path), strict=False)
        except overlays.OverlayError as error:
            if path not in removed:
                raise
            faults[path.name] = error.reason
            continue
        reasons = [f"action {done.action.number} ({done.action.target}) {done.stale}" for done in applied if done.stale]
        if any(done.changed for done in applied) and before == json.dumps(target, sort_keys=True):
            reasons.append(overlays.IDLE)
        if reasons:
            faults[path.name] = reasons[0]
    return faults


def _removed(path: Path, fault: str | None, is_api_there: bool) -> OverlayChange:
    if not is_api_there:
        text = "went with its API"
    elif fault:
        text = f"was stale, so that nothing is lost: {fault}"
    else:
        text = "would still apply: what it mended is as the vendor has it again"
    return _change(path, "removed", text)


def _difference(before: Path, after: Path) -> str | None:
    """Return what an overlay does otherwise than before; None if that is nothing, or only what it counts."""
    old, new = (
        [_without_count(action) for action in overlays.read(path).document["actions"]] for path in (before, after)
    )
    added = sum(action not in old for action in new)
    gone = sum(action not in new for action in old)
    return f"{added} new or other actions, {gone} that are gone; {len(new)} in all" if added or gone else None


def _without_count(action: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in action.items() if key != "x-expect-matches"}


def _description(path: Path) -> str:
    info = overlays.read(path).document["info"]
    return " ".join(str(info.get("description") or info["title"]).split())


def _change(path: Path, status: str, text: str) -> OverlayChange:
    return OverlayChange(
        file=f"overlays/{path.parent.name}/{path.name}",
        title=str(overlays.read(path).document["info"]["title"]),
        status=status,
        text=" ".join(text.split()),
    )
