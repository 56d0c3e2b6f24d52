"""Lines of the vendors' specs: where a part of an effective spec is written."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import yaml

from scripts.diff.model.report import Source
from scripts.specs.spec import Pointer


class Lines:
    """The lines of a YAML document, read when the first one is asked for.

    Args:
        path: the file.
        name: its path in the project.
        is_old: whether it is that of the base.
    """

    def __init__(self, path: Path, name: str, *, is_old: bool) -> None:
        self._path, self._name, self._is_old = path, name, is_old

    def at(self, pointer: Pointer) -> Source:
        """Return where a node is, else the nearest one around it."""
        for length in range(len(pointer), -1, -1):
            if pointer[:length] in self._lines:
                return Source(self._name, self._lines[pointer[:length]], self._is_old)
        return Source(self._name, 1, self._is_old)

    @cached_property
    def _lines(self) -> dict[Pointer, int]:
        found: dict[Pointer, int] = {}
        waiting: list[tuple[Pointer, yaml.Node | None]] = [
            ((), yaml.compose(self._path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        ]
        while waiting:
            pointer, node = waiting.pop()
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    found[(*pointer, str(key.value))] = key.start_mark.line + 1
                    waiting.append(((*pointer, str(key.value)), value))
            elif isinstance(node, yaml.SequenceNode):
                for number, value in enumerate(node.value):
                    found[(*pointer, str(number))] = value.start_mark.line + 1
                    waiting.append(((*pointer, str(number)), value))
        return found
