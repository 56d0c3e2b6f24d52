"""The REST API of GitHub, as far as the scripts of the workflows need it. Standard library only.

Source: GitHub's REST API documentation, version 2022-11-28 (pagination by page number, artifacts behind a redirect).
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

PAGE_SIZE = 100
_REDIRECTS = {301, 302, 303, 307, 308}
_TIMEOUT = 30.0
# All that urllib has by default for HTTP but the one that follows redirects: it would send the token along.
_HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
)


class GitHubError(Exception):
    """GitHub did not do what it was asked for; says what that was, and what the answer was."""


class GitHub:
    """A repository, seen with a token.

    Args:
        api: address of the API, without a slash at its end; a workflow has it in ``GITHUB_API_URL``.
        repository: owner and name, such as ``octocat/hello``.
        token: the token; it goes nowhere but to the API.
    """

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._base = f"{api}/repos/{repository}"
        self._token = token
        self._opener = urllib.request.OpenerDirector()
        for handler in _HANDLERS:
            self._opener.add_handler(handler())

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the API.

        Args:
            method: the HTTP method.
            path: what comes after ``/repos/{owner}/{name}``.
            body: what is sent, as JSON; None for nothing.

        Returns:
            The JSON of the answer.

        Raises:
            GitHubError: there is no answer, or it is not a success.
        """
        request = self._request(method, path, None if body is None else json.dumps(body).encode())
        try:
            return json.loads(self._read(request))
        except ValueError:
            raise GitHubError(f"{_asked(request)}: the answer is not JSON") from None

    def pages(self, path: str, key: str | None = None) -> Iterator[Any]:
        """The items of all pages of a list.

        Args:
            path: as for ``call``.
            key: the property of the answer that has the items; None if the answer is the list.

        Raises:
            GitHubError: see ``call``.
        """
        page = 1
        while True:
            answer = self.call("GET", f"{path}?per_page={PAGE_SIZE}&page={page}")
            items = answer if key is None else answer[key]
            yield from items
            if len(items) < PAGE_SIZE:
                return
            page += 1

    def download(self, path: str, limit: int) -> bytes:
        """A file that the API redirects to; the storage that it lies on is not shown the token.

        Args:
            path: as for ``call``.
            limit: how many bytes it may have.

        Raises:
            GitHubError: it cannot be had, or has more bytes.
        """
        request = self._request("GET", path)
        try:
            self._read(request)
        except _RedirectError as redirect:
            place = redirect.place
        else:
            raise GitHubError(f"{_asked(request)}: the answer is no redirect to a file")
        if urlsplit(place).scheme != urlsplit(self._base).scheme:
            raise GitHubError(f"{_asked(request)}: the answer redirects to another scheme")
        content = self._read(urllib.request.Request(place), limit + 1)  # noqa: S310 (the scheme is that of the API)
        if len(content) > limit:
            raise GitHubError(f"{_asked(request)}: the file has more than {limit} bytes")
        return content

    def _request(self, method: str, path: str, data: bytes | None = None) -> urllib.request.Request:
        request = urllib.request.Request(self._base + path, data, method=method)  # noqa: S310 (made from our own base)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        request.add_header("Authorization", f"Bearer {self._token}")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        return request

    def _read(self, request: urllib.request.Request, limit: int | None = None) -> bytes:
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                content: bytes = answer.read(limit)
        except urllib.error.HTTPError as error:
            with error:
                text = f"{_asked(request)}: {error.code} {error.reason}"
                if error.code in _REDIRECTS:
                    raise _RedirectError(text, error.headers.get("Location", "")) from None
                raise GitHubError(text) from None
        except (OSError, http.client.HTTPException) as error:
            raise GitHubError(f"{_asked(request)}: {error}") from None
        return content


class _RedirectError(GitHubError):
    """The answer is at another place."""

    def __init__(self, text: str, place: str) -> None:
        super().__init__(text)
        self.place = place


def _asked(request: urllib.request.Request) -> str:
    """Return what was asked for, without the query: the address of a file in storage holds a signature."""
    return f"{request.get_method()} {request.full_url.partition('?')[0]}"
