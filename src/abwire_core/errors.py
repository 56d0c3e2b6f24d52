"""What can go wrong, as exceptions: everything that abwire raises on its own is an :class:`AbwireError`.

    AbwireError
    ├── ConfigurationError
    ├── ApiConnectionError
    │   └── ApiTimeoutError
    ├── ApiStatusError
    │   ├── BadRequestError        400
    │   ├── AuthenticationError    401
    │   ├── PermissionDeniedError  403
    │   ├── NotFoundError          404
    │   ├── ConflictError          409
    │   ├── UnprocessableError     422
    │   ├── ObjectLockedError      423
    │   ├── RateLimitError         429
    │   └── ServerError            5xx
    ├── DecodeError
    ├── ResponseTooLargeError
    ├── ResultsFailedError
    └── ResultsTimeoutError

No message holds what logs should not: no credentials, no query, no bodies. Text of a server is cut and escaped.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from abwire_core._http import Headers

LONGEST_MESSAGE = 1000
"""Characters of a message; texts of a server can be of any length."""


def shown(text: str) -> str:
    """Return a text as a message may have it: bounded, and with control characters escaped."""
    cut = text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 3]}..."
    return cut if cut.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)


class AbwireError(Exception):
    """The base of all errors that abwire raises."""

    def __str__(self) -> str:
        return shown(super().__str__())

    def hide(self, secrets: Iterable[str]) -> None:
        """Cut secrets out of the message, into which a server may have put them."""
        self.args = tuple(_without(secrets, arg) for arg in self.args)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are pickled by their args, which an error with keyword arguments has none of.
        return functools.partial(_restored, type(self)), (self.args, self.__dict__)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


def _without(secrets: Iterable[str], value: Any) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "...")
    return value


def _restored(error: type[AbwireError], args: tuple[Any, ...], state: Mapping[str, Any]) -> AbwireError:
    made = error.__new__(error, *args)
    made.args = args
    made.__dict__.update(state)
    return made


class ConfigurationError(AbwireError):
    """A client cannot be made or used: something that it needs is missing, wrong, or contradicts something else."""


class ApiConnectionError(AbwireError):
    """No answer came: the connection could not be made, or broke.

    Attributes:
        method: the HTTP method, in capitals.
        path: the path that was called, without its query.
    """

    def __init__(self, message: str, *, method: str, path: str) -> None:
        super().__init__(f"{method} {path}: {message}")
        self.method = method
        self.path = path


class ApiTimeoutError(ApiConnectionError):
    """No answer came in time."""


class ApiStatusError(AbwireError):
    """The server answered with a status other than success.

    Attributes:
        status_code: the HTTP status; a plain integer, because servers also send unregistered ones (such as 520).
        method: the HTTP method, in capitals.
        path: the path that was called, without its query.
        body: the body of the error, as the model that the spec gives it, or as JSON values; None if it is not JSON.
        content: the body as received.
        headers: the response headers; names in any case.
        retry_after: seconds that the server asks to wait before the next call; None if it says nothing.
    """

    _BY_STATUS: ClassVar[dict[int, type[ApiStatusError]]] = {}

    def __init__(
        self,
        status_code: int,
        *,
        method: str,
        path: str,
        body: Any = None,
        content: bytes = b"",
        headers: Headers | Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{method} {path}: status {status_code}{_reason(body)}")
        self.status_code = status_code
        self.method = method
        self.path = path
        self.body = body
        self.content = content
        self.headers = Headers(headers)
        self.retry_after = retry_after

    def __init_subclass__(cls, *, status: int | None = None) -> None:
        if status is not None:
            ApiStatusError._BY_STATUS[status] = cls

    @classmethod
    def of(cls, status_code: int) -> type[ApiStatusError]:
        """The class for a status."""
        fallback = ServerError if status_code >= 500 else ApiStatusError
        return cls._BY_STATUS.get(status_code, fallback)


def _reason(body: Any) -> str:
    """Return what an error body says for people; both vendors call it message."""
    message = body.get("message") if isinstance(body, Mapping) else getattr(body, "message", None)
    return f" ({message})" if message and isinstance(message, str) else ""


class BadRequestError(ApiStatusError, status=400):
    """400: the request is malformed, or a value in it is not allowed."""


class AuthenticationError(ApiStatusError, status=401):
    """401: the credentials are missing, wrong or expired; also any refusal of a token request."""


class PermissionDeniedError(ApiStatusError, status=403):
    """403: the credentials do not allow this call."""


class NotFoundError(ApiStatusError, status=404):
    """404: there is no such object, or the credentials do not show it."""


class ConflictError(ApiStatusError, status=409):
    """409: the object is in a state that does not allow this call."""


class UnprocessableError(ApiStatusError, status=422):
    """422: the request is well-formed and cannot be carried out."""


class ObjectLockedError(ApiStatusError, status=423):
    """423: somebody has the object open in the vendor's app; try again later."""


