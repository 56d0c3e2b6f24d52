"""Write the numbers of nodes that actions select now into their overlays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from scripts.specs import documents, yaml_reading
from scripts.specs.errors import DocumentError
from scripts.specs.overlays import Miscount


def accept(miscounts: Sequence[Miscount]) -> list[Path]:
    """Replace expected numbers of matches by the present ones; comments and layout stay.

    Returns:
        The files that were written.

    Raises:
        DocumentError: a file is not as it was when it was read; nothing is written then.
    """
    counts: dict[Path, dict[int, int]] = {}
    for miscount in miscounts:
        path = miscount.overlay.path
        counts.setdefault(path, {})[miscount.applied.action.number - 1] = miscount.applied.matches
    overlays = {miscount.overlay.path: miscount.overlay for miscount in miscounts}
    texts = {}
    for path, overlay in overlays.items():
        text = documents.read_text(path)
        if documents.load(path, keep_comments=False) != overlay.document:
            raise DocumentError(path, "was changed meanwhile: run the command again")
        texts[path] = _rewritten(text, counts[path])
    for path, text in texts.items():
        documents.write(path, text)
    return list(texts)


def _rewritten(text: str, counts: Mapping[int, int]) -> str:
    actions = _member(yaml.compose(text, Loader=yaml_reading.Loader), "actions")
    nodes = {index: _member(actions.value[index], "x-expect-matches") for index in counts}
    for index in sorted(counts, reverse=True):
        text = text[: nodes[index].start_mark.index] + str(counts[index]) + text[nodes[index].end_mark.index :]
    return text


def _member(node: yaml.Node | None, name: str) -> yaml.Node:
    assert isinstance(node, yaml.MappingNode)
    found: yaml.Node = next(value for key, value in node.value if key.value == name)
    return found
