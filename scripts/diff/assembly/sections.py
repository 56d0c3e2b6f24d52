"""Changes put together by what they concern: an operation, a model, or the client as a whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

from scripts.diff.contract.handling import Handling
from scripts.diff.contract.oasdiff import Finding
from scripts.diff.contract.usage import SCHEMAS, Index
from scripts.diff.model.report import Cause, Layer, Row, Section, ordered
from scripts.diff.surface.rules import Use
from scripts.diff.surface.twins import Change
from scripts.specs.documents import json_pointer

_KINDS = ("client", "operation", "model")
_CLIENT = "The client as a whole"
_SEVERAL = "Several operations"
_MODELS = "models."
_WHOLE_API = "The API as a whole"

Key = tuple[str, str]
"""The kind of a section, and its title."""


class Sections:
    """The sections of one API.

    Args:
        old: the names of the base.
        new: the names of the head.
    """

    def __init__(self, old: Index, new: Index) -> None:
        self._indexes = (new, old)
        self._rows: dict[Key, list[Row]] = defaultdict(list)

    def add_finding(self, finding: Finding, causes: tuple[Cause, ...], reason: str | None) -> None:
        """Add a change of the contract.

        Args:
            finding: the change.
            causes: who brought it about.
            reason: why its severity is not that of the tool that found it; None if it is.
        """
        key = self._place(finding.pointer, finding.operations)
        self._rows[key].append(
            Row(
                layer=Layer.HTTP,
                severity=finding.severity,
                check=finding.check,
                subject=key[1],
                text=finding.text,
                causes=causes,
                hint=reason,
                operations=() if key[0] == "operation" else finding.operations,
                pointer=json_pointer(finding.pointer) if finding.pointer else None,
            )
        )

    def add_handling(self, handling: Handling, causes: tuple[Cause, ...]) -> None:
        """Add a change of the behaviour."""
        key = self._place(handling.pointer, ())
        self._rows[key].append(
            Row(
                layer=Layer.BEHAVIOUR,
                severity=handling.severity,
                check=handling.check,
                subject=".".join(
                    [key[1], *(name for keyword, name in pairwise(handling.pointer) if keyword == "properties")]
                ),
                text=handling.text,
                causes=causes,
                before=handling.before,
                after=handling.after,
                pointer=json_pointer(handling.pointer),
            )
        )

    def add_change(self, change: Change, causes: tuple[Cause, ...]) -> Row:
        """Add a change of the Python surface; returns how it is reported."""
        operation = self._called(change)
        if operation is not None:
            key = ("operation", operation)
        elif change.place.model is not None:
            key = ("model", f"{_MODELS}{change.place.model}")
        else:
            key = ("client", _CLIENT)
        row = replace(change.row, causes=causes)
        self._rows[key].append(row)
        return row

    def made(self) -> tuple[Section, ...]:
        """All sections: the client first, then operations and models by name."""
        return tuple(
            Section(
                kind=kind,
                title=title,
                python=self._python(title),
                used_by=self._operations(title.removeprefix(_MODELS)) if kind == "model" else (),
                rows=ordered(rows),
            )
            for (kind, title), rows in sorted(
                self._rows.items(), key=lambda item: (_KINDS.index(item[0][0]), item[0][1])
            )
        )

    def use(self, model: str | None) -> Use:
        """Where a model stands, by the name of its class; in requests and answers, if it is not known."""
        found = [use for index in self._indexes if model and (use := index.use(model))]
        return Use(any(use.sent for use in found), any(use.received for use in found)) if found else Use()

    def _operations(self, model: str) -> tuple[str, ...]:
        return next((use.operations for index in self._indexes if (use := index.use(model))), ())

    def _python(self, operation: str) -> str | None:
        return next((name for index in self._indexes if (name := index.python_name(operation))), None)

    def _called(self, change: Change) -> str | None:
        """The operation that a method or a module calls, if the change is in one."""
        for index in self._indexes:
            for names, key in ((index.methods, change.place.method), (index.modules, change.place.module)):
                if key is not None and key in names:
                    return names[key]
        return None

    def _place(self, pointer: tuple[str, ...] | None, operations: tuple[str, ...]) -> Key:
        """The section of a place in the spec."""
        if pointer is not None and pointer[: len(SCHEMAS)] == SCHEMAS and len(pointer) > len(SCHEMAS):
            new, old = (index.schema(pointer[len(SCHEMAS)]) for index in self._indexes)
            # A schema that is as it was is seen from an operation that has another schema now.
            if new != old:
                return ("model", f"{_MODELS}{self._class_of(pointer[len(SCHEMAS)])}")
        if pointer is not None and pointer[0] == "paths" and len(pointer) > 2:
            return ("operation", f"{pointer[2].upper()} {pointer[1]}")
        if len(operations) == 1:
            return ("operation", operations[0])
        return ("client", _SEVERAL if operations else _WHOLE_API)

    def _class_of(self, schema: str) -> str:
        index = next(index for index in self._indexes if index.schema(schema) is not None)
        return index.class_of(schema)
