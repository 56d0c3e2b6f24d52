"""Types that every generated client shares."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from io import BytesIO
from pathlib import PurePath
from typing import IO, BinaryIO, Final, Generic, Literal, TypeVar

from abwire_core._http import Headers
from abwire_core.classes import define, field

T = TypeVar("T")


class Unset(Enum):
    """The type of :data:`UNSET`; an enum, because a member stays the same object through copies and pickles."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Stands for a value that is absent: not sent, or not in the answer. Null is ``None``."""

FileContent = IO[bytes] | bytes | str
FileTypes = tuple[str | None, FileContent, str | None] | tuple[str | None, FileContent, str | None, Mapping[str, str]]
RequestFiles = list[tuple[str, FileTypes]]


def _binary(payload: BinaryIO | bytes) -> BinaryIO:
    if isinstance(payload, bytes):
        return BytesIO(payload)
    read = getattr(payload, "read", None)
    if read is None or not isinstance(read(0), bytes):
        raise TypeError("the payload of a File must be bytes, or a file that is open in binary mode")
    return payload


@define()
class File:
    """A file to upload, or one that was downloaded.

    Attributes:
        payload: the content, as a file that is open in binary mode; bytes are made one. It is sent from its start.
        file_name: the name to give the server; by default that of the open file, or ``upload``, because a server takes
            a part of a form without a name for a text.
        mime_type: the media type, such as ``image/png``; by default it is guessed from the name.

    Raises:
        TypeError: the payload is a text, or a file that is open in text mode.
        ValueError: the media type has other characters than printable ASCII; raised when the file is to be sent.
    """

    payload: BinaryIO = field(converter=_binary)
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """The form that the HTTP library takes for a part of a multipart body."""
        if self.mime_type and not (self.mime_type.isascii() and self.mime_type.isprintable()):
            raise ValueError("the mime_type of a File must be printable ASCII: a line break would add headers")
        name = getattr(self.payload, "name", None)  # a number if the file was opened by its descriptor
        default = PurePath(name).name if isinstance(name, str) else ""
        return self.file_name or default or "upload", self.payload, self.mime_type


@define()
class Response(Generic[T]):
    """An answer with everything that came with it.

    Attributes:
        status_code: the HTTP status; a plain integer, because servers also send unregistered ones (such as 520).
        content: the body as received.
        headers: the response headers; names in any case.
        parsed: the body as models, or None if there was none that the spec describes.
    """

    status_code: int
    content: bytes = field(repr=False)
    headers: Headers = field(repr=False)
    parsed: T | None


__all__ = ["UNSET", "File", "FileTypes", "RequestFiles", "Response", "Unset"]
