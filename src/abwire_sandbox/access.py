"""Who may call, by the kinds of security schemes in a spec, and how often a token may be used.

Kinds are OAuth 2.0 tokens, signed requests, fixed bearer keys, basic credentials and API keys in a header, the query or
a cookie. Which of them an operation takes, and under which names, is data in its spec.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from abwire_sandbox.errors import Refused

CLIENT_ID: Final = "sandbox-client"
CLIENT_SECRET: Final = "sandbox-client-secret"  # noqa: S105 - of the sandbox, and shown to everybody
APPLICATION_ID: Final = "sandbox-application"
SECRET_KEY: Final = "sandbox-secret-key"  # noqa: S105 - as above

_SIGNED = "Convert-HMAC-SHA256 Signature={signature}"
"""The form of a signature, unless a spec has another one."""
_MOST_TOKENS: Final = 10_000
"""How many tokens are known at once; the oldest ones are forgotten first."""
_MOST_CALLERS: Final = 10_000
"""How many callers are counted at once."""
_LONGEST_EXPIRY = 24 * 60 * 60
"""Seconds after which an expiry time is surely in another unit."""


class TokenRefused(Exception):  # noqa: N818 - an answer
    """A token request that is refused, as RFC 6749 has it in section 5.2."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class Tokens:
    """Gives and knows access tokens, by the client credentials flow of OAuth 2.0.

    Args:
        client_id: the one client there is.
        client_secret: its secret.
        lifetime: seconds that a token lives; two hours, by the vendor's docs.
        clock: returns seconds that never go back.
    """

    def __init__(self, client_id: str, client_secret: str, lifetime: float, clock: Callable[[], float]) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._lifetime = lifetime
        self._clock = clock
        self._ends: OrderedDict[str, float] = OrderedDict()

    def give(self, content_type: str, body: bytes) -> dict[str, Any]:
        """Answer a token request.

        Raises:
            TokenRefused: it is not one, or the client is not known.
        """
        if content_type.split(";", maxsplit=1)[0].strip().lower() != "application/x-www-form-urlencoded":
            raise TokenRefused(
                400, "invalid_request", "a token request is a form: Content-Type application/x-www-form-urlencoded"
            )
        form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        missing = [name for name in ("grant_type", "client_id", "client_secret") if not form.get(name)]
        if missing:
            raise TokenRefused(400, "invalid_request", f"missing: {', '.join(missing)}")
        if form["grant_type"] != "client_credentials":
            raise TokenRefused(
                400, "unsupported_grant_type", "the sandbox knows the grant type client_credentials only"
            )
        if not (_same(form["client_id"], self._client_id) and _same(form["client_secret"], self._client_secret)):
            raise TokenRefused(401, "invalid_client", "client_id and client_secret do not belong together")
        token = secrets.token_urlsafe(32)
        now = self._clock()
        # All live equally long, so the oldest ends first; one that has ended is kept for a while to be told apart.
        while self._ends and (
            len(self._ends) >= _MOST_TOKENS or next(iter(self._ends.values())) <= now - self._lifetime
        ):
            self._ends.popitem(last=False)
        self._ends[token] = now + self._lifetime
        return {"access_token": token, "token_type": "bearer", "expires_in": int(self._lifetime)}

    def check(self, authorization: str | None) -> str:
        """The token of a request.

        Raises:
            Refused: it is missing, unknown or expired.
        """
        if not authorization:
            raise _unauthorized("the header Authorization is missing; get a token from /oauth/token")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("the header Authorization is not of the form: Bearer <token>")
        end = self._ends.get(token)
        if end is None:
            raise _unauthorized("the access token is not known here; get one from /oauth/token")
        if end <= self._clock():
            raise _unauthorized("the access token has expired; get a new one from /oauth/token")
        return token

    def expire(self, authorization: str | None = None) -> int:
        """Have the token of a request expire, or all of them; returns how many had life left."""
        now = self._clock()
        given = [authorization.partition(" ")[2]] if authorization else list(self._ends)
        alive = [token for token in given if self._ends.get(token, 0.0) > now]
        self._ends.update(dict.fromkeys(alive, now))
        return len(alive)


