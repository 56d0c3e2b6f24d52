"""What a comparison finds, element by element, before it is put together as users see it."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.diff.model.report import Layer, Severity
from scripts.diff.model.types import Type


@dataclass(frozen=True)
class Finding:
    """A change of one element.

    Attributes:
        path: the element.
        check: what kind of change it is.
        severity: what it means.
        text: what happened, to be read after the subject.
        before: how it was.
        after: how it is.
        layer: where it shows.
        hint: what the element seems to be called now, or was called before.
        successor: for one that is gone, the path of the one that seems to stand in its place; None if there is none.
        types: for a change of a type, the types.
    """

    path: str
    check: str
    severity: Severity
    text: str
    before: str | None = None
    after: str | None = None
    layer: Layer = Layer.PYTHON
    hint: str | None = None
    successor: str | None = None
    types: tuple[Type, Type] | None = None
