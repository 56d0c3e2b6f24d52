"""The HTTP contract of two effective specs, compared by oasdiff.

oasdiff tells a change of a schema once for each operation that uses it; here it is one finding that names them all.
Its severities are kept but for those in ``severities.yaml``, each with its reason.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Severity
from scripts.specs import documents
from scripts.tools import node

SEVERITIES = Path(__file__).with_name("severities.yaml")

_LEVELS = {3: Severity.BREAKING, 2: Severity.WARNING, 1: Severity.INFO}
_NAMES = {Severity.BREAKING: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
_EMPTY_FORMAT = "/``"
_STATUS = re.compile(r" (?:for|with) (?:the )?(?:response )?(?:status `[^`]*`|`[^`]*` status)")


@dataclass(frozen=True)
class Finding:
    """A change of the contract.

    Attributes:
        check: the id of the check, by oasdiff.
        severity: what it means.
        text: what changed, by oasdiff.
        operations: the operations that it concerns, such as ``GET /goals``; empty if it concerns the API as a whole.
        pointer: the place in the spec that has it: the new one, else the old one; None if there is none.
        fingerprints: what oasdiff knows the change by, in each of the operations.
    """

    check: str
    severity: Severity
    text: str
    operations: tuple[str, ...]
    pointer: tuple[str, ...] | None
    fingerprints: frozenset[str]


@dataclass(frozen=True)
class Rule:
    """A check that is judged in another way.

    Attributes:
        severity: what it means here.
        reason: why.
    """

    severity: Severity
    reason: str


def compare(base: Path, head: Path) -> list[Finding]:
    """The changes from one effective spec to another.

    Args:
        base: the file of the one.
        head: the file of the other.

    Raises:
        node.NodeToolError: oasdiff is not installed.
        DiffError: it cannot compare the two.
    """
    with tempfile.TemporaryDirectory(prefix="abwire-") as folder:
        levels = Path(folder) / "levels.txt"
        levels.write_text("".join(f"{check} {_NAMES[rule.severity]}\n" for check, rule in rules().items()), "utf-8")
        options = ["--format", "json", "--severity-levels", str(levels)]
        command = [str(node.oasdiff()), "changelog", str(base), str(head), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DiffError(f"oasdiff cannot compare {base.name}: {done.stderr.strip() or done.stdout.strip()}")
    changes: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    pointers = {"baseSource": _Pointers(base), "revisionSource": _Pointers(head)}
    return _merged(_finding(change, pointers) for change in changes)


def rules() -> dict[str, Rule]:
    """The checks that are judged in another way here than by oasdiff.

    Raises:
        errors.DocumentError: the file cannot be read.
    """
    content = documents.load(SEVERITIES, keep_comments=False)
    return {check: Rule(Severity(entry["severity"]), entry["reason"]) for check, entry in content.items()}


def _finding(change: Mapping[str, Any], pointers: Mapping[str, _Pointers]) -> Finding:
    side = "revisionSource" if "revisionSource" in change else "baseSource"
    pointer = pointers[side].at(change[side]["line"]) if side in change else None
    text = change["text"].replace(_EMPTY_FORMAT, "")
    if pointer is not None and pointer[:1] == ("components",):
        text = _STATUS.sub("", _own_names(text, pointer, pointers[side].properties))
    operation = f"{change['operation']} {change['path']}" if "operation" in change else None
    return Finding(
        check=change["id"],
        severity=_LEVELS[change["level"]],
        text=text,
        operations=(operation,) if operation else (),
        pointer=pointer,
        fingerprints=frozenset({change["fingerprint"]}),
    )


def _own_names(text: str, pointer: tuple[str, ...], properties: Container[str]) -> str:
    """A text in which a property has its own name, and not its way from an operation, such as ``items/status``.

    Args:
        text: the text; names stand between backquotes.
        pointer: the place of the change; the way ends with the last property in it.
        properties: the names of all properties of the spec; the way ends with one of them, if none is in the pointer.
    """
    places = [name for keyword, name in pairwise(pointer) if keyword == "properties"]
    parts = text.split("`")
    parts[1::2] = [_own_name(part.split("/"), places, properties) for part in parts[1::2]]
    return "`".join(parts)


def _own_name(way: list[str], places: Sequence[str], properties: Container[str]) -> str:
    if places and places[-1] in way:
        return "/".join(way[len(way) - 1 - way[::-1].index(places[-1]) :]).rstrip("/")
    return way[-1] if way[-1] in properties else "/".join(way)


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that are the same but for the operation, as one."""
    found: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        is_shared = finding.pointer is not None and finding.pointer[:1] == ("components",)
        own = () if is_shared else finding.operations
        found.setdefault((finding.check, finding.severity, finding.text, finding.pointer, own), []).append(finding)
    return [
        replace(
            same[0],
            operations=tuple(sorted({name for finding in same for name in finding.operations})),
            fingerprints=frozenset().union(*(finding.fingerprints for finding in same)),
        )
        for same in found.values()
    ]


class _Pointers:
    """What stands on each line of a YAML document, as JSON pointers; read when it is first asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def at(self, line: int) -> tuple[str, ...] | None:
        """The outermost place that begins on a line; lines count from 1."""
        return self._by_line.get(line)

    @cached_property
    def properties(self) -> frozenset[str]:
        """The names of all properties in the document."""
        return frozenset(
            pointer[-1] for pointer in self._by_line.values() if len(pointer) > 1 and pointer[-2] == "properties"
        )

    @cached_property
    def _by_line(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = {}
        root = yaml.compose(self._path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if root is not None:
            self._walk(root, (), found)
        return found

    def _walk(self, node: yaml.Node, pointer: tuple[str, ...], by_line: dict[int, tuple[str, ...]]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                by_line.setdefault(key.start_mark.line + 1, (*pointer, key.value))
                self._walk(value, (*pointer, key.value), by_line)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                by_line.setdefault(value.start_mark.line + 1, (*pointer, str(index)))
                self._walk(value, (*pointer, str(index)), by_line)