def _unauthorized(message: str) -> Refused:
    return Refused(401, message, headers={"WWW-Authenticate": "Bearer"})


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


@dataclass(frozen=True)
class Sent:
    """The parts of a request that say who calls.

    Attributes:
        headers: of the request.
        url: absolute, as the client has it.
        query: query arguments.
    """

    headers: Mapping[str, str]
    url: str
    query: Sequence[tuple[str, str]] = ()


Verify = Callable[[bytes], None]
"""Checks what depends on the body; raises :class:`Refused`."""


class Kind(Protocol):
    """A way to say who calls."""

    def is_tried(self, sent: Sent) -> bool:
        """Return whether a request tries it, rightly or wrongly."""
        ...

    def check(self, sent: Sent) -> tuple[str | None, Verify | None]:
        """Return the caller, for rate limits, and what is still to be checked with the body.

        Raises:
            Refused: the request does not come from a known caller.
        """
        ...


@dataclass(frozen=True)
class Bearer:
    """An access token that the sandbox has given."""

    tokens: Tokens

    def is_tried(self, sent: Sent) -> bool:
        """Return whether there is a bearer token."""
        return sent.headers.get("Authorization", "").lower().startswith("bearer ")

    def check(self, sent: Sent) -> tuple[str | None, Verify | None]:
        """Check the token."""
        return self.tokens.check(sent.headers.get("Authorization")), None


@dataclass(frozen=True)
class FixedKey:
    """A key that is always the same: a bearer key, basic credentials, or an API key under a name.

    Attributes:
        place: ``header``, ``query`` or ``cookie``.
        name: of the header, the query argument or the cookie.
        prefix: of the value, such as ``Bearer``.
        value: after the prefix.
        form: the value, for people.
    """

    place: str
    name: str
    prefix: str
    value: str
    form: str

    def is_tried(self, sent: Sent) -> bool:
        """Return whether there is a value of its form."""
        value = self._value(sent)
        return value is not None and value.lower().startswith(self.prefix.lower())

    def check(self, sent: Sent) -> tuple[str | None, Verify | None]:
        """Check the key."""
        value = self._value(sent)
        challenge = {"WWW-Authenticate": self.prefix.strip()} if self.prefix else {}
        if not value:
            raise Refused(401, f"the {self.place} {self.name} is missing; it is {self.form}", headers=challenge)
        if not self.is_tried(sent):
            raise Refused(401, f"the {self.place} {self.name} is not of the form: {self.form}", headers=challenge)
        if not _same(value[len(self.prefix) :].strip(), self.value):
            raise Refused(401, f"the {self.place} {self.name} holds a key that is not known here", headers=challenge)
        return None, None

    def _value(self, sent: Sent) -> str | None:
        if self.place == "query":
            return dict(sent.query).get(self.name)
        if self.place == "header":
            return sent.headers.get(self.name)
        try:
            cookie = SimpleCookie(sent.headers.get("Cookie", "")).get(self.name)
        except CookieError:
            return None
        return cookie.value if cookie is not None else None


