"""What a generated package was made of, as ``generated/manifest.yaml`` records it: enough to tell why two differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.specs import documents
from scripts.specs.project import Api

PLACE = "generated/manifest.yaml"
"""Where it is in a project."""


def inputs(api: Api) -> dict[str, Any]:
    """The digests of an API's spec and overlays."""
    return {
        "spec": _digest(api.spec.read_bytes()),
        "overlays": {path.name: _digest(path.read_bytes()) for path in api.overlays},
    }


def templates(folder: Path) -> str:
    """The digest of all templates in a folder."""
    return _digest(
        b"".join(
            path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes()
            for path in sorted(folder.rglob("*.jinja"))
        )
    )


def read(root: Path) -> Mapping[str, Any]:
    """The manifest of a project; empty if it has none.

    Raises:
        errors.DocumentError: it cannot be read.
    """
    path = root / PLACE
    return documents.load(path, keep_comments=False) if path.exists() else {}


def outdated(root: Path, apis: Sequence[Api]) -> list[str]:
    """The names of the APIs whose package was made of another spec or other overlays than the project has.

    Args:
        root: the project.
        apis: its APIs.

    Raises:
        errors.DocumentError: the manifest cannot be read.
    """
    recorded = read(root).get("apis", {})
    present = {api.name: inputs(api) for api in apis}
    return sorted(
        name
        for name in {*present, *recorded}
        if present.get(name) != {key: recorded.get(name, {}).get(key) for key in ("spec", "overlays")}
    )


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
