"""Why the sandbox refuses a request."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):  # noqa: N818 - the refusal of a request is an answer
    """A request that is answered with an error.

    Args:
        status: the HTTP status.
        message: what is wrong, for people.
        fields: names of the fields that are at fault.
        headers: headers of the answer.
    """

    def __init__(
        self, status: int, message: str, *, fields: tuple[str, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = fields
        self.headers = dict(headers or {})


class SandboxError(Exception):
    """A mistake in the sandbox itself: an answer that its spec does not allow, or a crash."""