@dataclass(frozen=True)
class Signing:
    """A signature over the request.

    Source: https://support.convert.com/hc/en-us/articles/360045754791-Convert-API-authorization-using-Python

    Attributes:
        application: the header with the identifier of the key.
        expires: the header that says when the signature ends.
        now: returns UNIX time in seconds.
        application_id: the one that is known.
        secret_key: its secret.
        signature: the header with the signature.
        scheme: the form of its value.
    """

    application: str
    expires: str
    now: Callable[[], float]
    application_id: str = APPLICATION_ID
    secret_key: str = SECRET_KEY
    signature: str = "Authorization"
    scheme: str = _SIGNED

    @property
    def _prefix(self) -> str:
        return self.scheme.partition("{signature}")[0]

    def is_tried(self, sent: Sent) -> bool:
        """Return whether there is a header of a signed request."""
        signature = sent.headers.get(self.signature, "")
        return bool(sent.headers.get(self.application)) or signature.startswith(self._prefix)

    def check(self, sent: Sent) -> tuple[str | None, Verify | None]:
        """Check the headers; the body is checked when it is there."""
        names = (self.application, self.expires, self.signature)
        missing = [name for name in names if not sent.headers.get(name)]
        if missing:
            raise Refused(401, f"missing headers: {', '.join(missing)}; a signed request has {', '.join(names)}")
        application, expires, authorization = (sent.headers[name] for name in names)
        if not authorization.startswith(self._prefix):
            form = self.scheme.replace("{signature}", "<64 hexadecimal digits>")
            raise Refused(401, f"the header {self.signature} is not of the form: {form}")
        if not _same(application, self.application_id):
            raise Refused(401, f"the header {self.application} names an application that is not known here")
        now = self.now()
        try:
            end = float(expires)
        except ValueError:
            raise Refused(401, f"the header {self.expires} is not a UNIX time in seconds") from None
        if not end > now:
            raise Refused(401, f"the signature has expired: {self.expires} is {expires}, and here it is {int(now)}")
        if end > now + _LONGEST_EXPIRY:
            raise Refused(401, f"{self.expires} is {expires}, more than a day ahead; it is a UNIX time in seconds")

        def verify(body: bytes) -> None:
            signed = f"{application}\n{expires}\n{sent.url}\n".encode() + body
            expected = hmac.new(self.secret_key.encode(), signed, hashlib.sha256).hexdigest()
            if not _same(authorization.removeprefix(self._prefix), expected):
                raise Refused(
                    401,
                    "the signature is wrong: it is the HMAC-SHA256, in lower-case hexadecimal, with the secret key as"
                    f" key, of application id, {self.expires}, URL and body, joined by line feeds;"
                    f" here the URL is {sent.url} and the body has {len(body)} bytes",
                )

        return None, verify