class RateLimitError(ApiStatusError, status=429):
    """429: too many calls."""


class ServerError(ApiStatusError):
    """5xx: the server failed."""


class DecodeError(AbwireError):
    """The server answered with success, and with something of another shape than the spec describes.

    Attributes:
        operation: the operationId; None where a model was decoded without a call.
        pointer: where in the answer, as a JSON pointer (RFC 6901); empty for the whole.
        expected: what the spec has there.
        got: what was there; values are not shown.
    """

    def __init__(self, *, expected: str, got: str, pointer: str = "", operation: str | None = None) -> None:
        super().__init__()
        self.expected = expected
        self.got = got
        self.pointer = pointer
        self.operation = operation

    def __str__(self) -> str:
        operation = f"{self.operation}: " if self.operation else ""
        return shown(f"{operation}{self.pointer or 'the answer'}: expected {self.expected}, got {self.got}")

    def hide(self, secrets: Iterable[str]) -> None:
        """Cut secrets out of the pointer, which has keys of the server."""
        self.pointer = _without(secrets, self.pointer)

    def below(self, key: str | int) -> Self:
        """The same error, seen from the object or list around it."""
        self.pointer = f"/{str(key).replace('~', '~0').replace('/', '~1')}{self.pointer}"
        return self


class ResponseTooLargeError(AbwireError):
    """A response is larger than allowed; it was not read to its end.

    Attributes:
        limit: bytes that a response may have.
        method: the HTTP method, in capitals.
        path: the path that was called, without its query.
    """

    def __init__(self, limit: int, *, method: str, path: str) -> None:
        super().__init__(
            f"{method} {path}: the response is larger than {limit} bytes; to accept it, raise max_response_bytes"
        )
        self.limit = limit
        self.method = method
        self.path = path


class ResultsFailedError(AbwireError):
    """The computation of results ended in an error.

    Attributes:
        data_code: the code of the computation.
        poll: the last answer, as its model.
    """

    def __init__(self, data_code: str, poll: Any = None) -> None:
        super().__init__(f"the computation of results failed (data code {data_code})")
        self.data_code = data_code
        self.poll = poll


class ResultsTimeoutError(AbwireError):
    """The results were not ready in time. They may still come: poll again with the data code.

    Attributes:
        data_code: the code of the computation.
        elapsed: seconds waited.
    """

    def __init__(self, data_code: str, elapsed: float) -> None:
        super().__init__(f"no results after {elapsed:.0f} s; poll on with data code {data_code}")
        self.data_code = data_code
        self.elapsed = elapsed


class UnverifiedOperationWarning(UserWarning):
    """The route of an operation is a guess: several are equally plausible, and no call of it has been seen."""


__all__ = [
    "AbwireError",
    "ApiConnectionError",
    "ApiStatusError",
    "ApiTimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "DecodeError",
    "NotFoundError",
    "ObjectLockedError",
    "PermissionDeniedError",
    "RateLimitError",
    "ResponseTooLargeError",
    "ResultsFailedError",
    "ResultsTimeoutError",
    "ServerError",
    "UnprocessableError",
    "UnverifiedOperationWarning",
]
