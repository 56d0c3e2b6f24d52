"""What an uploaded image says of itself."""

from __future__ import annotations

import struct
from typing import Any

from abwire_sandbox.engine import Upload

_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"<svg": "SVG", b"RIFF": "WEB"}

_MOST_PIXELS = 100_000
"""Pixels a side; what is beyond is not the size of an image, whatever its head says."""


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
    size = (0, 0)
    if kind == "PNG" and len(content) >= 24:
        size = struct.unpack(">II", content[16:24])
    if kind == "GIF" and len(content) >= 10:
        size = struct.unpack("<HH", content[6:10])
    if all(0 < pixels <= _MOST_PIXELS for pixels in size):
        found["width"], found["height"] = size
    return found
