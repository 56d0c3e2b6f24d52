"""Entry classes: credentials in, one pool of connections, and a sender for all groups; no secret comes out."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import httpx
import pytest

from abwire_core import apis, limits
from abwire_core.apis import AsyncApi, Description, Kind, SyncApi
from abwire_core.auth import Secret
from abwire_core.bounds import DEFAULT_DEADLINE, DEFAULT_MAX_RESPONSE_BYTES
from abwire_core.client import DEFAULT_TIMEOUT, Client
from abwire_core.errors import ConfigurationError
from abwire_core.groups import AsyncGroup, Group
from tests.core.calls import send_once, send_once_async

SERVER = "https://example.test/api"
SECRET = "made-up-secret"
TOKEN = "made-up-token"
PAIR = {"client_id": "made-up-id", "client_secret": SECRET}
KEY = {"application_id": "made-up-application", "secret_key": SECRET}
OAUTH_HINT = "from_env() reads MINI_CLIENT_ID and MINI_CLIENT_SECRET, or MINI_TOKEN"
SIGNED_HINT = "from_env() reads MINI_APPLICATION_ID and MINI_SECRET_KEY"


OAUTH_KINDS: tuple[Kind, ...] = (
    apis.OAuth(("client_id", "client_secret"), "/oauth/token"),
    apis.Bearer(("token",), "{token}"),
)
SIGNING = apis.Signing(
    ("application_id", "secret_key"), "X-Id", "X-Until", "Authorization", "Mini Signature={signature}"
)


class _Entry:
    """Does what a generated entry class does."""

    _API: ClassVar[Description] = Description(SERVER, "MINI", OAUTH_KINDS)

    def __init__(self, *given: str, **options: Any) -> None:
        names = self._names()
        credentials = {name: options.pop(name, None) for name in names} | dict(zip(names, given, strict=False))
        defaults = {"base_url": None, "headers": None, "timeout": DEFAULT_TIMEOUT, "max_retries": apis.MAX_RETRIES}
        others = {"rate_limiter": apis.PUBLISHED, "http_client": None, "transport": None}
        self._open(credentials, **{**defaults, **others, **options})  # type: ignore[attr-defined]

    @classmethod
    def _names(cls) -> list[str]:
        return [name for kind in cls._API.kinds for name in kind.arguments]

    @classmethod
    def from_env(cls, **options: Any) -> Any:
        found = cls._API.from_env({name: options.pop(name, None) for name in [*cls._names(), "base_url"]})
        return cls(**found, **options)


class OAuth(_Entry, SyncApi):
    """An entry class as it is generated."""

    @cached_property
    def things(self) -> Group:
        return Group(self._sender)


class AsyncOAuth(_Entry, AsyncApi):
    """Its twin."""

    @cached_property
    def things(self) -> AsyncGroup:
        return AsyncGroup(self._sender)


class Signed(OAuth):
    """One of the other kind."""

    _API = Description(SERVER, "MINI", (SIGNING,))


class AsyncSigned(AsyncOAuth):
    """Its twin."""

    _API = Description(SERVER, "MINI", (SIGNING,))


ASYNC = (AsyncOAuth, AsyncSigned)


def described(entry: type[Any], **changes: Any) -> type[Any]:
    """An entry class with another description."""
    return type(entry.__name__, (entry,), {"_API": entry._API._replace(**changes)})


@dataclass
class Sender:
    """Stands for a sender: notes what it is told."""

    client: Client
    max_retries: int
    deadline: float
    max_response_bytes: int
    rate_limiter: Any
    timeout: Any = None
    options: dict[str, Any] = field(default_factory=dict)

    def with_options(self, **options: Any) -> Sender:
        return replace(self, options=options)


class AsyncSender(Sender):
    """The same for the async twin."""


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sender, no variables, and nobody who was warned yet."""
    monkeypatch.setattr(apis, "Sender", Sender)
    monkeypatch.setattr(apis, "AsyncSender", AsyncSender)
    monkeypatch.setattr(apis, "_deprecated", set())
    for name in ("CLIENT_ID", "CLIENT_SECRET", "TOKEN", "APPLICATION_ID", "SECRET_KEY", "BASE_URL"):
        monkeypatch.delenv(f"MINI_{name}", raising=False)


