"""A server on loopback that answers from an effective spec: requests are validated, answers are samples.

It keeps no state and knows no vendor; it is there to try the generated client without an account.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.testing import MockRequest
from werkzeug.datastructures import ImmutableMultiDict

from scripts.build_specs import resolve
from scripts.documents import plain
from scripts.samples import sample

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes


class SampleServer:
    """Serves one API on a free port of this machine; a context manager that stops what it started.

    Args:
        effective: the effective spec.
    """

    def __init__(self, effective: Mapping[str, Any]) -> None:
        self.received: list[Received] = []
        """The requests that were valid, in order."""
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._server.daemon_threads = True
        path = urlsplit(effective["servers"][0]["url"]).path
        self.url = f"http://{HOST}:{self._server.server_port}{path}"
        self._document: dict[str, Any] = {**plain(effective), "servers": [{"url": self.url}]}
        self._document["security"] = [
            requirement for requirement in self._document.get("security", ()) if self._can_judge(requirement)
        ]
        self._openapi = OpenAPI.from_dict(self._document)
        self._finder = APICallPathFinder(self._openapi.spec)
        self._thread = threading.Thread(target=self._server.serve_forever, name="sample-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _can_judge(self, requirement: Mapping[str, Any]) -> bool:
        """Whether openapi-core knows all schemes of a security requirement; what it does not know it lets pass."""
        schemes = self._document["components"]["securitySchemes"]
        return all(schemes[name]["type"] in {"http", "apiKey"} for name in requirement)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = server._answer(self.command, self.path, dict(self.headers.items()), body)
                content = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                if content:
                    self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the base class

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
                """Say nothing: what was received is in ``SampleServer.received``."""

        return Handler

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        split = urlsplit(target)
        query = parse_qsl(split.query, keep_blank_values=True)
        origin = f"http://{HOST}:{self._server.server_port}"
        request = MockRequest(
            origin,
            method.lower(),
            unquote(split.path),
            args=ImmutableMultiDict(query),
            headers=dict(headers),
            data=body or None,
            content_type=headers.get("Content-Type", ""),
        )
        try:
            self._openapi.validate_request(request)
            found = self._finder.find(method.lower(), f"{origin}{unquote(split.path)}")
        except OpenAPIError as error:
            return 400, {"message": f"{error}: {error.__cause__ or ''}"}
        operation = self._document["paths"][found.path_result.pattern][method.lower()]
        self.received.append(Received(method, split.path, tuple(query), body))
        status, response = next((code, item) for code, item in operation["responses"].items() if code.startswith("2"))
        content = resolve(self._document, response).get("content", {}).get("application/json")
        return int(status), sample(self._document, content["schema"]) if content else None
