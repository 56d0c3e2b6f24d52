"""Which requests are let in at all: none that a web page makes by way of a browser.

A page may send requests to any address of the machine that shows it, and by a name of its own that resolves to that
address (DNS rebinding) it may even read the responses. A browser names the host that it believes to call, and where the
page came from.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Scope


class Origins:
    """Refuses requests under a foreign name, and those of web pages.

    Args:
        hosts: names that the machine is known by, besides its addresses and ``localhost``.
    """

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = {"localhost", *(host.lower() for host in hosts)}
        self._foreign = functools.lru_cache(64)(self._foreign_name)

    def refusal(self, scope: Scope) -> Response | None:
        """The response to a request that is not let in; None if it is."""
        headers = Headers(scope=scope)
        host = headers.get("Host", "")
        foreign = self._foreign(host)
        if foreign is not None:
            message = (
                f"the sandbox is not known as {host!r}; start it with --allow-host {foreign or 'NAME'} to call it so"
            )
            return JSONResponse({"message": message}, 421)
        origin = headers.get("Origin")
        is_foreign = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
        if is_foreign or headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            return JSONResponse({"message": "the sandbox does not answer web pages of other servers"}, 403)
        return None

    def _foreign_name(self, host: str) -> str | None:
        """The name in a header that it is not known by, empty if there is none in it; None if it is known."""
        name = _name(f"//{host}")
        return None if name is not None and self._is_known(name) else name or ""

    def _is_known(self, name: str) -> bool:
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True  # an address cannot be made to resolve to another one


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