TWINS = pytest.mark.parametrize(
    ("entry", "credentials"),
    [(OAuth, {"token": TOKEN}), (AsyncOAuth, {"token": TOKEN}), (Signed, KEY), (AsyncSigned, KEY)],
    ids=["oauth", "async oauth", "signed", "async signed"],
)
OAUTH = pytest.mark.parametrize("entry", [OAuth, AsyncOAuth])
SIGNED = pytest.mark.parametrize("entry", [Signed, AsyncSigned])


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Stands for a server, for both twins: notes requests, and whether it was closed."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.closed = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 7200})
        return httpx.Response(200, json={})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def is_async(entry: Any) -> bool:
    """Which of the twins something is made of."""
    return isinstance(entry, apis.AsyncApi)


def requested(*entries: Any, then: Callable[[Any], Any] | None = None) -> None:
    """Send a request through the connection of each, and close the last one, or do something else then."""

    async def run() -> None:
        for entry in entries:
            result = (send_once_async if is_async(entry) else send_once)(entry._client, method="get", url="/a")
            await result if inspect.isawaitable(result) else None
        result = then(entries[-1]) if then is not None else entries[-1].close()
        if inspect.isawaitable(result):
            await result

    asyncio.run(run())


def authorization(entry: type[Any], **options: Any) -> str:
    """How an entry class authorizes a request."""
    transport = Transport()
    requested(entry(transport=transport, **options))
    return transport.requests[-1].headers["Authorization"]


# --- credentials ---


@OAUTH
def test_a_token_is_sent_as_it_is(entry: type[Any]) -> None:
    assert authorization(entry, token=TOKEN) == f"Bearer {TOKEN}"


@OAUTH
@pytest.mark.parametrize(
    ("base_url", "token_url"),
    [
        (None, "https://example.test/api/oauth/token"),
        ("https://other.test", "https://other.test/oauth/token"),
        ("https://other.test/", "https://other.test/oauth/token"),
        ("https://other.test:8443/v1/", "https://other.test:8443/v1/oauth/token"),
    ],
)
def test_a_token_is_fetched_from_the_server_that_is_called(
    entry: type[Any], base_url: str | None, token_url: str
) -> None:
    transport = Transport()

    requested(entry(*PAIR.values(), base_url=base_url, transport=transport))

    fetched, request = transport.requests
    assert str(fetched.url) == token_url
    assert all(f"{name}={value}" in fetched.content.decode() for name, value in PAIR.items())
    assert str(request.url) == token_url.replace("/oauth/token", "/a")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


@OAUTH
def test_where_tokens_come_from_is_up_to_the_class(entry: type[Any]) -> None:
    transport = Transport()
    other = described(entry, kinds=(apis.OAuth(("client_id", "client_secret"), "/v2/oauth/token"),))

    requested(other(**PAIR, transport=transport))

    assert transport.requests[0].url.path == "/api/v2/oauth/token"


@SIGNED
def test_requests_are_signed(entry: type[Any]) -> None:
    transport = Transport()

    requested(entry(*KEY.values(), transport=transport))

    (request,) = transport.requests
    assert request.headers["X-Id"] == "made-up-application"
    assert request.headers["Authorization"].startswith("Mini Signature=")


def refused(make: Callable[..., Any], **options: Any) -> str:
    """The message with which credentials are refused; nothing of it, or of its traceback, is secret."""
    with pytest.raises(ConfigurationError) as caught:
        make(**options)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not [value for value in (SECRET, TOKEN, "made-up-id", "made-up-application") if value in shown]
    return str(caught.value)


ONE_AT_LEAST = f"client_id and client_secret or token is needed; {OAUTH_HINT}"
ONE_OF_TWO = f"give either client_id and client_secret or token, not both; {OAUTH_HINT}"


@OAUTH
@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ({}, ONE_AT_LEAST),
        ({"client_id": "made-up-id"}, f"client_secret is needed; {OAUTH_HINT}"),
        ({"client_secret": SECRET}, f"client_id is needed; {OAUTH_HINT}"),
        ({"client_id": "made-up-id", "client_secret": ""}, f"client_secret is needed; {OAUTH_HINT}"),
        ({"client_id": "", "client_secret": SECRET}, f"client_id is needed; {OAUTH_HINT}"),
        ({"client_id": "", "client_secret": "", "token": ""}, ONE_AT_LEAST),
        ({**PAIR, "token": TOKEN}, ONE_OF_TWO),
        ({"client_id": "made-up-id", "token": TOKEN}, ONE_OF_TWO),
        ({"client_secret": SECRET, "token": TOKEN}, ONE_OF_TWO),
    ],
)
def test_credentials_that_are_missing_or_too_many_are_named(
    entry: type[Any], credentials: dict[str, str], message: str
) -> None:
    assert refused(entry, **credentials) == message


