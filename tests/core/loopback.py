"""A server that writes down what came over the wire, byte by byte."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.serving import serving


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def url(self) -> str:
        """The URL as a server puts it together."""
        return f"http://{self.headers['Host']}{self.target}"


class Loopback(ThreadingHTTPServer):
    """Answers every request with 200 and the same JSON, on connections that stay open."""

    daemon_threads = False  # so that closing the server waits for the connections to be closed

    def __init__(self, answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.received: list[Received] = []
        self.connections = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    @classmethod
    @contextlib.contextmanager
    def running(cls, answer: bytes = b"{}") -> Iterator[Loopback]:
        """Run one in a thread."""
        with serving(cls(answer)) as server:
            yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds after which a connection that a client forgot is dropped

    def setup(self) -> None:
        super().setup()
        self._loopback.connections += 1

    @property
    def _loopback(self) -> Loopback:
        assert isinstance(self.server, Loopback)
        return self.server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._loopback.received.append(Received(self.command, self.path, dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self._loopback.answer)))
        self.end_headers()
        self.wfile.write(self._loopback.answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names in the base class
