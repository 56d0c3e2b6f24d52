"""Forms as a server takes them apart, by the standard library's parser."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from typing import NamedTuple


class Part(NamedTuple):
    """A part of a form."""

    name: str
    file_name: str | None
    media_type: str
    content: bytes


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """The parts of a multipart/form-data body, in their order."""
    form = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    assert form.get_content_type() == "multipart/form-data"
    assert not form.defects
    parts = form.get_payload()
    assert isinstance(parts, list)
    return [_part(part) for part in parts]


def _part(part: Message | str) -> Part:
    assert isinstance(part, Message)
    assert part.keys() == ["Content-Disposition", "Content-Type"]
    assert part.get_content_disposition() == "form-data"
    name, content = part.get_param("name", header="Content-Disposition"), part.get_payload(decode=True)
    assert isinstance(name, str)
    assert isinstance(content, bytes)
    return Part(name, part.get_filename(), part["Content-Type"], content)