@OAUTH
def test_credentials_that_are_empty_are_none(entry: type[Any]) -> None:
    assert authorization(entry, client_id="", client_secret="", token=TOKEN) == f"Bearer {TOKEN}"
    assert authorization(entry, **PAIR, token="") == f"Bearer {TOKEN}"


@SIGNED
@pytest.mark.parametrize(
    ("credentials", "names"),
    [
        ({**KEY, "application_id": ""}, "application_id"),
        ({**KEY, "secret_key": ""}, "secret_key"),
        ({"application_id": "", "secret_key": ""}, "application_id and secret_key"),
    ],
)
def test_a_key_that_is_empty_is_refused(entry: type[Any], credentials: dict[str, str], names: str) -> None:
    assert refused(entry, **credentials) == f"{names} {'are' if ' and ' in names else 'is'} needed; {SIGNED_HINT}"


# --- the environment ---


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A way to set variables of the vendor, by their names without the prefix."""

    def set_variables(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"MINI_{name.upper()}", value)

    return set_variables


def arguments(monkeypatch: pytest.MonkeyPatch, entry: type[Any], **options: Any) -> dict[str, Any]:
    """The arguments that an entry class is made with from the environment."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(
        entry, "__init__", lambda self, **given: seen.update({k: v for k, v in given.items() if v is not None})
    )
    assert type(entry.from_env(**options)) is entry
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in seen.items()}