class Guard:
    """Checks requests to one API, by the security schemes of its spec.

    Args:
        spec: the effective spec.
        tokens: the access tokens that the sandbox gives for this API.
        now: returns UNIX time in seconds.
    """

    def __init__(self, spec: Mapping[str, Any], tokens: Tokens, now: Callable[[], float]) -> None:
        self.schemes: Mapping[str, Any] = spec.get("components", {}).get("securitySchemes", {})
        self._tokens = tokens
        self._now = now
        flows = [flow for scheme in self.schemes.values() for flow in scheme.get("flows", {}).values()]
        urls = [flow["tokenUrl"] for flow in flows if flow.get("tokenUrl")]
        described = spec.get("x-sdk-client", {}).get("auth", ())
        found = described if isinstance(described, list) else [described]
        kinds = [kind for kind in found if isinstance(kind, Mapping) and kind.get("kind") == "signing"]
        self._signing: Mapping[str, Any] = kinds[0] if kinds else {}
        self._is_signed = "signing" in str(described)
        self.token_path: str | None = urlsplit(urls[0]).path if urls else None
        """Where tokens are given, relative to the server; None if the API has no tokens."""
        self._made: dict[tuple[str, ...], list[Kind]] = {}

    def kinds(self, requirement: Mapping[str, Any]) -> list[Kind]:
        """The kinds that a requirement of the spec asks for; all of them have to hold."""
        names = tuple(requirement)
        if names not in self._made:
            self._made[names] = self._kinds(names)
        return self._made[names]

    def _kinds(self, requirement: Sequence[str]) -> list[Kind]:
        schemes = [self.schemes[name] for name in requirement if name in self.schemes]
        headers = [str(scheme["name"]) for scheme in schemes if _is_header(scheme)]
        named = self._signing.get("headers", {})
        signature = str(named.get("signature", "Authorization"))
        is_there = any(name.lower() == signature.lower() for name in headers)
        if is_there and (self._is_signed or len(headers) > 1 or _signing_names(schemes)):
            names = _signing_names(schemes) or [name for name in headers if name.lower() != signature.lower()]
            ends = next((name for name in names if name.lower().startswith("expire")), "Expires")
            others = (name for name in names if not name.lower().startswith("expire"))
            application = named.get("application") or next(others, "Convert-Application-ID")
            expires = named.get("expires") or ("Expires" if ends.lower() == "expire" else ends)
            scheme = str(self._signing.get("scheme", _SIGNED))
            return [Signing(application, expires, self._now, signature=signature, scheme=scheme)]
        return [self._kind(scheme) for scheme in schemes]

    def _kind(self, scheme: Mapping[str, Any]) -> Kind:
        kind, way = scheme["type"], str(scheme.get("scheme", "")).lower()
        if kind == "apiKey":
            return FixedKey(scheme["in"], scheme["name"], "", SECRET_KEY, "the secret key")
        if kind == "http" and way == "basic":
            value = base64.b64encode(f"{APPLICATION_ID}:{SECRET_KEY}".encode()).decode()
            return FixedKey("header", "Authorization", "Basic ", value, "Basic <id:secret in base64>")
        if kind == "http" and way == "bearer" and self.token_path is None:
            value = f"{APPLICATION_ID}:{SECRET_KEY}"
            return FixedKey("header", "Authorization", "Bearer ", value, "Bearer <key id>:<secret>")
        return Bearer(self._tokens)

    def check(self, requirements: Sequence[Mapping[str, Any]], sent: Sent) -> tuple[str | None, list[Verify]]:
        """Check a request against alternative requirements.

        Returns:
            The caller, for rate limits, None if it has no name; and what is still to be checked with the body.

        Raises:
            Refused: it meets none of them; of several refusals that of the one that it tries.
        """
        if not requirements:
            return None, []
        refusals: list[tuple[bool, Refused]] = []
        for requirement in requirements:
            kinds = self.kinds(requirement)
            try:
                checked = [kind.check(sent) for kind in kinds]
            except Refused as refused:
                refusals.append((any(kind.is_tried(sent) for kind in kinds), refused))
            else:
                caller = next((caller for caller, _ in checked if caller is not None), None)
                return caller, [verify for _, verify in checked if verify is not None]
        raise next((refused for is_tried, refused in refusals if is_tried), refusals[0][1])


def _is_header(scheme: Mapping[str, Any]) -> bool:
    return scheme.get("type") == "apiKey" and scheme.get("in") == "header"


def _signing_names(schemes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The headers that the extensions of a signing scheme name, such as ``x-name-applicationId``."""
    return [
        str(value) for scheme in schemes for key, value in scheme.items() if re.match("x-name-", key) and str(value)
    ]


class RateLimits:
    """Refuses calls that go beyond a rate, for each caller apart.

    Args:
        rates: how many calls in how many seconds; all of them hold.
        clock: returns seconds that never go back.
    """

    def __init__(self, rates: Sequence[tuple[int, float]], clock: Callable[[], float]) -> None:
        self._rates = tuple(rates)
        self._clock = clock
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, caller: str) -> None:
        """Count a call.

        Raises:
            Refused: it is one too many, and does not count; ``Retry-After`` says when to try again.
        """
        if not self._rates:
            return
        now = self._clock()
        if caller not in self._calls and len(self._calls) >= _MOST_CALLERS:
            self._calls.popitem(last=False)
        calls = self._calls.setdefault(caller, deque())
        longest = max(seconds for _, seconds in self._rates)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        waits = [calls[-limit] + seconds - now for limit, seconds in self._rates if len(calls) >= limit]
        wait = max(waits, default=0.0)
        if wait > 0:
            raise Refused(
                429,
                "too many calls: " + " and ".join(f"{limit} in {seconds:g} seconds" for limit, seconds in self._rates),
                headers={"Retry-After": str(int(wait) + 1)},
            )
        calls.append(now)

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
