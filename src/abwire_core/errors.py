"""Errors of the generated operations."""


class UnexpectedStatus(Exception):  # noqa: N818 - the name under which generated clients of this kind are known
    """An answer with a status that the spec does not describe.

    Attributes:
        status_code: the HTTP status.
        content: the body as received; it is not part of the message, because it may hold what logs should not.
    """

    def __init__(self, status_code: int, content: bytes) -> None:
        super().__init__(status_code, content)
        self.status_code = status_code
        self.content = content

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def __str__(self) -> str:
        return f"unexpected status {self.status_code} ({len(self.content)} bytes of content)"


__all__ = ["UnexpectedStatus"]
