"""Rules of a project that OpenAPI does not have; each is off unless ``[tool.abwire.rules]`` in pyproject.toml has it.

========== ==================================================================================================
evidence   every operation says in ``x-evidence`` what it rests on, with a note where that is not documented
prose      every operation has an operationId, a summary and a description
defect     every overlay says in ``x-defect`` which defect it fixes
necessity  every overlay has a necessity test in ``tests/overlays``
========== ==================================================================================================
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from scripts.specs.errors import DocumentError
from scripts.specs.overlays import Overlay, OverlayError
from scripts.specs.spec import Spec

_CERTAIN = {"documented", "observed"}
_EVIDENCE = "x-evidence: {route: documented, schema: documented, source: the page}"


@dataclass(frozen=True)
class Rules:
    """Rules that are on."""

    evidence: bool = False
    prose: bool = False
    defect: bool = False
    necessity: bool = False


def read(root: Path) -> Rules:
    """Read the rules of a project; without a pyproject.toml, none is on.

    Raises:
        DocumentError: the file cannot be read, or has a rule that is unknown.
    """
    path = root / "pyproject.toml"
    if not path.is_file():
        return Rules()
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        for key in ("tool", "abwire", "rules"):
            table = table.get(key, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DocumentError(path, f"cannot be read: {error}") from error
    known = [field.name for field in fields(Rules)]
    for key, value in table.items():
        if key not in known or not isinstance(value, bool):
            raise DocumentError(path, f"[tool.abwire.rules] has {key} = {value!r}: write true or false for {known}")
    return Rules(**table)


def check_spec(spec: Spec, rules: Rules) -> None:
    """Report the operations of an effective spec that break a rule."""
    for pointer, operation in spec.operations():
        if rules.prose:
            for key in ("operationId", "summary", "description"):
                if not operation.get(key):
                    spec.fault(f"the operation needs {key}: add it", pointer)
        evidence = operation.get("x-evidence")
        if rules.evidence and not evidence:
            spec.fault(f"the operation needs x-evidence, which says what it rests on: add {_EVIDENCE}", pointer)
        elif rules.evidence and isinstance(evidence, dict):
            grades = {evidence.get("route"), evidence.get("schema")}
            if grades - _CERTAIN and not evidence.get("note"):
                reason = "x-evidence needs a note: say what is uncertain, and what would settle it"
                spec.fault(reason, (*pointer, "x-evidence"))


def check_overlay(overlay: Overlay, rules: Rules) -> Iterator[OverlayError]:
    """Yield what of an overlay breaks a rule."""
    defect = overlay.document.get("x-defect")
    if rules.defect:
        missing = [key for key in ("id", "kind", "evidence") if not (isinstance(defect, dict) and defect.get(key))]
        if missing:
            yield overlay.error(f"x-defect needs {', '.join(missing)}: say which defect the overlay fixes")
