"""What an uploaded image says of itself."""

from __future__ import annotations

import struct
from typing import Any

from abwire_sandbox.engine import Upload

_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"<svg": "SVG", b"RIFF": "WEB"}


def described(upload: Upload) -> dict[str, Any]:
    """The fields of an image that follow from the file; its size in pixels where that is easy to see."""
    content = upload.content
    found: dict[str, Any] = {
        "name": upload.name.rsplit(".", 1)[0],
        "fileName": upload.name,
        "fileWeight": -(-len(content) // 1024),
        "size": len(content),
        "path": f"/images/{upload.name}",
    }
    kind = next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)
    if kind:
        found["format"] = kind
    if kind == "PNG" and len(content) >= 24:
        found["width"], found["height"] = struct.unpack(">II", content[16:24])
    if kind == "GIF" and len(content) >= 10:
        found["width"], found["height"] = struct.unpack("<HH", content[6:10])
    return found
