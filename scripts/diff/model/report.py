"""A comparison as data: all that the Markdown, the HTML and the JSON report show.

The JSON report is this, field by field; :func:`schema` describes it.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import re
import types
import typing
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

FORMAT = 2
"""Version of the JSON report; it rises when a field changes its meaning or goes."""


class Severity(enum.StrEnum):
    """Meaning of a change for users of the version before it."""

    BREAKING = "breaking"
    """Code or calls that worked do not any more."""
    WARNING = "warning"
    """It breaks some users only, or changes what the client does without changing how it is called."""
    UNJUDGED = "unjudged"
    """It changed, and no rule says what that means: somebody has to look."""
    INFO = "info"
    """Nothing breaks."""


class Cause(enum.StrEnum):
    """Cause of a change."""

    SPEC = "spec"
    """The vendor changed the API, or its spec was corrected."""
    OVERLAY = "overlay"
    """We fix a defect of the spec, or no longer fix it."""
    NAMING = "naming"
    """We name or handle things in another way."""
    TEMPLATE = "template"
    """The code is generated in another way: templates, generator scripts, the versions of generator and formatter."""
    RUNTIME = "runtime"
    """The hand-written code that generated code calls has changed."""


class Bump(enum.StrEnum):
    """Part of the version number that has to rise."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True)
class Source:
    """Location of a change in the project.

    Attributes:
        file: the file, relative to the project.
        line: the line, from 1.
        is_old: whether it is in the base, because the head no longer has it.
    """

    file: str
    line: int
    is_old: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Place:
    """Thing that changed.

    Attributes:
        subject: its name for users, such as ``Goal.name`` or ``goals.list(page)``.
        operations: the operations that it concerns, such as ``GET /goals``.
        calls: the methods that it concerns, such as ``goals.list()``.
        source: its location in the spec or the runtime; None if it has none.
    """

    subject: str
    operations: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True)
class Change:
    """One thing that happened, in one place or the same in many.

    Attributes:
        api: the name of the API; ``runtime`` for what all share.
        text: what happened, to be read after the subject.
        severity: the meaning for users: the higher of ``wire`` and ``python``.
        wire: the meaning on the wire, for programs that call the API; None if nothing changed there.
        python: the meaning for code that uses the client; None if nothing changed there.
        checks: the ids of the checks that found it.
        causes: the causes; several if they cannot be told apart.
        places: the things that changed, the first one the example.
        before: the old value, as code; None if there is nothing to show.
        after: the new value; None likewise.
        details: more on it, such as what oasdiff says.
        bump: the part of the version number that has to rise for it.
    """

    api: str
    text: str
    severity: Severity
    wire: Severity | None
    python: Severity | None
    checks: tuple[str, ...]
    causes: tuple[Cause, ...]
    places: tuple[Place, ...]
    before: str | None = None
    after: str | None = None
    details: tuple[str, ...] = ()
    bump: Bump = Bump.PATCH

    @property
    def subject(self) -> str:
        """Name of the first place."""
        return self.places[0].subject

    @property
    def is_vendors(self) -> bool:
        """Return whether only the wire breaks: that is true already, and a release makes it good."""
        return self.wire is Severity.BREAKING and self.python is not Severity.BREAKING


@dataclass(frozen=True)
class OverlayChange:
    """Change of an overlay.

    Attributes:
        file: its path in the project.
        title: the defect of the spec, by the overlay itself.
        status: ``added``, ``removed``, ``changed``, ``renamed``, or ``stale`` (unchanged, and no longer fits).
        text: what that means, as a sentence.
    """

    file: str
    title: str
    status: str
    text: str


@dataclass(frozen=True)
class ApiSummary:
    """An API in the comparison.

    Attributes:
        name: its name, such as ``kameleoon``.
        package: its package, such as ``abwire.kameleoon``.
        status: ``added``, ``removed``, ``changed`` or ``unchanged``.
        summary: its size, such as ``3 operations, 5 models``.
        overlays: the changes of its overlays.
        rewordings: how many texts for people differ, such as descriptions.
    """

    name: str
    package: str
    status: str
    summary: str
    overlays: tuple[OverlayChange, ...] = ()
    rewordings: int = 0