@OAUTH
@pytest.mark.parametrize("credentials", [PAIR, {"token": TOKEN}], ids=["pair", "token"])
def test_credentials_and_server_come_from_the_environment(
    entry: type[Any], credentials: dict[str, str], environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(**credentials, base_url="https://other.test")
    transport = Transport()

    requested(entry.from_env(transport=transport))

    assert transport.requests[-1].headers["Authorization"] == f"Bearer {TOKEN}"
    assert {request.url.host for request in transport.requests} == {"other.test"}
    assert arguments(monkeypatch, entry) == {**credentials, "base_url": "https://other.test"}


@SIGNED
def test_a_key_and_a_server_come_from_the_environment(
    entry: type[Any], environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(**KEY, base_url="https://other.test")
    transport = Transport()

    requested(entry.from_env(transport=transport))

    assert transport.requests[0].headers["X-Id"] == "made-up-application"
    assert transport.requests[0].url.host == "other.test"
    assert arguments(monkeypatch, entry) == {**KEY, "base_url": "https://other.test"}


@TWINS
def test_what_is_given_goes_before_the_environment(
    entry: type[Any], credentials: dict[str, str], environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(**dict.fromkeys([*credentials, "base_url"], "of the environment"))
    options = {**dict.fromkeys([*credentials, "base_url"], "given"), "timeout": 3, "max_retries": 0}

    assert arguments(monkeypatch, entry, **options) == options


@TWINS
def test_variables_that_are_empty_are_not_set(
    entry: type[Any], credentials: dict[str, str], environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(**dict.fromkeys([*credentials, "base_url"], ""))

    assert arguments(monkeypatch, entry, **credentials) == credentials


@TWINS
def test_what_is_given_as_none_is_not_given(
    entry: type[Any], credentials: dict[str, str], environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(**credentials, base_url="https://other.test")
    options = dict.fromkeys([*credentials, "base_url"])

    assert arguments(monkeypatch, entry, **options) == {**credentials, "base_url": "https://other.test"}


@OAUTH
def test_whoever_gives_credentials_of_one_kind_gets_none_of_the_other(
    entry: type[Any], environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(client_id="other", client_secret="other", token="other")

    assert arguments(monkeypatch, entry, token=TOKEN) == {"token": TOKEN}
    assert arguments(monkeypatch, entry, **PAIR) == PAIR
    assert arguments(monkeypatch, entry, client_id="given") == {"client_id": "given", "client_secret": "other"}
    assert arguments(monkeypatch, entry, client_secret="given") == {"client_id": "other", "client_secret": "given"}


@OAUTH
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, ONE_AT_LEAST),
        ({"client_id": "made-up-id"}, f"client_secret is needed; {OAUTH_HINT}"),
        ({"client_id": "", "client_secret": SECRET, "token": ""}, f"client_id is needed; {OAUTH_HINT}"),
        ({**PAIR, "token": TOKEN}, ONE_OF_TWO),
    ],
)
def test_variables_that_are_missing_or_too_many_are_named(
    entry: type[Any], variables: dict[str, str], message: str, environment: Callable[..., None]
) -> None:
    environment(**variables)

    assert refused(entry.from_env) == message


@SIGNED
@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({}, "application_id and secret_key"),
        ({"application_id": "made-up-application", "secret_key": ""}, "secret_key"),
        ({"secret_key": SECRET}, "application_id"),
    ],
)
def test_variables_of_a_key_that_are_missing_are_named(
    entry: type[Any], variables: dict[str, str], names: str, environment: Callable[..., None]
) -> None:
    environment(**variables)

    assert refused(entry.from_env) == f"{names} {'are' if ' and ' in names else 'is'} needed; {SIGNED_HINT}"


@TWINS
def test_variables_of_another_client_are_not_read(
    entry: type[Any], credentials: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in credentials.items():
        monkeypatch.setenv(f"OTHER_{name.upper()}", value)

    assert arguments(monkeypatch, described(entry, environment="OTHER")) == credentials
    refused(entry.from_env)


# --- options ---


@TWINS
def test_by_default_the_server_of_the_vendor_is_called_with_finite_patience(
    entry: type[Any], credentials: dict[str, str]
) -> None:
    transport = Transport()
    made = entry(**credentials, transport=transport)

    requested(made)

    assert str(transport.requests[0].url) == f"{SERVER}/a"
    assert transport.requests[0].extensions["timeout"] == DEFAULT_TIMEOUT.as_dict()
    assert type(made._sender) is (AsyncSender if is_async(made) else Sender)
    assert made._sender == type(made._sender)(
        made._client,
        max_retries=2,
        deadline=DEFAULT_DEADLINE,
        max_response_bytes=DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter=None,
    )


@TWINS
def test_options_go_where_they_are_needed(entry: type[Any], credentials: dict[str, str]) -> None:
    transport, limiter = Transport(), object()

    made = entry(
        **credentials,
        base_url="https://other.test/v1",
        timeout=7.5,
        max_retries=5,
        deadline=30,
        max_response_bytes=1000,
        rate_limiter=limiter,
        transport=transport,
    )
    requested(made)

    assert made._client.base_url == "https://other.test/v1"
    assert str(transport.requests[0].url) == "https://other.test/v1/a"
    assert set(transport.requests[0].extensions["timeout"].values()) == {7.5}
    assert made._sender.max_retries == 5
    assert (made._sender.deadline, made._sender.max_response_bytes) == (30, 1000)
    assert made._sender.rate_limiter is limiter


def rated(entry: type[Any]) -> type[Any]:
    """An entry class of a vendor that publishes rate limits."""
    return described(entry, rates=((50, 10), (1000, 3600)))


@TWINS
def test_calls_stay_within_the_rates_that_the_vendor_publishes(entry: type[Any], credentials: dict[str, str]) -> None:
    budget = rated(entry)(**credentials)._sender.rate_limiter

    assert isinstance(budget, limits.Budget)
    assert repr(budget) == "Budget([(50, 10), (1000, 3600)])"


@TWINS
def test_a_limiter_of_ones_own_or_none_is_kept(
    entry: type[Any], credentials: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "Budget", lambda rates: pytest.fail("nobody wants it"))

    assert rated(entry)(**credentials, rate_limiter=None)._sender.rate_limiter is None
    assert rated(entry)(**credentials, rate_limiter="own")._sender.rate_limiter == "own"
    assert entry(**credentials)._sender.rate_limiter is None


def test_importing_entry_classes_loads_neither_limiter_nor_retries() -> None:
    code = (
        "import sys, abwire_core.apis; "
        "sys.exit(' '.join({'pyrate_limiter', 'tenacity'} & {name.split('.')[0] for name in sys.modules}) or 0)"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


@TWINS
def test_the_same_api_with_other_options_shares_its_connections(entry: type[Any], credentials: dict[str, str]) -> None:
    made = entry(**credentials, transport=Transport())

    options = {"timeout": 3.0, "max_retries": 0, "deadline": 9.0, "max_response_bytes": 10}
    other = made.with_options(**options)

    assert type(other) is entry
    assert other._client is made._client
    assert other._sender.options == options
    assert made._sender.options == {}
    assert made.with_options()._sender.options == dict.fromkeys(options)


@TWINS
def test_the_same_api_with_other_options_has_groups_of_its_own(entry: type[Any], credentials: dict[str, str]) -> None:
    made = entry(**credentials, transport=Transport())
    things = made.things

    other = made.with_options(max_retries=0)

    assert other.things is not things
    assert other.things is other.things
    assert other.things._sender is other._sender
    assert made.things is things
    assert things._sender is made._sender


# --- the end ---


@TWINS
def test_closing_closes_the_connections(entry: type[Any], credentials: dict[str, str]) -> None:
    transport = Transport()

    requested(entry(**credentials, transport=transport))

    assert transport.closed == 1


@TWINS
def test_closing_one_of_two_that_share_connections_closes_both(entry: type[Any], credentials: dict[str, str]) -> None:
    transport = Transport()
    made = entry(**credentials, transport=transport)

    requested(made, made.with_options(max_retries=0))

    assert len(transport.requests) == 2
    assert transport.closed == 1


@TWINS
def test_what_was_never_used_can_be_closed_and_closed_again(entry: type[Any], credentials: dict[str, str]) -> None:
    made = entry(**credentials)

    for _ in range(2):
        result = made.close()
        if inspect.iscoroutine(result):
            asyncio.run(result)


async def leave(made: Any, error: Exception | None) -> None:
    """Use an entry class as a context manager, send a request, and leave it."""
    if is_async(made):
        async with made as entered:
            assert entered is made
            await send_once_async(made._client, method="get", url="/a")
            if error:
                raise error
    else:
        with made as entered:
            assert entered is made
            send_once(made._client, method="get", url="/a")
            if error:
                raise error


@TWINS
def test_leaving_the_context_closes_the_connections(entry: type[Any], credentials: dict[str, str]) -> None:
    transport = Transport()

    asyncio.run(leave(entry(**credentials, transport=transport), None))

    assert transport.closed == 1


@TWINS
def test_an_error_closes_the_connections_too_and_goes_on(entry: type[Any], credentials: dict[str, str]) -> None:
    transport, error = Transport(), KeyError("of the user")

    with pytest.raises(KeyError) as caught:
        asyncio.run(leave(entry(**credentials, transport=transport), error))

    assert caught.value is error
    assert transport.closed == 1


# --- what users are told ---


def deprecated(entry: type[Any], text: str = "Move on.") -> type[Any]:
    """An entry class of a version that is superseded."""
    return described(entry, deprecated=text)


@pytest.fixture
def warned() -> Iterator[list[warnings.WarningMessage]]:
    """The warnings of a test, every one of them."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield found


@pytest.mark.parametrize(("sync", "twin"), [(OAuth, AsyncOAuth), (Signed, AsyncSigned)])
def test_users_are_warned_once_of_each_version_in_a_process(
    sync: type[Any], twin: type[Any], warned: list[warnings.WarningMessage]
) -> None:
    credentials: dict[str, Any] = {"token": TOKEN} if sync is OAuth else KEY
    made = deprecated(sync)(**credentials)
    deprecated(sync)(**credentials)
    deprecated(twin)(**credentials)
    made.with_options(max_retries=0)
    sync(**credentials)

    assert [str(warning.message) for warning in warned] == ["Move on."]

    deprecated(sync, "Move on from this, too.")(**credentials)

    assert [str(warning.message) for warning in warned] == ["Move on.", "Move on from this, too."]


@TWINS
def test_where_warnings_are_errors_every_attempt_is_one(entry: type[Any], credentials: dict[str, str]) -> None:
    for _ in range(2):
        with pytest.raises(DeprecationWarning, match=r"^Move on\.$"):
            deprecated(entry)(**credentials)


@TWINS
def test_what_cannot_be_made_is_not_warned_of(
    entry: type[Any], credentials: dict[str, str], warned: list[warnings.WarningMessage]
) -> None:
    refused(deprecated(entry).from_env)

    assert warned == []


@pytest.mark.parametrize(
    ("entry", "credentials"),
    [
        *((entry, credentials) for entry in (OAuth, AsyncOAuth) for credentials in (PAIR, {"token": TOKEN})),
        *((entry, KEY) for entry in (Signed, AsyncSigned)),
    ],
)
def test_nothing_that_is_shown_is_secret(entry: type[Any], credentials: dict[str, str]) -> None:
    made = entry(**credentials, base_url="https://other.test")

    assert repr(made) == f"{entry.__name__}(base_url='https://other.test')"
    shown = [repr(made), repr(made._client), repr(made.things), repr(vars(made)), repr(vars(made._client))]
    assert not [text for text in shown for secret in (SECRET, TOKEN) if secret in text]


@TWINS
@pytest.mark.parametrize("base_url", ["nonsense", "//other.test", "ftp://other.test", "https://", "other.test/v1"])
def test_a_server_must_be_one_that_requests_can_be_sent_to(
    entry: type[Any], credentials: dict[str, str], base_url: str
) -> None:
    for given in (credentials, PAIR) if "token" in credentials else (credentials,):
        with pytest.raises(ConfigurationError) as caught:
            entry(**given, base_url=base_url)
        assert str(caught.value).startswith(
            "base_url (in the environment MINI_BASE_URL) must begin with http:// or https:// and a host"
        )


@TWINS
def test_a_server_must_not_hold_credentials_and_they_are_not_shown(
    entry: type[Any], credentials: dict[str, str]
) -> None:
    for given in (credentials, PAIR) if "token" in credentials else (credentials,):
        with pytest.raises(ConfigurationError, match="credentials") as caught:
            entry(**given, base_url=f"https://user:{SECRET}@other.test")
        assert SECRET not in "".join(traceback.format_exception(caught.value)).replace(__file__, "")


# --- kinds of authentication ---


def sent(kinds: tuple[Kind, ...], entry: type[Any] = OAuth, **options: Any) -> httpx.Request:
    """The request of a client with these kinds of authentication."""
    transport = Transport()
    requested(described(entry, kinds=kinds)(transport=transport, **options))
    return transport.requests[-1]


BOTH = pytest.mark.parametrize("entry", [OAuth, AsyncOAuth])


@BOTH
def test_the_credentials_that_are_given_choose_the_kind(entry: type[Any]) -> None:
    kinds = (SIGNING, apis.Bearer(("key_id", "key_secret"), "{key_id}:{key_secret}"))

    assert sent(kinds, entry, **KEY).headers["Authorization"].startswith("Mini Signature=")
    assert sent(kinds, entry, key_id="a", key_secret="b").headers["Authorization"] == "Bearer a:b"


@BOTH
def test_a_key_is_sent_in_a_header_or_in_the_query(entry: type[Any]) -> None:
    header = apis.ApiKey(("api_key",), "Key {api_key}", "header", "X-Key")
    query = apis.ApiKey(("api_key",), "{api_key}", "query", "key")

    assert sent((header,), entry, api_key=SECRET).headers["X-Key"] == f"Key {SECRET}"
    assert sent((query,), entry, api_key="a&b").url.query == b"key=a%26b"
    with pytest.raises(ValueError, match="not shown"):
        sent((header,), entry, api_key=f"{SECRET}\r\n")


@BOTH
def test_user_and_password_are_sent_as_basic_authentication(entry: type[Any]) -> None:
    request = sent((apis.Basic(("username", "password")),), entry, username="me", password="pw")

    assert request.headers["Authorization"] == "Basic bWU6cHc="


@BOTH
def test_an_api_without_authentication_needs_no_credentials(entry: type[Any]) -> None:
    assert "Authorization" not in sent((), entry).headers


# --- headers and HTTP clients of the user ---


@TWINS
def test_headers_are_sent_with_every_request(entry: type[Any], credentials: dict[str, str]) -> None:
    transport = Transport()

    requested(entry(**credentials, headers={"X-Team": "growth"}, transport=transport))

    assert transport.requests[-1].headers["X-Team"] == "growth"


@TWINS
def test_headers_of_with_options_are_added_to_each_other(entry: type[Any], credentials: dict[str, str]) -> None:
    made = entry(**credentials).with_options(headers={"X-A": "1", "X-B": "1"}).with_options(headers={"X-B": "2"})

    assert made._headers == {"X-A": "1", "X-B": "2"}
    assert entry(**credentials)._headers == {}


@TWINS
def test_requests_go_through_the_http_client_of_the_user(entry: type[Any], credentials: dict[str, str]) -> None:
    transport, kind = Transport(), httpx.AsyncClient if entry in ASYNC else httpx.Client
    events: list[httpx.Request] = []

    async def note_async(request: httpx.Request) -> None:
        events.append(request)

    hook: Any = note_async if entry in ASYNC else events.append
    own: Any = kind(transport=transport, headers={"X-Own": "1"}, auth=("a", "b"), event_hooks={"request": [hook]})

    requested(entry(**credentials, http_client=own))

    (request,) = transport.requests
    assert events == [request]
    assert request.headers["X-Own"] == "1"
    assert not request.headers["Authorization"].startswith("Basic")
    assert transport.closed == 0
    assert not own.is_closed


@TWINS
def test_an_http_client_excludes_a_transport(entry: type[Any], credentials: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        entry(**credentials, http_client=object(), transport=Transport())
