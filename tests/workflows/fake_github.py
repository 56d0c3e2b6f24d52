"""A GitHub on the loopback interface: the part of its API that the workflows use, with what it holds in memory."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.core.loopback import Received
from tests.serving import serving

REPOSITORY = "octocat/hello"
TOKEN = "made-up-token"

Answer = tuple[int, Any]


class FakeGitHub(ThreadingHTTPServer):
    """Holds pull requests and their comments, and what runs have left.

    Attributes:
        pulls: pull requests by number.
        comments: the comments of each.
        artifacts: what each run has left.
        storage: where the archives of all of them are.
        received: every request.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pulls: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.artifacts: dict[int, list[dict[str, Any]]] = {}
        self.storage = ""
        self.received: list[Received] = []

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.server_port}"

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[FakeGitHub]:
        """Run one in a thread."""
        with serving(cls()) as server:
            yield server

    def add_comment(self, number: int, login: str, body: str) -> None:
        """Let somebody comment on a pull request."""
        comments = self.comments.setdefault(number, [])
        comments.append({"id": 1000 * number + len(comments), "user": {"login": login}, "body": body})

    def texts(self, number: int) -> list[str]:
        """The comments on a pull request."""
        return [comment["body"] for comment in self.comments.get(number, [])]

    def writes(self) -> list[tuple[str, str]]:
        """Every request that was to change something."""
        return [(request.method, request.target) for request in self.received if request.method != "GET"]

    def answer(self, request: Received) -> Answer:
        """The answer to a request."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        url = urlsplit(request.target)
        query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
        routes: dict[str, Callable[[int], Answer]] = {
            r"GET /pulls/(\d+)": lambda number: _found(self.pulls.get(number)),
            r"GET /issues/(\d+)/comments": lambda number: (200, _page(self.comments.get(number, []), query)),
            r"POST /issues/(\d+)/comments": lambda number: self._post(number, request),
            r"PATCH /issues/comments/(\d+)": lambda number: self._patch(number, request),
            r"GET /actions/runs/(\d+)/artifacts": lambda run: (
                200,
                {"total_count": len(self.artifacts[run]), "artifacts": _page(self.artifacts[run], query)},
            ),
            r"GET /actions/artifacts/(\d+)/zip": lambda number: (302, f"{self.storage}/{number}?signature=s3cret"),
        }
        asked = f"{request.method} {url.path.removeprefix(f'/repos/{REPOSITORY}')}"
        for route, handler in routes.items():
            if match := re.fullmatch(route, asked):
                return handler(int(match[1]))
        return 404, {"message": "Not Found"}

    def _post(self, number: int, request: Received) -> Answer:
        self.add_comment(number, "github-actions[bot]", json.loads(request.body)["body"])
        return 201, self.comments[number][-1]

    def _patch(self, number: int, request: Received) -> Answer:
        (comment,) = (one for comments in self.comments.values() for one in comments if one["id"] == number)
        comment.update(json.loads(request.body))
        return 200, comment


def _found(item: dict[str, Any] | None) -> Answer:
    return (404, {"message": "Not Found"}) if item is None else (200, item)


def _page(items: list[dict[str, Any]], query: dict[str, int]) -> list[dict[str, Any]]:
    size, page = query["per_page"], query["page"]
    return items[size * (page - 1) : size * page]


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def _answer(self) -> None:
        assert isinstance(self.server, FakeGitHub)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Received(self.command, self.path, dict(self.headers), body)
        self.server.received.append(request)
        status, answer = self.server.answer(request)
        content = b"" if status == 302 else json.dumps(answer).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", answer)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names in the base class
