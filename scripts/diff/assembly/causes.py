"""Causes of changes: which kind of input brought a part of an effective spec about, and what an overlay hides.

Between two states several kinds of input can change at once. To tell them apart, the effective spec of the head is
reached from that of the base in steps, each of which takes one kind of input from the head; what a step changes is
caused by that kind. No client is generated for that.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.diff.contract import rules
from scripts.diff.contract.catalogue import Catalogue, Key, Part
from scripts.diff.inputs.overlay_changes import kind_of
from scripts.diff.model.report import Cause
from scripts.specs import documents, overlays
from scripts.specs.effective import build
from scripts.specs.errors import InputError
from scripts.specs.project import Api
from scripts.specs.spec import Pointer

_MAKERS = ("codegen", "specs", "templates")
"""Folders of ``scripts/`` that make a client."""


@dataclass(frozen=True)
class Chain:
    """The steps from the effective spec of the base to that of the head.

    Attributes:
        old: the API in the base.
        new: the API in the head.
        kinds: the kinds of input that differ.
        steps: the parts after each step, with the kinds that it takes; the first one takes none, and a step takes
            several where the effective spec in between cannot be made.
    """

    old: Api
    new: Api
    kinds: tuple[Cause, ...]
    steps: tuple[tuple[tuple[Cause, ...], Catalogue], ...]

    def causes(self, keys: set[Key], *, keywords: set[str], is_python_only: bool) -> tuple[Cause, ...]:
        """Return the causes of a change of some parts; all kinds that differ, if no step shows it.

        Args:
            keys: the parts, by their keys before and after.
            keywords: the facts that differ; none for parts that came or went.
            is_python_only: whether the effective spec has the same in both states.
        """
        found: list[Cause] = []
        for (_, before), (taken, after) in zip(self.steps, self.steps[1:], strict=False):
            if taken and any(_facts(before, key, keywords) != _facts(after, key, keywords) for key in keys):
                found += taken
        ours = tuple(kind for kind in self.kinds if kind in (Cause.TEMPLATE, Cause.RUNTIME))
        return tuple(found) or (ours if is_python_only and ours else self.kinds)

    def hidden(self) -> Iterator[tuple[Part, str, str]]:
        """Yield what the vendor changed and the overlays undo: the part, what changed, and the overlay."""
        if Cause.SPEC not in self.kinds:
            return
        before, after = (documents.load(api.spec, keep_comments=False) for api in (self.old, self.new))
        raw = Catalogue(before, self.new.name), Catalogue(after, self.new.name)
        first, last = self.steps[0][1], self.steps[-1][1]
        waiting = []
        for key in {**raw[0].parts, **raw[1].parts}:
            old, new = (one.parts.get(key) for one in raw)
            for keyword, text in _differences(old, new):
                if not _shows(key, keyword, first, last):
                    part = new or old
                    assert part is not None
                    waiting.append((part, keyword, text))
        for path in self.new.overlays if waiting else ():
            document = overlays.read(path)
            for one in (before, after):
                overlays.apply(one, document, strict=False)
            for found in list(waiting):
                pointer = (*found[0].pointer, *(word for word in found[1].split("/") if word))
                if _same(_node(before, pointer), _node(after, pointer)):
                    waiting.remove(found)
                    yield found[0], found[2], path.name


def chain(old: Api, new: Api, effective: tuple[Catalogue, Catalogue], *, others: Sequence[Cause]) -> Chain:
    """Return the steps from one state of an API to the other.

    Args:
        old: the API in the base.
        new: the API in the head.
        effective: the parts of both effective specs.
        others: further kinds of input that differ.
    """
    kinds = [Cause.SPEC] if old.spec.read_bytes() != new.spec.read_bytes() else []
    kinds += [kind for kind in (Cause.OVERLAY, Cause.NAMING) if _contents(old, kind) != _contents(new, kind)]
    steps: list[tuple[tuple[Cause, ...], Catalogue]] = [((), effective[0])]
    pending: tuple[Cause, ...] = ()
    taken: set[Cause] = set()
    for kind in kinds[:-1]:
        taken.add(kind)
        pending = (*pending, kind)
        found = [path for one in (Cause.OVERLAY, Cause.NAMING) for path in _of((new if one in taken else old), one)]
        mixed = Api(
            new.name, (new if Cause.SPEC in taken else old).spec, tuple(sorted(found, key=lambda path: path.name))
        )
        try:
            document = build(mixed, strict=False, keep_comments=False)  # an overlay may be stale in this mix
        except InputError:
            continue
        steps.append((pending, Catalogue(document, new.name)))
        pending = ()
    steps.append(((*pending, *kinds[-1:]), effective[1]))
    return Chain(old, new, (*kinds, *others), tuple(steps))


def makers(root: Path) -> dict[str, bytes]:
    """Return all that makes a client but its spec and overlays: scripts, templates, and the versions of the tools."""
    scripts = root / "scripts"
    found = {
        path.relative_to(scripts).as_posix(): path.read_bytes()
        for folder in _MAKERS
        for path in sorted((scripts / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    lock = root / "requirements-dev.lock"
    pins = lock.read_text(encoding="utf-8").splitlines() if lock.exists() else []
    tools = [line.split()[0] for line in pins if line.startswith(("openapi-python-client==", "ruff=="))]
    return {**found, "tools": "\n".join(tools).encode()}


def _of(api: Api, kind: Cause) -> list[Path]:
    return [path for path in api.overlays if kind_of(path) is kind]


def _contents(api: Api, kind: Cause) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in _of(api, kind)}


def _facts(catalogue: Catalogue, key: Key, keywords: set[str]) -> Any:
    part = catalogue.parts.get(key)
    return None if part is None else {keyword: part.facts.get(keyword) for keyword in sorted(keywords)}


def _differences(old: Part | None, new: Part | None) -> Iterator[tuple[str, str]]:
    if old is None or new is None:
        yield "", "was added" if new else "was removed"
        return
    for keyword in dict.fromkeys([*old.facts, *new.facts]):
        before, after = old.facts.get(keyword), new.facts.get(keyword)
        if before != after and keyword not in ("python", "class"):
            yield keyword, rules.describe(keyword, rules.rule_for(old.key[0], keyword), before, after)


def _shows(key: Key, keyword: str, first: Catalogue, last: Catalogue) -> bool:
    """Return whether a change of the vendor's spec is one of the effective spec too."""
    old, new = first.parts.get(key), last.parts.get(key)
    if old is None or new is None:
        return (old is None) != (new is None) or keyword != ""
    return bool(keyword) and old.facts.get(keyword) != new.facts.get(keyword)


def _node(document: Any, pointer: Pointer) -> Any:
    for key in pointer:
        if isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict):
            document = document.get(key)
        else:
            return None
    return copy.copy(document)


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
