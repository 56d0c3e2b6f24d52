"""Who may call, and how often."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from abwire.convert_v1 import Convert
from abwire.kameleoon import Kameleoon

from abwire_core.errors import AuthenticationError, RateLimitError
from abwire_sandbox import Sandbox, serve
from abwire_sandbox.access import RateLimits, Sent, Signing, Tokens
from abwire_sandbox.errors import Refused
from tests.sandbox.callers import token

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.kameleoon_url) as client:
        yield client


def form(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    given = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    return {name: value for name, value in {**given, **changes}.items() if value}


# --- OAuth 2.0 ---


def test_a_token_request_is_answered_as_rfc_6749_says(http: httpx.Client, sandbox: Sandbox) -> None:
    response = http.post("/oauth/token", data=form(sandbox))

    answer = response.json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 7200)
    assert response.headers["Cache-Control"] == "no-store"
    assert http.get("/goals", headers={"Authorization": f"Bearer {answer['access_token']}"}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
    ],
)
def test_a_wrong_token_request_is_refused(
    http: httpx.Client, sandbox: Sandbox, changes: dict[str, str], status: int, error: str
) -> None:
    response = http.post("/oauth/token", data=form(sandbox, **changes))

    assert (response.status_code, response.json()["error"]) == (status, error)


def test_a_token_request_is_a_form_and_a_post(http: httpx.Client, sandbox: Sandbox) -> None:
    assert http.post("/oauth/token", json=form(sandbox)).json()["error"] == "invalid_request"
    assert http.get("/oauth/token").status_code == 405


@pytest.mark.parametrize(
    ("header", "said"), [(None, "is missing"), ("Basic abc", "Bearer <token>"), ("Bearer made-up", "is not known")]
)
def test_a_call_without_a_known_token_is_refused(http: httpx.Client, header: str | None, said: str) -> None:
    response = http.get("/goals", headers={"Authorization": header} if header else {})

    assert response.status_code == 401
    assert said in response.json()["message"]
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_client_with_wrong_credentials_is_told_so(sandbox: Sandbox) -> None:
    with (
        Kameleoon(sandbox.client_id, "guess", base_url=sandbox.kameleoon_url) as kameleoon,
        pytest.raises(AuthenticationError, match="invalid_client"),
    ):
        kameleoon.goals.get(30001)


def test_a_client_gets_a_new_token_when_the_old_one_expires(sandbox: Sandbox) -> None:
    with Kameleoon(sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url) as kameleoon:
        kameleoon.goals.get(30001)
        assert sandbox.expire_tokens() >= 1
        kameleoon.goals.get(30001)

    assert [(entry.path, entry.status) for entry in sandbox.requests] == [
        ("/oauth/token", 200),
        ("/goals/30001", 200),
        ("/goals/30001", 401),
        ("/oauth/token", 200),
        ("/goals/30001", 200),
    ]


def test_a_token_lives_as_long_as_it_is_told() -> None:
    now = 0.0
    tokens = Tokens("id", "secret", 60.0, lambda: now)
    body = b"grant_type=client_credentials&client_id=id&client_secret=secret"
    answer = tokens.give("application/x-www-form-urlencoded; charset=utf-8", body)
    header = f"Bearer {answer['access_token']}"

    now = 59.9
    assert tokens.check(header) == answer["access_token"]
    now = 60.0
    with pytest.raises(Refused, match="has expired"):
        tokens.check(header)


# --- signatures ---


def signed(
    secret: str, url: str, body: bytes, expires: str, application: str = "sandbox-application"
) -> dict[str, str]:
    text = f"{application}\n{expires}\n{url}\n".encode() + body
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return {
        "Convert-Application-ID": application,
        "Expires": expires,
        "Authorization": f"Convert-HMAC-SHA256 Signature={signature}",
    }


def test_known_signatures_are_accepted() -> None:
    """The vectors were computed apart from this code; see the facts on Convert."""
    url = "https://api.convert.com/api/v1/projects/"
    hexadecimal = "80afeb89dcfbf33bf260465878b87b2a3755ee368ae3f63282d8ddaa7c4cac87"
    headers = {
        "Convert-Application-ID": "example-app-id",
        "Expires": "1700000000",
        "Authorization": f"Convert-HMAC-SHA256 Signature={hexadecimal}",
    }

    signing = Signing("Convert-Application-ID", "Expires", lambda: 1_699_999_990.0, "example-app-id", "example-secret")
    caller, verify = signing.check(Sent(headers, url))

    assert caller is None
    assert verify is not None
    verify(b"")
    with pytest.raises(Refused, match="the signature is wrong"):
        verify(b"{}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda headers: headers.pop("Expires"), "missing headers: Expires"),
        (lambda headers: headers.update(Authorization="Bearer abc"), "is not of the form: Convert-HMAC-SHA256"),
        (lambda headers: headers.update({"Convert-Application-ID": "other"}), "application that is not known"),
        (lambda headers: headers.update(Expires="soon"), "not a UNIX time"),
        (lambda headers: headers.update(Expires="nan"), "has expired"),
        (lambda headers: headers.update(Expires="1700000000"), "has expired: Expires is 1700000000"),
        (lambda headers: headers.update(Expires=f"{time.time() * 1000:.0f}"), "more than a day ahead"),
        (lambda headers: headers.update(Authorization=headers["Authorization"][:-1] + "x"), "the signature is wrong"),
    ],
)
def test_a_wrong_signature_is_refused_and_told_why(
    sandbox: Sandbox, change: Callable[[dict[str, str]], Any], said: str
) -> None:
    url = f"{sandbox.convert_url}/projects/"
    headers = signed(sandbox.secret_key, url, b"", str(int(time.time()) + 30))
    assert httpx.get(url, headers=headers).status_code == 200
    change(headers)

    response = httpx.get(url, headers=headers)

    assert response.status_code == 401
    assert said in response.json()["message"]
    assert sandbox.secret_key not in response.text


@pytest.mark.parametrize("target", ["projects/?a=b%20c", "audiences/10010"])
def test_url_and_body_are_signed_as_they_are_sent(sandbox: Sandbox, target: str) -> None:
    url = f"{sandbox.convert_url}/{target}"
    body = b'{"page":1, "search":"\xc3\xa9"}'
    expires = f"{time.time() + 30:.3f}"
    method = "GET" if "projects" in target else "POST"
    headers = {**signed(sandbox.secret_key, url, body, expires), "Content-Type": "application/json"}

    assert httpx.request(method, url, headers=headers, content=body).status_code == 200
    other = httpx.request(method, url, headers=headers, content=body + b" ")
    assert other.status_code == 401
    assert f"{len(body) + 1} bytes" in other.json()["message"]


def test_a_client_with_a_wrong_key_is_told_so(sandbox: Sandbox) -> None:
    with (
        Convert(sandbox.application_id, "guess", base_url=sandbox.convert_url) as convert,
        pytest.raises(AuthenticationError, match="the signature is wrong"),
    ):
        convert.projects.get("10010")


# --- rate limits ---


def test_calls_beyond_a_rate_are_refused_until_there_is_room() -> None:
    now = 0.0
    limits = RateLimits([(2, 10.0), (3, 60.0)], lambda: now)
    limits.count("one")
    now = 4.0
    limits.count("one")
    limits.count("other")

    with pytest.raises(Refused, match="2 in 10 seconds and 3 in 60 seconds") as raised:
        limits.count("one")
    assert (raised.value.status, raised.value.headers) == (429, {"Retry-After": "7"})
    now = 10.0
    limits.count("one")
    now = 30.0
    with pytest.raises(Refused) as raised:
        limits.count("one")
    assert raised.value.headers == {"Retry-After": "31"}
    now = 61.0
    limits.count("one")


def test_the_published_rates_are_enforced_for_each_token(no_proxies: None) -> None:
    with serve() as sandbox, httpx.Client(base_url=sandbox.kameleoon_url) as http:
        headers = [
            {"Authorization": f"Bearer {http.post('/oauth/token', data=form(sandbox)).json()['access_token']}"}
            for _ in range(2)
        ]
        statuses = [http.get("/sites", headers=headers[0]).status_code for _ in range(51)]
        refused = http.get("/sites", headers=headers[0])
        other = http.get("/sites", headers=headers[1])

    assert statuses == [200] * 50 + [429]
    assert 1 <= int(refused.headers["Retry-After"]) <= 10
    assert "50 in 10 seconds" in refused.json()["message"]
    assert other.status_code == 200


def test_a_client_is_told_when_to_come_back(no_proxies: None) -> None:
    with (
        serve(rate_limits=[(1, 5.0)]) as sandbox,
        Kameleoon(
            sandbox.client_id,
            sandbox.client_secret,
            base_url=sandbox.kameleoon_url,
            rate_limiter=None,
            max_retries=0,
        ) as kameleoon,
    ):
        kameleoon.goals.get(30001)
        with pytest.raises(RateLimitError) as raised:
            kameleoon.goals.get(30001)

    assert raised.value.retry_after is not None
    assert 1 <= raised.value.retry_after <= 6


# --- what is kept ---


def test_no_credential_is_logged(sandbox: Sandbox, http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    access = http.post("/oauth/token", data=form(sandbox)).json()["access_token"]
    http.get("/goals", headers={"Authorization": f"Bearer {access}"})

    shown = json.dumps(httpx.get(f"{sandbox.url}/_sandbox/requests", headers=token(sandbox)).json()) + repr(
        list(sandbox.requests)
    )
    assert "/oauth/token" in shown
    assert access not in shown
    assert sandbox.client_secret not in shown
