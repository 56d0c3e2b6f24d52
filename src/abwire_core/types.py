"""Types that every generated client shares."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from io import BytesIO
from os import PathLike
from pathlib import PurePath
from typing import IO, BinaryIO, Final, Generic, Literal, TypeAlias, TypeVar

from abwire_core._http import Headers

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


class File:
    """A file to upload, or one that was downloaded.

    Args:
        payload: the content, as bytes or as a file that is open in binary mode; it is sent from its start.
        file_name: the name to give the server; by default that of the open file, or ``upload``, because a server takes
            a part of a form without a name for a text.
        mime_type: the media type, such as ``image/png``; by default it is guessed from the name.

    Raises:
        TypeError: the payload is a text, or a file that is open in text mode.
        ValueError: the media type has other characters than printable ASCII; raised when the file is to be sent.
    """

    __slots__ = ("_payload", "file_name", "mime_type")

    def __init__(self, payload: BinaryIO | bytes, file_name: str | None = None, mime_type: str | None = None) -> None:
        self._payload = _binary(payload)
        self.file_name = file_name
        self.mime_type = mime_type

    @property
    def payload(self) -> BinaryIO:
        """The content, as a file that is open in binary mode."""
        return self._payload

    @payload.setter
    def payload(self, payload: BinaryIO | bytes) -> None:
        self._payload = _binary(payload)

    def __repr__(self) -> str:
        return f"File(file_name={self.file_name!r}, mime_type={self.mime_type!r})"

    def to_tuple(self) -> FileTypes:
        """Return the form that the HTTP library takes for a part of a multipart body."""
        if self.mime_type and not (self.mime_type.isascii() and self.mime_type.isprintable()):
            raise ValueError("the mime_type of a File must be printable ASCII: a line break would add headers")
        name = getattr(self.payload, "name", None)  # a number if the file was opened by its descriptor
        default = PurePath(name).name if isinstance(name, str) else ""
        return self.file_name or default or "upload", self.payload, self.mime_type


FileInput: TypeAlias = File | bytes | BinaryIO | PathLike[str] | str
"""What stands for a file in an argument: a :class:`File`, its bytes, a file open in binary mode, or a path."""


class Response(Generic[T]):
    """A response with everything that came with it.

    Attributes:
        status_code: the HTTP status; a plain integer, because servers also send unregistered ones (such as 520).
        content: the body as received.
        headers: the response headers; names in any case.
        parsed: the body as Python values; what the method returns without ``with_raw_response``.
    """

    __slots__ = ("content", "headers", "parsed", "status_code")

    def __init__(self, status_code: int, content: bytes, headers: Headers, parsed: T) -> None:
        self.status_code = status_code
        self.content = content
        self.headers = headers
        self.parsed = parsed

    def __repr__(self) -> str:
        return f"Response(status_code={self.status_code}, parsed={self.parsed!r})"


__all__ = ["UNSET", "File", "FileInput", "FileTypes", "RequestFiles", "Response", "Unset"]
