"""Which version number announces a change, and whether the head has one that does.

Versions are semantic. Before 1.0 a breaking change raises the minor version, and any other the patch version.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from packaging.version import InvalidVersion, Version

from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Bump, Change, Severity, Verdict, breaks_code

_PROJECT = "pyproject.toml"
_NAMES = 3
"""Number of things that a sentence names."""


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


def judge(changes: Sequence[Change], *, released: str | None, actual: str | None, is_removed: bool = False) -> Verdict:
    """Return the verdict on some changes.

    The Python side decides which part of the version rises: what breaks on the wire alone breaks the released client
    already, so it asks for a release, and not for a higher number.

    Args:
        changes: the changes.
        released: the version that users have; None if there is none yet, so that nobody can be broken.
        actual: the version of the head; None if it has none.
        is_removed: whether an API is gone as a whole.
    """
    if released is None:
        shown = actual or "none"
        text = "Nothing was released before, so nothing can break."
        return Verdict(Bump.NONE, "none", shown, shown, True, "breaks no release", text)
    bump = _bump(changes, Version(released), is_removed=is_removed)
    required = _raised(Version(released), bump)
    announced = actual is not None and Version(actual).release >= required.release
    found = Verdict(bump, released, str(required), actual or "none", announced, "", "")
    headline, meaning = _meaning(changes)
    return replace(found, headline=headline, text=f"{meaning} {_advice(found)}".strip())


def _bump(changes: Sequence[Change], released: Version, *, is_removed: bool) -> Bump:
    bumps = [change.bump for change in changes] + [Bump.MAJOR] * is_removed
    highest = max(bumps, key=list(Bump).index, default=Bump.NONE)
    if not released.major and highest in (Bump.MAJOR, Bump.MINOR):
        return Bump.MINOR if highest is Bump.MAJOR else Bump.PATCH
    return highest


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


def _meaning(changes: Sequence[Change]) -> tuple[str, str]:
    """Return what changes mean for users: in a few words, and as sentences with where it breaks."""
    if not changes:
        return "nothing changes for users", "Nothing changes for users."
    breaks = [change for change in changes if breaks_code(change)]
    wire = [change for change in changes if change.is_vendors]
    maybe = [change for change in changes if change.severity is Severity.WARNING]
    unjudged = [change for change in changes if change.severity is Severity.UNJUDGED]
    sentences = []
    if breaks:
        sentences.append(f"Code has to change for {_named(breaks)}.")
    if wire:
        sentences.append(
            f"Calls fail already on the vendor's side, whatever the version: {_named(wire)}. Release soon."
        )
    if maybe:
        sentences.append(f"{_counted(maybe, 'change')} may break some users: {_named(maybe)}.")
    if unjudged:
        sentences.append(f"{_counted(unjudged, 'change')} nobody has judged: look at {_named(unjudged)}.")
    if breaks:
        return "breaks users", " ".join(sentences)
    if wire:
        return "the vendor breaks calls; release soon", " ".join(sentences)
    if maybe:
        return "may break some users", " ".join(sentences)
    if unjudged:
        return "nothing known to break, something to look at", " ".join(sentences)
    return "breaks nobody", f"{_counted(changes, 'change')}, and none breaks anybody."


def _named(changes: Sequence[Change]) -> str:
    """The first subjects of changes, and how many more there are."""
    names = list(dict.fromkeys(change.subject.replace("`", "'") for change in changes))
    more = len(names) - _NAMES
    return ", ".join(f"`{name}`" for name in names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _counted(changes: Sequence[Change], noun: str) -> str:
    return f"{len(changes)} {noun}{'' if len(changes) == 1 else 's'}"


def _advice(found: Verdict) -> str:
    """Return what to do about the version."""
    if found.bump is Bump.NONE:
        return f"{found.released} may stay."
    if found.announced:
        return f"{found.actual} announces it, after {found.released}."
    asked = f"at least {found.required} after {found.released}; {_PROJECT} says {found.actual}"
    if found.bump in (Bump.MAJOR, Bump.MINOR) and Version(found.required).release[2:] == (0,):
        return f"It needs version {asked}."
    return f"Before a release it needs version {asked}."