@dataclass(frozen=True)
class Note:
    """Instruction for users on one kind of break.

    Attributes:
        title: what breaks.
        text: what to do.
        before: code that worked before; None where code cannot show it.
        after: the same for the new version; None where there is no way to go on.
        causes: the causes of the break.
        count: how many changes it is for.
    """

    title: str
    text: str
    before: str | None
    after: str | None
    causes: tuple[Cause, ...] = ()
    count: int = 1


@dataclass(frozen=True)
class Verdict:
    """Version number that announces the changes.

    Attributes:
        bump: the part of the version that has to rise.
        released: the version that users have: that of the last tag before the base, else that of the base.
        required: the lowest version that announces the changes.
        actual: the version of the head.
        announced: whether that is enough.
        headline: whether it breaks users, in a few words.
        text: the same with what to do, as sentences.
    """

    bump: Bump
    released: str
    required: str
    actual: str
    announced: bool
    headline: str
    text: str


@dataclass(frozen=True)
class State:
    """One of the two states that are compared.

    Attributes:
        ref: as it was asked for, such as ``main``.
        commit: its full hash; None for a work tree.
        text: both, for people, with what there is to say about the choice.
        url: the address of its files on GitHub; None elsewhere.
    """

    ref: str
    commit: str | None
    text: str
    url: str | None = None


@dataclass(frozen=True)
class Report:
    """A comparison of two states.

    Attributes:
        base: the state before.
        head: the state after.
        verdict: the version number that announces the changes.
        apis: the APIs of both, in the order of their names.
        changes: all changes, the most severe first.
        migration: a note for each kind of break.
        changelog: a draft of the entry in the changelog, as Markdown; empty if users would not notice anything.
        notes: remarks on the comparison itself, such as a client that was out of date.
    """

    base: State
    head: State
    verdict: Verdict
    apis: tuple[ApiSummary, ...]
    changes: tuple[Change, ...] = ()
    migration: tuple[Note, ...] = ()
    changelog: str = ""
    notes: tuple[str, ...] = ()

    @property
    def stale(self) -> int:
        """Number of overlays that no longer fit their specs."""
        return sum(change.status == "stale" for api in self.apis for change in api.overlays)

    @property
    def acceptable(self) -> bool:
        """Return whether breaking changes are announced, and all overlays fit their specs."""
        return not self.stale and (self.verdict.announced or not any(breaks_code(change) for change in self.changes))


def breaks_code(change: Change) -> bool:
    """Return whether users have to change their code for the new version."""
    return change.python is Severity.BREAKING


def ordered(changes: Collection[Change]) -> tuple[Change, ...]:
    """Return changes in the order of a report: the most severe first, what breaks code before what breaks the wire."""
    ranks = list(Severity)
    return tuple(
        sorted(
            changes,
            key=lambda one: (
                ranks.index(one.severity),
                one.is_vendors,
                -len(one.places),
                one.api,
                one.subject,
                one.text,
            ),
        )
    )


def worst(severities: Sequence[Severity | None]) -> Severity | None:
    """Return the highest of some severities; None if there is none."""
    found = [one for one in Severity if one in severities]
    return found[0] if found else None


def to_json(report: Report) -> str:
    """Return the JSON report: the same report always gives the same text."""
    return json.dumps({"format": FORMAT, **dataclasses.asdict(report)}, indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the JSON report, made of the classes here."""
    definitions: dict[str, Any] = {}
    made = _object_schema(Report, definitions)
    made["properties"] = {"format": {"const": FORMAT}, **made["properties"]}
    made["required"] = ["format", *made["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "API diff",
        **made,
        "$defs": definitions,
    }


def _object_schema(found: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(found)
    texts = dict(re.findall(r"^ {8}(\w+): ((?:.|\n {9,})+)", inspect.getsource(found), re.MULTILINE))
    properties = {
        field.name: {
            "description": " ".join(texts.get(field.name, "").split()),
            **_type_schema(hints[field.name], definitions),
        }
        for field in dataclasses.fields(found)
    }
    return {
        "type": "object",
        "description": (found.__doc__ or "").partition("\n")[0],
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _type_schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _type_schema(arguments[0], definitions)}
    if isinstance(hint, types.UnionType):
        return {"anyOf": [_type_schema(one, definitions) for one in arguments]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object_schema(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [member.value for member in hint]}
    return {"type": {str: "string", int: "integer", bool: "boolean", types.NoneType: "null"}[hint]}
