"""Types that every generated client shares."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import IO, BinaryIO, Final, Generic, Literal, TypeVar

from attrs import define, field

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


@define
class File:
    """A file to upload, or one that was downloaded.

    Attributes:
        payload: the bytes, as a readable file.
        file_name: the name to give the server.
        mime_type: the media type, such as ``image/png``.
    """

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """The form that the HTTP library takes for a part of a multipart body."""
        return self.file_name, self.payload, self.mime_type


@define
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
