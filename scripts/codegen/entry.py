"""Entry classes as the templates need them: name, credentials, bound values.

``x-sdk-client`` at the root of a spec describes the entry class. A spec without it, or without some of its keys, gets
defaults: the class is named after the title, the variables of the environment after the file, and the credentials
follow from the security schemes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs.spec import Spec

_OPTIONS = {"base_url", "headers", "http_client", "max_retries", "rate_limiter", "timeout", "transport"}
"""Arguments of every entry class."""
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "oauth": ("client_id", "client_secret"),
    "bearer": ("token",),
    "basic": ("username", "password"),
    "apiKey": ("api_key",),
    "signing": ("application_id", "secret_key"),
}
"""Kinds of authentication, with the arguments that they take unless the spec names others."""
_DESCRIPTIONS: Mapping[str, Sequence[str]] = {
    "oauth": ("Identifier of the OAuth 2 client.", "Secret of the OAuth 2 client; tokens are fetched and renewed."),
    "bearer": ("An access token; it is not renewed.",),
    "basic": ("Name of the user.", "Password of the user."),
    "apiKey": ("The API key.",),
    "signing": ("Identifier of the key that signs requests.", "Secret of the key that signs requests."),
}


@dataclass(frozen=True)
class Kind:
    """A way to authenticate.

    Attributes:
        name: the kind, such as ``oauth``.
        arguments: the credentials, as arguments of the entry class.
        code: the object of the runtime that stands for it, as Python code.
    """

    name: str
    arguments: Sequence[str]
    code: str

    def describe(self, argument: str) -> str:
        """Return the description of an argument."""
        described = _DESCRIPTIONS[self.name]
        return described[min(self.arguments.index(argument), len(described) - 1)]


@dataclass
class Binding:
    """Path parameters that are given once, for all methods of some groups.

    Attributes:
        name: the method of the entry class that takes them.
        names: their names in the spec.
        parameters: the same as arguments.
        groups: the groups whose methods need all of them.
    """

    name: str
    names: Sequence[str]
    parameters: Sequence[PropertyProtocol] = ()
    groups: list[Any] = field(default_factory=list)

    @property
    def class_name(self) -> str:
        """The name of the class of its groups, after that of the entry class."""
        return str(ClassName(self.name, FIELD_PREFIX))


@dataclass
class Entry:
    """The entry class of an API, with its twin for asyncio."""

    name: str
    environment: str
    server: str
    kinds: Sequence[Kind]
    rates: Mapping[str, int]
    deprecated: str
    bindings: Sequence[Binding]
    groups: list[Any] = field(default_factory=list)

    @property
    def positional(self) -> list[str]:
        """Credentials that may be given by position: those of the first kind."""
        return list(self.kinds[0].arguments) if self.kinds else []

    @property
    def keywords(self) -> list[str]:
        """Credentials that are given by name."""
        others = dict.fromkeys(name for kind in self.kinds[1:] for name in kind.arguments)
        return [name for name in others if name not in self.positional]


def entry_of(spec: Spec, name: str) -> Entry:
    """Return the entry class of an API.

    Args:
        spec: the effective spec.
        name: the name of the API's file.

    Raises:
        SpecError: an authentication is described incompletely, or an argument stands for two things.
    """
    own = spec.document.get("x-sdk-client", {})
    described = own.get("auth")
    found = [*_from_schemes(spec)] if described is None else described if isinstance(described, list) else [described]
    kinds = [_kind(spec, kind) for short in found for kind in _long(short)]
    taken = [argument for kind in kinds for argument in kind.arguments if argument in _OPTIONS]
    if taken:
        raise spec.error(f"every client has an argument {taken[0]}: choose another name", ("x-sdk-client", "auth"))
    return Entry(
        name=own.get("name") or str(ClassName(spec.document["info"]["title"], FIELD_PREFIX)),
        environment=own.get("environment") or str(PythonIdentifier(name, FIELD_PREFIX)).upper(),
        server=spec.document["servers"][0]["url"],
        kinds=kinds,
        rates=own.get("rates", {}),
        deprecated=" ".join(own.get("deprecated", "").split()),
        bindings=[Binding(method, names) for method, names in own.get("bind", {}).items()],
    )


def _long(kind: str | Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a kind stands for that is given by its name: a client that fetches tokens also takes one."""
    if not isinstance(kind, str):
        return [kind]
    return [{"kind": kind}, *([{"kind": "bearer"}] if kind == "oauth" else [])]


def _from_schemes(spec: Spec) -> Iterator[dict[str, Any]]:
    """Yield the kinds of authentication that the security schemes stand for, each once; others are left out."""
    seen: set[str] = set()
    for reference in spec.document.get("components", {}).get("securitySchemes", {}).values():
        scheme = spec.resolve(reference)
        kind: dict[str, Any] = {}
        flow = scheme.get("flows", {}).get("clientCredentials", {})
        if scheme["type"] == "http" and scheme["scheme"].lower() in ("bearer", "basic"):
            kind = {"kind": scheme["scheme"].lower()}
        elif scheme["type"] == "apiKey" and scheme["in"] in ("header", "query"):
            kind = {"kind": "apiKey", "in": scheme["in"], "name": scheme["name"]}
        elif flow:
            kind = {"kind": "oauth", "tokenPath": flow["tokenUrl"]}
        if kind and kind["kind"] not in seen:
            seen.add(kind["kind"])
            yield kind


def _kind(spec: Spec, described: Mapping[str, Any]) -> Kind:
    kind = described["kind"]
    arguments = tuple(described.get("arguments", _ARGUMENTS[kind]))
    needed = {"apiKey": {"in", "name"}, "signing": {"headers", "scheme"}}.get(kind, set())
    missing = sorted(needed - described.keys())
    if missing:
        reason = f"authentication of the kind {kind} needs {missing[0]}"
        raise spec.error(reason, ("x-sdk-client", "auth"))
    if len(arguments) != len(_ARGUMENTS[kind]) and kind not in ("bearer", "apiKey"):
        reason = f"authentication of the kind {kind} takes {len(_ARGUMENTS[kind])} arguments"
        raise spec.error(reason, ("x-sdk-client", "auth"))
    settings: dict[str, Any] = {}
    if kind == "oauth":
        path = described.get("tokenPath", "/oauth/token")
        settings["token_path"] = _relative(spec, path) if urlsplit(path).netloc else path
    elif kind in ("bearer", "apiKey"):
        settings["value"] = described.get("format", ":".join(f"{{{name}}}" for name in arguments))
        unknown = [name for name in arguments if f"{{{name}}}" not in settings["value"]]
        if unknown:
            raise spec.error(f"the format must have {{{unknown[0]}}}", ("x-sdk-client", "auth"))
        if kind == "apiKey":
            settings |= {"location": described["in"], "name": described["name"]}
    elif kind == "signing":
        settings |= {f"{name}_header": value for name, value in described["headers"].items()}
        settings["scheme"] = described["scheme"]
    name = {"oauth": "OAuth", "apiKey": "ApiKey"}.get(kind, kind.capitalize())
    given = "".join(f", {key}={json.dumps(value)}" for key, value in settings.items())
    return Kind(kind, arguments, f"apis.{name}(({', '.join(map(json.dumps, arguments))},){given})")


def _relative(spec: Spec, url: str) -> str:
    """Return a token URL relative to the server, so that it follows ``base_url``; one of another host unchanged."""
    server = spec.document["servers"][0]["url"].rstrip("/")
    return url.removeprefix(server) if url.startswith(f"{server}/") else url
