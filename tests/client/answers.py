"""A server of this machine that gives prepared answers, in their order."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.core.loopback import Received
from tests.serving import serving


class AnswerServer(ThreadingHTTPServer):
    """Answers each method and path with what was prepared for it; 404 for anything else.

    Args:
        answers: the JSON bodies by method and path without query; each is given once.
        status: of all answers.
    """

    def __init__(self, answers: Mapping[tuple[str, str], list[Any]], status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = {key: list(values) for key, values in answers.items()}
        self.status = status
        self.received: list[Received] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    @classmethod
    @contextlib.contextmanager
    def running(cls, answers: Mapping[tuple[str, str], list[Any]], *, status: int = 200) -> Iterator[Self]:
        """Run one in a thread."""
        with serving(cls(answers, status)) as server:
            yield server


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def _answer(self) -> None:
        assert isinstance(self.server, AnswerServer)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.received.append(Received(self.command, self.path, dict(self.headers), body))
        left = self.server.answers.get((self.command, self.path.partition("?")[0]), [])
        status, answer = (self.server.status, left.pop(0)) if left else (404, {"message": "nothing was prepared"})
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 - the names in the base class
