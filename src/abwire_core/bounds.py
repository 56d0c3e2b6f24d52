"""Bounds of a call: the time that it may take, and the size of a response.

The deadline belongs to the thread or task that makes the call, so that whatever waits on its way can ask for the
seconds left. Async calls are cut off by the event loop; sync calls by the reads and writes of their connection.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from abwire_core._http import (
    AsyncByteStream,
    DecodingError,
    ReadTimeout,
    Request,
    Response,
    SyncByteStream,
    WriteTimeout,
)
from abwire_core.errors import ResponseTooLargeError

DEFAULT_DEADLINE: Final = 2 * 60 * 60.0
"""Seconds that a call may take; longer than an hourly rate limit makes it wait."""

DEFAULT_MAX_RESPONSE_BYTES: Final = 64 * 1024 * 1024
"""Greatest size of a response, compressed and not."""

_end: ContextVar[float] = ContextVar("abwire_end", default=math.inf)


def seconds_left() -> float:
    """Return the seconds that the current call may still take; infinite without a deadline, negative after it."""
    return _end.get() - time.monotonic()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound what runs inside; an outer deadline that comes first stays in force."""
    token = _end.set(min(_end.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _end.reset(token)


def check(*, deadline: float, max_response_bytes: int) -> None:
    """Raise ``ValueError`` if a bound is not a positive number."""
    if not deadline > 0:  # so that NaN is refused, too
        raise ValueError(f"deadline must be a number of seconds above 0 (math.inf for none), not {deadline!r}")
    if not max_response_bytes > 0:
        raise ValueError(f"max_response_bytes must be above 0, not {max_response_bytes!r}")


# --- time ---


class _Timeouts(dict[str, float | None]):
    """Timeouts by phase, none of which lasts beyond the deadline: the HTTP library asks at the start of each."""

    def get(self, key: str, default: Any = None) -> Any:
        return _capped(super().get(key, default))


def _capped(timeout: float | None) -> float | None:
    left = max(seconds_left(), 1e-6)  # zero would mean not to wait at all, and end in another error
    return timeout if left == math.inf else left if timeout is None else min(timeout, left)


def bound_time(request: Request, *, is_async: bool) -> None:
    """Have no phase of an exchange last beyond the deadline of the current call."""
    request.extensions["timeout"] = _Timeouts(request.extensions.get("timeout", {}))
    if not is_async:
        request.extensions["trace"] = _bound_connection


def _bound_connection(event: str, info: Mapping[str, Any]) -> None:
    """Bound the reads and writes of a new connection.

    A timeout of the HTTP library is for one read; a server that sends a byte now and then is within it forever.
    Source: https://www.encode.io/httpcore/extensions/#trace
    """
    if event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")):
        stream = info["return_value"]
        stream.read = _bounded_read(stream.read)
        stream.write = _bounded_write(stream.write)


def _bounded_read(read: Callable[..., bytes]) -> Callable[..., bytes]:
    def bounded(max_bytes: int, timeout: float | None = None) -> bytes:
        if seconds_left() <= 0:
            raise ReadTimeout("the deadline of the call has passed")
        return read(max_bytes, timeout=_capped(timeout))

    return bounded


def _bounded_write(write: Callable[..., None]) -> Callable[..., None]:
    def bounded(buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            if seconds_left() <= 0:
                raise WriteTimeout("the deadline of the call has passed")
            write(buffer[start : start + _PIECE], timeout=_capped(timeout))

    return bounded


# --- size ---

_PIECE: Final = 64 * 1024
_COMPRESSED: Final = ("gzip", "x-gzip", "deflate")


def bound_size(response: Response, limit: int) -> None:
    """Have reading a response end with an error where its content is larger than a limit, compressed or not.

    The content is decompressed here, piece by piece; the HTTP library would decompress all that it has received at
    once, to a thousand times its size for each layer of compression.
    """
    body = _Body(response, limit)
    if response.is_stream_consumed:  # by a transport that had all of it
        body.check(len(response.content))
    elif isinstance(response.stream, SyncByteStream):
        response.stream = _SyncStream(body, response.stream)
    elif isinstance(response.stream, AsyncByteStream):
        response.stream = _AsyncStream(body, response.stream)


class _Body:
    """Decompressor and counter of one response."""

    def __init__(self, response: Response, limit: int) -> None:
        self._limit = limit
        self._request = response.request
        self._received = self._size = 0
        self._zlib = None
        encoding = response.headers.pop("Content-Encoding", "identity").strip().lower()
        if encoding in _COMPRESSED:
            self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either of both formats, told by its header
        elif encoding not in ("identity", "") and not response.is_stream_consumed:
            raise DecodingError("unknown content encoding", request=self._request)
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal():
            self.check(int(announced[:20]))

    def check(self, size: int) -> None:
        if size > self._limit:
            path = self._request.url.raw_path.partition(b"?")[0].decode("ascii")
            raise ResponseTooLargeError(self._limit, method=self._request.method, path=path)

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        self._received += len(raw)
        self.check(self._received)
        if self._zlib is None:
            yield raw
            return
        full = False
        while (raw or full) and not self._zlib.eof:
            try:
                piece = self._zlib.decompress(raw, _PIECE)
            except zlib.error:
                raise DecodingError("not compressed as announced", request=self._request) from None
            raw = self._zlib.unconsumed_tail
            full = len(piece) == _PIECE
            self._size += len(piece)
            self.check(self._size)
            yield piece


class _SyncStream(SyncByteStream):
    def __init__(self, body: _Body, stream: SyncByteStream) -> None:
        self._body = body
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        for raw in self._stream:
            yield from self._body.pieces(raw)

    def close(self) -> None:
        self._stream.close()


class _AsyncStream(AsyncByteStream):
    def __init__(self, body: _Body, stream: AsyncByteStream) -> None:
        self._body = body
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for raw in self._stream:
            for piece in self._body.pieces(raw):
                yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
