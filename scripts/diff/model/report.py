"""What a comparison found, as data: all that the Markdown, the HTML and the JSON report show.

The JSON report is this, field by field; ``report.schema.json`` beside this file describes it.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FORMAT = 1
"""The version of the JSON report; it rises when a field changes its meaning or goes."""


class Severity(enum.StrEnum):
    """What a change means for somebody who uses the version before it."""

    BREAKING = "breaking"
    """Code or calls that worked do not any more."""
    WARNING = "warning"
    """It breaks some users only, or changes what the client does without changing how it is called."""
    INFO = "info"
    """Nothing breaks."""


class Layer(enum.StrEnum):
    """Where a change shows."""

    HTTP = "http"
    """In the contract of the API: what goes over the wire."""
    PYTHON = "python"
    """In the surface of the package: what users write."""
    BEHAVIOUR = "behaviour"
    """In what the client does at a call, such as whether it repeats one."""


class Cause(enum.StrEnum):
    """Who brought a change about."""

    SPEC = "spec"
    """The vendor changed the API, or its spec was corrected."""
    OVERLAY = "overlay"
    """We mend a defect of the spec, or stopped mending it."""
    NAMING = "naming"
    """We name or handle things in another way."""
    TEMPLATE = "template"
    """The code is made in another way: templates, generator scripts, the versions of generator and formatter."""
    RUNTIME = "runtime"
    """The hand-written code that generated code calls has changed."""


class Bump(enum.StrEnum):
    """The part of the version number that has to rise."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True)
class Row:
    """One change.

    Attributes:
        layer: where it shows.
        severity: what it means for users.
        check: what kind of change it is: the id of the check that found it, such as ``field-removed``.
        subject: what changed, as users know it: ``models.Goal.name``, ``goals.list(page)``, ``GET /goals``.
        text: what happened to it, to be read after the subject.
        causes: who brought it about; more than one if several did.
        before: how it was; None if it was not, or if there is nothing to show.
        after: how it is; None likewise.
        hint: what a reviewer would like to know besides, such as what it seems to be called now.
        also: other subjects with the same change, such as the async twin.
        operations: the operations that it concerns (``GET /goals``), where they do not follow from its section.
        pointer: JSON pointer of the place in the effective spec; None if it has none.
    """

    layer: Layer
    severity: Severity
    check: str
    subject: str
    text: str
    causes: tuple[Cause, ...] = ()
    before: str | None = None
    after: str | None = None
    hint: str | None = None
    also: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    pointer: str | None = None


@dataclass(frozen=True)
class Section:
    """The changes of one thing.

    Attributes:
        kind: ``operation``, ``model`` or ``client`` (entry classes, errors, and whatever belongs to neither).
        title: ``GET /goals/{goalId}``, ``models.Goal``, or a heading.
        python: how the operation is called in Python, such as ``Kameleoon.goals.get``; None if it is not known.
        used_by: for a model, the operations whose requests or answers have it.
        rows: the changes, the most severe first.
    """

    kind: str
    title: str
    python: str | None
    used_by: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class OverlayChange:
    """What became of an overlay.

    Attributes:
        file: its path in the project.
        title: what is wrong in the spec, by the overlay itself.
        kind: ``fix`` or ``sdk``.
        status: ``added``, ``removed``, ``changed``, ``renamed``, or ``stale`` (it is as it was, and no longer fits).
        text: what that means, as a sentence.
    """

    file: str
    title: str
    kind: str
    status: str
    text: str


@dataclass(frozen=True)
class ApiChange:
    """What changed in one API.

    Attributes:
        name: its name, such as ``kameleoon``.
        package: its package, such as ``abwire.kameleoon``.
        status: ``added``, ``removed``, ``changed`` or ``unchanged``.
        summary: one line on its size, such as ``87 operations, 192 models and enums``.
        sections: the changes; empty for an API that is added or removed as a whole.
        overlays: what became of its overlays.
    """

    name: str
    package: str
    status: str
    summary: str
    sections: tuple[Section, ...] = ()
    overlays: tuple[OverlayChange, ...] = ()

    def rows(self) -> Iterator[Row]:
        """All its changes."""
        for section in self.sections:
            yield from section.rows


@dataclass(frozen=True)
class MigrationNote:
    """What users have to do about a break.

    Attributes:
        title: what broke.
        text: what to do.
        before: code that worked before, as a complete module; None where code cannot show it.
        after: the same for the new version; it type-checks against it. None where there is no way to go on.
        causes: who brought it about.
    """

    title: str
    text: str
    before: str | None
    after: str | None
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What the version number has to say.

    Attributes:
        bump: the part of the version that has to rise.
        released: the version that users have: that of the last tag before the base, else that of the base.
        required: the lowest version that announces the changes.
        actual: the version that the head gives itself.
        announced: whether that is enough.
        text: the same as a sentence.
    """

    bump: Bump
    released: str
    required: str
    actual: str
    announced: bool
    text: str


@dataclass(frozen=True)
class State:
    """One of the two states that are compared.

    Attributes:
        ref: as it was asked for, such as ``main``.
        commit: its full hash; None for a work tree.
        text: both, for people, with what there is to say about the choice.
    """

    ref: str
    commit: str | None
    text: str


@dataclass(frozen=True)
class Report:
    """A comparison of two states.

    Attributes:
        base: the state before.
        head: the state after.
        verdict: what the version number has to say.
        apis: the APIs of both, in the order of their names.
        runtime: changes of the hand-written runtime that users can reach.
        migration: a note for each break.
        changelog: a draft of the entry in the changelog, as Markdown; empty if users would not notice anything.
        notes: what the reader should know of the comparison itself, such as a client that was out of date.
    """

    base: State
    head: State
    verdict: Verdict
    apis: tuple[ApiChange, ...]
    runtime: tuple[Section, ...] = ()
    migration: tuple[MigrationNote, ...] = ()
    changelog: str = ""
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """All changes of all APIs and of the runtime."""
        for api in self.apis:
            yield from api.rows()
        for section in self.runtime:
            yield from section.rows

    def count(self, severity: Severity) -> int:
        """How many changes have a severity."""
        return sum(row.severity is severity for row in self.rows())

    @property
    def acceptable(self) -> bool:
        """Whether breaking changes are announced, and all overlays fit their specs."""
        is_stale = any(change.status == "stale" for api in self.apis for change in api.overlays)
        return not is_stale and (self.verdict.announced or not self.count(Severity.BREAKING))


def to_json(report: Report) -> str:
    """The JSON report: the same report always gives the same text."""
    return json.dumps({"format": FORMAT, **dataclasses.asdict(report)}, indent=2, ensure_ascii=False) + "\n"


_ORDER = {severity: position for position, severity in enumerate(Severity)}


def ordered(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows in the order of a report: the most severe first, then by layer and subject."""
    return tuple(sorted(rows, key=lambda row: (_ORDER[row.severity], row.layer, row.subject, row.check, row.text)))
