"""The effective spec of an API: the vendor's spec with all overlays applied, valid, every reference resolved."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.specs import documents, overlays, rules
from scripts.specs.errors import InputError, raise_all
from scripts.specs.faults import find_faults
from scripts.specs.origins import Origins, Place
from scripts.specs.overlays import Miscount
from scripts.specs.project import Api
from scripts.specs.spec import Pointer, Spec


@dataclass
class Built:
    """An effective spec, with what went wrong on the way."""

    document: dict[str, Any]
    errors: list[InputError] = field(default_factory=list)
    miscounts: list[Miscount] = field(default_factory=list)
    """Actions of which only the number of matches is another than expected."""
    is_whole: bool = True
    """Whether every action was applied, those that are stale or miscounted included."""


def load(api: Api) -> Spec:
    """Return the effective spec of an API if nothing is wrong with it.

    Raises:
        InputError: all that is wrong with the spec and its overlays.
    """
    built = try_to_build(api)
    spec = Spec(built.document, api.spec, locate=locator(api))
    errors = list(built.errors)
    if built.is_whole:
        rules.check_spec(spec, rules.read(api.root))
        try:
            validate(spec)
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    return spec


def build(
    api: Api, *, without: Collection[str] = (), strict: bool = True, keep_comments: bool = True
) -> dict[str, Any]:
    """Return the effective spec of an API, which may be invalid.

    Args:
        api: the API.
        without: file names of overlays to leave out, for the tests that show what each is needed for.
        strict: fail on an overlay that no longer fits its spec; otherwise apply what still applies.
        keep_comments: carry the spec's comments along.

    Raises:
        InputError: a file cannot be read, or overlays are invalid, made for another spec, stale or otherwise failed.
    """
    built = try_to_build(api, without=without, strict=strict, keep_comments=keep_comments)
    raise_all(built.errors)
    return built.document


def try_to_build(
    api: Api,
    *,
    without: Collection[str] = (),
    strict: bool = True,
    keep_comments: bool = True,
    trace: Callable[[dict[str, Any]], Origins] | None = None,
) -> Built:
    """Build an effective spec as far as that goes.

    Args:
        api: see :func:`build`, as for the next three.
        without: likewise.
        strict: likewise.
        keep_comments: likewise.
        trace: makes the record of what put each node where it is.

    Raises:
        InputError: the spec or the rules of the project cannot be read.
    """
    built = Built(documents.load(api.spec, keep_comments=keep_comments))
    origins = trace(built.document) if trace else None
    project_rules = rules.read(api.root)
    previous = functools.cache(lambda: _last(api))
    for path in api.overlays:
        if path.name in without:
            continue
        try:
            overlay = overlays.read(path)
            overlays.check_extends(overlay, api.spec)
        except InputError as error:
            built.errors.append(error)
            built.is_whole = False
            continue
        applied, failed = overlays.try_to_apply(
            built.document, overlay, strict=strict, previous=previous, origins=origins
        )
        built.is_whole &= not any(error.action for error in failed) and all(done.matches for done in applied)
        if strict:
            failed += [overlay.error(done.stale, done.action) for done in applied if done.stale]
            failed += rules.check_overlay(overlay, project_rules)
            failed.sort(key=lambda error: error.action or 0)
            built.miscounts += [Miscount(overlay, done) for done in applied if done.is_miscounted]
        built.errors += failed
    return built


def validate(spec: Spec) -> None:
    """Raise if a spec is not OpenAPI 3.0 or 3.1, or if a reference leads nowhere or out of it.

    Raises:
        InputError: with all faults.
    """
    for pointer, reason in find_faults(spec):
        spec.fault(reason, pointer)
    spec.check()


def locator(api: Api) -> Callable[[Pointer], Place]:
    """Return a function that says which file and node put a node of the effective spec there."""

    @functools.cache
    def origins() -> Origins:
        made: list[Origins] = []

        def trace(document: dict[str, Any]) -> Origins:
            made.append(Origins(api.spec, document))
            return made[0]

        try_to_build(api, keep_comments=False, trace=trace)
        return made[0]

    return lambda pointer: origins().find(pointer)


def _last(api: Api) -> Mapping[str, Any] | None:
    """The effective spec of the last run: it tells an error message which locations are new, and nothing else."""
    try:
        return documents.load(api.root / "generated" / "specs" / api.spec.name, keep_comments=False)
    except InputError:
        return None
