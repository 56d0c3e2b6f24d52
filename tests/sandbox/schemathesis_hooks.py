"""Hooks for schemathesis: requests to Convert are signed as they are sent, those to Kameleoon have a token."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from typing import Any

import requests
import schemathesis
from requests.auth import AuthBase


class _Signed(AuthBase):
    """Signs a request when all of it is known."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        application, secret = os.environ["CONVERT_APPLICATION_ID"], os.environ["CONVERT_SECRET_KEY"]
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        assert isinstance(content, bytes)
        expires = str(int(time.time()) + 60)
        text = f"{application}\n{expires}\n{request.url}\n".encode() + content
        signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        request.headers.update(
            {
                "Convert-Application-ID": application,
                "Expires": expires,
                "Authorization": f"Convert-HMAC-SHA256 Signature={signature}",
            }
        )
        return request


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Sign a request, where the variables say with what."""
    if "SIGNED" in os.environ:
        kwargs["auth"] = _Signed()
