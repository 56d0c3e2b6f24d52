"""Which version number announces a change, and whether the head has one that does.

Versions are semantic. Before 1.0 a breaking change raises the minor version, and any other the patch version.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.version import InvalidVersion, Version

from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Bump, Row, Severity, Verdict

_PROJECT = "pyproject.toml"
_ADDED = "-added"
"""What the id of a check ends with that found something new."""


def version_of(root: Path) -> str | None:
    """The version that a project gives itself; None if it is no project yet.

    Raises:
        DiffError: its ``pyproject.toml`` has none that can be read.
    """
    path = root / _PROJECT
    if not path.exists():
        return None
    try:
        found = str(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"])
        Version(found)
    except (tomllib.TOMLDecodeError, KeyError, InvalidVersion) as error:
        raise DiffError(f"{_PROJECT} has no version that can be read: {error}") from error
    return found


def last_release(tags: Sequence[str]) -> str | None:
    """The highest version among tags such as ``v1.2.3``; None if there is none."""
    versions = []
    for tag in tags:
        try:
            versions.append(Version(tag.removeprefix("v")))
        except InvalidVersion:
            continue
    return str(max(versions)) if versions else None


def judge(rows: Collection[Row], *, released: str | None, actual: str | None) -> Verdict:
    """The verdict on some changes.

    Args:
        rows: the changes.
        released: the version that users have; None if there is none yet, so that nobody can be broken.
        actual: the version of the head; None if it has none.
    """
    if released is None:
        shown = actual or "none"
        return Verdict(Bump.NONE, "none", shown, shown, True, "Nothing was released before, so nothing can break.")
    bump = _bump(rows, Version(released))
    required = _raised(Version(released), bump)
    announced = actual is not None and Version(actual).release >= required.release
    found = Verdict(bump, released, str(required), actual or "none", announced, "")
    return replace(found, text=_text(found, breaks=_breaks(rows)))


def _breaks(rows: Collection[Row]) -> bool:
    return any(row.severity is Severity.BREAKING for row in rows)


def _bump(rows: Collection[Row], released: Version) -> Bump:
    if not rows:
        return Bump.NONE
    if _breaks(rows):
        return Bump.MAJOR if released.major else Bump.MINOR
    adds = any(row.check.endswith(_ADDED) for row in rows)
    return Bump.MINOR if adds and released.major else Bump.PATCH


def _raised(version: Version, bump: Bump) -> Version:
    major, minor, micro = version.release[:3] + (0,) * (3 - len(version.release[:3]))
    match bump:
        case Bump.MAJOR:
            return Version(f"{major + 1}.0.0")
        case Bump.MINOR:
            return Version(f"{major}.{minor + 1}.0")
        case Bump.PATCH:
            return Version(f"{major}.{minor}.{micro + 1}")
        case Bump.NONE:
            return version


def _text(found: Verdict, *, breaks: bool) -> str:
    if found.bump is Bump.NONE:
        return f"Nothing changes for users, so {found.released} may stay."
    what = "breaks users" if breaks else "breaks nobody"
    if found.announced:
        return f"This {what}, and {found.actual} announces it: {found.released} was before."
    asked = f"it needs at least {found.required} after {found.released}, and {_PROJECT} says {found.actual}"
    if breaks:
        return f"This {what} without announcing it: {asked}. Raise the version, or keep what breaks."
    return f"This {what}; before it is released, {asked}."
