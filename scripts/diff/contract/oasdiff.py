"""Changes of the HTTP contract that oasdiff finds, by the part of the spec that they are in."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.diff.contract.catalogue import API, Catalogue, Key
from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Severity
from scripts.specs import documents
from scripts.specs.spec import Pointer
from scripts.tools import node

SEVERITIES = Path(__file__).with_name("severities.yaml")
_LEVELS = {3: Severity.BREAKING, 2: Severity.WARNING, 1: Severity.INFO}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Finding:
    """A change that oasdiff found.

    Attributes:
        check: the id of its check.
        severity: its severity.
        text: what changed, in its words.
        operation: the part of the operation in which it found it; that of the API if it is in none.
    """

    check: str
    severity: Severity
    text: str
    operation: Key


def compare(old: Catalogue, new: Catalogue, name: str) -> dict[Key, list[Finding]]:
    """Return the findings by part; those that belong to no part have the key of their operation, or of the API.

    Args:
        old: the effective spec of the base.
        new: that of the head.
        name: the name of the API, for errors.

    Raises:
        NodeToolError: oasdiff is not installed.
        DiffError: it cannot compare the two.
    """
    with tempfile.TemporaryDirectory(prefix="abwire-") as folder:
        base, head = Path(folder, "base.yaml"), Path(folder, "head.yaml")
        lines = {"baseSource": _write(base, old.document), "revisionSource": _write(head, new.document)}
        command = [str(node.oasdiff()), "changelog", str(base), str(head), "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DiffError(f"oasdiff cannot compare {name}: {done.stderr.strip() or done.stdout.strip()}")
    overrides = {
        check: Severity(entry["severity"]) for check, entry in documents.load(SEVERITIES, keep_comments=False).items()
    }
    found: dict[Key, list[Finding]] = {}
    for change in json.loads(done.stdout or "[]"):
        check = change["id"]
        key = _key(change, lines, {"baseSource": old, "revisionSource": new})
        finding = Finding(check, overrides.get(check, _LEVELS[change["level"]]), change["text"], _operation(change))
        if all((one.check, one.text) != (check, finding.text) for one in found.setdefault(key, [])):
            found[key].append(finding)
    return found


def _key(change: Mapping[str, Any], lines: Mapping[str, Mapping[int, Pointer]], specs: Mapping[str, Catalogue]) -> Key:
    for side in ("revisionSource", "baseSource"):
        pointer = lines[side].get(change[side].get("line", 0)) if side in change else None
        if pointer is not None and (key := specs[side].key_at(pointer)) is not None:
            return key
    return _operation(change)


def _operation(change: Mapping[str, Any]) -> Key:
    if "operation" in change:
        return ("operation", f"{change['operation']} {_PLACEHOLDER.sub('{}', change['path'])}")
    return API


def _write(path: Path, document: Mapping[str, Any]) -> dict[int, Pointer]:
    """Write a document as YAML with one key a line; return what is on each line."""
    pointers: dict[int, Pointer] = {}
    lines: list[str] = []

    def write(node: Any, pointer: Pointer, indent: str) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in items:
            lead = f"{indent}{json.dumps(key)}:" if isinstance(node, dict) else f"{indent}-"
            is_nested = isinstance(value, (dict, list)) and bool(value)
            lines.append(lead if is_nested else f"{lead} {json.dumps(value)}")
            pointers[len(lines)] = (*pointer, str(key))
            if is_nested:
                write(value, (*pointer, str(key)), f"{indent}  ")

    write(document, (), "")
    path.write_text("\n".join(lines), encoding="utf-8")
    return pointers
